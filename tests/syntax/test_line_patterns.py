"""Patterns that a repository brings along: what they may hold, and that none of them takes forever."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import InvalidPatternError
from pinner.syntax.line_patterns import FILE_EFFORT, LINE_EFFORT, LONGEST, Part, Searcher, parse_pattern


def find(written: str, text: str) -> list[str]:
    """Return what is meant; a line that was not searched is `…`."""
    parts = Searcher().find(parse_pattern(written), text)
    return ["…" if one.is_unsearched else text[one.start : one.end] for one in parts]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"--image=(.+)", ""),
        (r"--image=(.+)", "--images=a:1\n--image=\n"),
        (r"--image=(.+)", "--image\n=a:1"),
        (r"^image (\S+)", "an image a:1"),
        (r"a(b?)c", "ac"),
    ],
)
def test_what_does_not_match_is_nothing(written: str, text: str) -> None:
    assert find(written, text) == []


@pytest.mark.parametrize(
    ("written", "text", "expected"),
    [
        (r"--image=(.+)", "--image=a:1", ["a:1"]),
        (r"--image=(\S+)", "--image=a:1 --image=b:2\r\n--image=c:3\r--image=d:4", ["a:1", "b:2", "c:3", "d:4"]),
        (r"^image (\S+)$", "x\nimage a:1\nx", ["a:1"]),
        (r"(?:^|\s)-i[= ](\S+)", "run -i a:1 -i=b:2", ["a:1", "b:2"]),
        (r"IMAGE \?= (\S+)", "IMAGE ?= a:1", ["a:1"]),
        (r"image(?:Name)?:\s*([^\s#]+)", "imageName: a:1 # x\nimage:b:1", ["a:1", "b:1"]),
        (r'["\x27]([a-z/]+:[0-9.]{1,9}?)["\x27]', "'a/b:1.2'", ["a/b:1.2"]),
        (r"x\.\[([^]]+)\]", "x.[a:1]", ["a:1"]),
        (r"\bv=(\w+\:\d+)", "v=a:1", ["a:1"]),
        (r"a|b(c)", "abc", ["c"]),
    ],
)  # fmt: skip
def test_the_group_is_what_is_meant(written: str, text: str, expected: list[str]) -> None:
    if "x27" in written:
        written = written.replace("\\x27", "'")
    assert find(written, text) == expected


@pytest.mark.parametrize(
    ("written", "column", "message", "hint"),
    [
        ("a(b+)+", 6, "a group is repeated, which could take forever", "repeats of one letter or class"),
        ("(?:a|a)*(b)", 8, "a group is repeated, which could take forever", "repeats of one letter or class"),
        ("(?:a?){9}(b)", 7, "a group is repeated, which could take forever", "repeats of one letter or class"),
        ("a**(b)", 3, "'*' repeats nothing", "repeats of one letter or class"),
        ("^*(b)", 2, "'*' repeats nothing", "repeats of one letter or class"),
        (r"\b+(b)", 3, "'+' repeats nothing", "repeats of one letter or class"),
        (r"(a)\1", 4, r"'\\' is not supported here", "repeats of one letter or class"),
        ("(?=a)(b)", 1, "'(' is not supported here", "repeats of one letter or class"),
        ("(?i)(b)", 1, "'(' is not supported here", "repeats of one letter or class"),
        ("(?P<a>b)", 1, "'(' is not supported here", "repeats of one letter or class"),
        ("a++(b)", 3, "'+' repeats nothing", "repeats of one letter or class"),
        ("a{(b)", 2, "'{' is not supported here", "repeats of one letter or class"),
        ("[a", 1, "'[' is not supported here", "repeats of one letter or class"),
        ("a(b", 2, "not a regular expression: missing ), unterminated subpattern", None),
        ("a)(b)", 2, "not a regular expression: unbalanced parenthesis", None),
        ("[z-a](b)", 2, "not a regular expression: bad character range z-a", None),
        ("a{3,2}(b)", 3, "not a regular expression: min repeat greater than max repeat", None),
        ("[[a](b)", 1, "a class with [, --, &&, ~~ or || in it", "escape these signs"),
        ("image", 1, "0 groups, where one is the reference", "put the reference in ( )"),
        ("(a):(b)", 1, "2 groups, where one is the reference", "put the reference in ( )"),
        ("(.*)", 1, "matches nothing", "name what stands around"),
        (".*(.*)x.*y.*z.*", 1, "could take too long", "use fewer repeats"),
        ("a?" * 30 + "(b)", 1, "could take too long", "use fewer repeats"),
        ("x" * LONGEST + "(b)", LONGEST + 1, f"longer than {LONGEST} letters", None),
    ],
)  # fmt: skip
def test_a_pattern_that_is_wrong_or_slow_is_refused(written: str, column: int, message: str, hint: str | None) -> None:
    with pytest.raises(InvalidPatternError) as caught:
        parse_pattern(written)
    assert (caught.value.message, caught.value.column) == (message, column)
    assert (caught.value.hint is None) if hint is None else hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("written", "literal", "is_leading"),
    [
        ("image: (.)", "image: ", True),
        ("ab?(c)", "a", True),
        ("ab*(c)", "a", True),
        ("abc{2}(d)", "ab", True),
        ("a(b)cd", "cd", False),
        ("(?:abc)?(d)ef", "ef", False),
        (r"x\.y\d(z)", "x.y", True),
        (r"\t(z)xy", "xy", False),
        ("ab|cd(e)", "", False),
        ("(?:ab|cd)(e)f", "f", False),
        (".(b)", "", False),
    ],
)
def test_a_pattern_knows_a_text_that_every_match_holds(written: str, literal: str, *, is_leading: bool) -> None:
    pattern = parse_pattern(written)
    assert (pattern.literal, pattern.is_leading) == (literal, is_leading)


def test_a_line_that_is_too_long_is_said_and_the_others_are_searched() -> None:
    pattern = parse_pattern(r".*a(b:\d)")
    long = "a" * 5000
    assert pattern.effort(long) > LINE_EFFORT
    text = f"ab:1\n{long}\nab:2\n"
    assert list(Searcher().find(pattern, text)) == [Part(1, 4), Part(5, 5005, is_unsearched=True), Part(5007, 5010)]


def test_a_line_without_what_every_match_holds_costs_nothing() -> None:
    pattern = parse_pattern(r"(\S+) # our image")
    assert pattern.literal == " # our image"
    assert pattern.effort("a" * 1_000_000) == 0
    assert find(r"(\S+) # our image", "x" * 100_000 + "\na:1 # our image") == ["a:1"]


def test_a_file_that_would_cost_too_much_is_searched_no_further() -> None:
    line = "a" * 200 + "\n"
    pattern = parse_pattern(r"a.*(b)")
    lines = FILE_EFFORT // pattern.effort(line[:-1])
    found = list(Searcher().find(pattern, line * (lines + 2) + "ab\n"))
    assert [one.is_unsearched for one in found] == [True, True, False]


_PIECES = (
    "a",
    "b",
    "ab",
    ".",
    r"\.",
    r"\s",
    "[ab]",
    "[^a]",
    "^",
    "$",
    "(b*)",
    "(a)",
    "(?:ab)",
    "|",
    "*",
    "+?",
    "?",
    "{1,2}",
    r"\b",
)


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join), st.text("ab. \n", max_size=20))
def test_every_match_holds_what_the_pattern_says_it_holds(written: str, text: str) -> None:
    try:
        pattern = parse_pattern(written)
    except InvalidPatternError:
        return
    for line in text.split("\n"):
        for match in re.finditer(written, line):
            assert pattern.literal in match[0]
            assert not pattern.is_leading or match[0].startswith(pattern.literal)


@given(st.text(st.sampled_from("ab.*+?|()[]{}12,\\^$:-s"), max_size=10))
def test_any_text_is_a_pattern_or_a_mistake_in_it(written: str) -> None:
    column = 1
    try:
        parse_pattern(written)
    except InvalidPatternError as error:
        column = error.column
    assert 1 <= column <= len(written) + 1


@pytest.mark.parametrize("written", [r".*(a).*b", r"a.*a.*(a)", r"a?a?a?a?a?(a+)b", r"(?:a|a)(?:a|a)(a*)b"])
def test_a_text_made_to_be_slow_is_not(written: str) -> None:
    pattern = parse_pattern(written)
    start = time.process_time()
    list(Searcher().find(pattern, ("a" * 150 + "\n") * 3000))
    assert time.process_time() - start < 60
