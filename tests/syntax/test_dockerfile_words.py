from __future__ import annotations

import pytest

from pinner.syntax.dockerfile_words import (
    Letters,
    split_fields,
    split_first,
    split_flags,
    split_heredoc_words,
    split_pairs,
    split_shell_words,
    split_words,
)
from pinner.text import Span


def _letters(text: str) -> Letters:
    return Letters(text, range(10, 10 + len(text)))


def _texts(parts: tuple[Letters, ...] | None) -> list[str] | None:
    return None if parts is None else [part.text for part in parts]


def test_stripping_nothing_gives_nothing() -> None:
    assert _letters("").strip() == Letters("", range(10, 10))
    assert _letters(" \t\u2003 ").strip().text == ""


def test_stripping_keeps_the_places() -> None:
    stripped = _letters(" \xa0nginx:1 \r").strip()
    assert (stripped.text, stripped.span) == ("nginx:1", Span(12, 19))


def test_no_letters_have_no_span() -> None:
    assert _letters("").span is None


def test_letters_of_two_lines_have_no_span() -> None:
    word = Letters("ab", (3, 7), (7,))
    assert word.is_split
    assert word.span is None
    assert word.part(1).span == Span(7, 8)


def test_the_span_of_a_quoted_word_lies_inside_its_outer_quotes() -> None:
    (word,) = split_shell_words(_letters("'a\"b\"c'"), "\\") or ()
    assert (word.text, word.span) == ('a"b"c', Span(11, 16))


def test_a_lone_word_leaves_an_empty_rest() -> None:
    first, rest = split_first(_letters("FROM"))
    assert (first.text, rest.text) == ("FROM", "")


def test_words_end_at_tabs_and_carriage_returns_but_not_at_wide_spaces() -> None:
    assert _texts(split_words(_letters(" a\t\v\f\rb\u2003c "))) == ["a", "b\u2003c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("A=1 B", ["A=1", "B"], id="two"),
        pytest.param("A='b c' D=\"e f\"", ["A='b c'", 'D="e f"'], id="quotes-stay"),
        pytest.param("A=b\\ c \\", ["A=b\\ c"], id="an-escape-at-the-end-is-dropped"),
        pytest.param('A="b\\" c" d', ['A="b\\" c"', "d"], id="an-escaped-quote-ends-nothing"),
        pytest.param("A='b\\' c", ["A='b\\'", "c"], id="no-escape-in-single-quotes"),
        pytest.param("A='b c", ["A='b c"], id="single-quotes-without-end"),
        pytest.param('A="b c\\', ['A="b c'], id="quotes-without-end"),
        pytest.param("A=1\u2003B=2\x1c", ["A=1", "B=2\x1c"], id="E05-wide-blanks"),
    ],
)
def test_arguments_are_split_as_written(text: str, expected: list[str]) -> None:
    assert _texts(split_pairs(_letters(text), "\\")) == expected


def test_arguments_with_many_quotes_are_split_in_linear_time() -> None:
    for text in ("'" * 100_001, '"\\' * 100_000, "\\" * 100_001):
        assert len(split_pairs(_letters(text), "\\")) == 1


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("", [], ""),
        ("a --from=b", [], "a --from=b"),
        ("--from=b", ["--from=b"], ""),
        ("  --a=1 --b  c --d", ["--a=1", "--b"], "c --d"),
        ("--a --  --b c", ["--a"], "  --b c"),
        ("-- --b", [], " --b"),
        ("--", [], ""),
        ("-a --b", [], "-a --b"),
        ('--from="a b" c', ["--from=a b"], "c"),
        ("--from='a\\'b' c", ["--from=a'b"], "c"),
        ('--from="a\\"b" c', ['--from=a"b'], "c"),
        ("--from=a\\ b c", ["--from=a b"], "c"),
        ("--from=a\\", ["--from=a"], ""),
        ('--from="a', ["--from=a"], ""),
        ('--from="a\\', ["--from=a"], ""),
        ('--"" x', [], " x"),
    ],
)
def test_flags_come_first_and_lose_quotes_and_escapes(text: str, flags: list[str], rest: str) -> None:
    found, left = split_flags(_letters(text), "\\")
    assert (_texts(found), left.text) == (flags, rest)


def test_the_letters_of_a_quoted_flag_know_their_places() -> None:
    (flag,), _ = split_flags(_letters('--from="a"b c'), "\\")
    assert list(flag.part(len("--from=")).offsets) == [18, 20]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", None),
        ("a", ["a"]),
        ("a,b=c,", ["a", "b=c", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('a,"b"', ["a", "b"]),
        ('"a",', ["a", ""]),
        ('"a""b"', ['a"b']),
        ('""', [""]),
        ('""""', ['"']),
        ('a"b"', None),
        ('"a"b', None),
        ('"a', None),
    ],
)
def test_mounts_are_comma_separated_values(text: str, fields: list[str] | None) -> None:
    assert _texts(split_fields(_letters(text))) == fields


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a  b\tc", ["a", "b", "c"]),
        ("'a b'\"c d\"", ["a bc d"]),
        ("a\\ b\\", ["a b"]),
        ('"a\\"b\\$\\\\\\c"', ['a"b$\\\\c']),
        ("\"\" ''", []),
        ("$a ${b} $$c ${1} ${#}", ["$a", "${b}", "$$c", "${1}", "${#}"]),
        ("${a:-b c}", ["${a:-b", "c}"]),
        ('"${a:-b}c d"', ["${a:-b}c d"]),
        ("${a:-${b+c}}d", ["${a:-${b+c}}d"]),
        ("${a/b/c} ${a//b/c}", ["${a/b/c}", "${a//b/c}"]),
        ("${a:-'}'}", ["${a:-}}"]),
        ("a < b", ["a", "<", "b"]),
        ("<< a", ["<< a"]),
        ("<<<a", ["<<<a"]),
        ("$", ["$"]),
    ],
)
def test_shell_words_lose_their_quotes(text: str, words: list[str]) -> None:
    assert _texts(split_shell_words(_letters(text), "\\")) == words


@pytest.mark.parametrize(
    "text",
    ["'", '"', '"\\"', '"a\\', "${", "${}", "${:a}", "${{a}}", "${a", "${a:-b", "${a.b}", "${a:#b}", "${a/b}", "a '"],
)
def test_what_is_not_closed_gives_no_shell_words(text: str) -> None:
    assert split_shell_words(_letters(text), "\\") is None


def test_quotes_and_escapes_are_kept_on_request() -> None:
    text = '\'a b\' "c\\"d" e\\ f << G'
    assert _texts(split_heredoc_words(_letters(text), keep_quotes=True)) == ["'a b'", '"c\\"d"', "e\\ f", "<< G"]


def test_a_backtick_escapes_where_it_is_the_escape_letter() -> None:
    assert _texts(split_shell_words(_letters("C:\\a` b"), "`")) == ["C:\\a b"]


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    depth = 100_000
    assert _texts(split_shell_words(_letters("${a:-" * depth + "}" * depth), "\\")) == ["${a:-" * depth + "}" * depth]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("<<A$V <<B${V}", ["<<A$V", "<<B${V}"], id="E06-plain-variables"),
        pytest.param("<<A${V:-x}B", ["${V:-x}B"], id="E06-with-a-default"),
        pytest.param("a <<A${V%x} b", ["a", "${V%x}", "b"], id="E06-other-words-stay"),
        pytest.param('<<"A${V/x/y}"', ['${V/x/y}"'], id="E06-in-quotes"),
        pytest.param("${V- <<A${W-x}}", ["${V-", "<<A${W-x}}"], id="E06-inside-another"),
    ],
)
def test_what_stands_before_an_expansion_is_forgotten_where_here_documents_are_sought(
    text: str, expected: list[str]
) -> None:
    assert _texts(split_heredoc_words(_letters(text), keep_quotes=True)) == expected


def test_what_stands_before_an_expansion_is_kept_elsewhere() -> None:
    assert _texts(split_shell_words(_letters("a${V:-x}"), "\\")) == ["a${V:-x}"]
