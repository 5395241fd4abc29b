"""HCL as a tree: which templates stand where, what they stand for, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given

from pinner.syntax.hcl_leaves import leaves
from pinner.syntax.hcl_lexer import Malformed
from pinner.syntax.hcl_nodes import File, Text
from pinner.syntax.hcl_reader import read
from pinner.text import BYTE_ORDER_MARK
from tests.syntax.hcl_rows import ROWS, Row
from tests.syntax.hcl_texts import DOCUMENTS


def parse(text: str) -> File:
    file = read(text)
    assert isinstance(file, File), file
    return file


@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_hcl], ids=lambda row: repr(row.text))
def test_what_hcl_refuses_is_refused_with_its_place(row: Row) -> None:
    problem = read(row.text)
    assert isinstance(problem, Malformed)
    assert problem.reason == "invalid-hcl"
    assert problem.detail
    assert 0 <= problem.span.start <= problem.span.end <= len(row.text)


@pytest.mark.parametrize("row", [row for row in ROWS if row.is_hcl], ids=lambda row: repr(row.text))
def test_templates_are_read_as_hcl_reads_them(row: Row) -> None:
    assert tuple(text.value for text in parse(row.text).texts) == row.values


@pytest.mark.parametrize("row", [row for row in ROWS if row.is_hcl], ids=lambda row: repr(row.text))
def test_every_letter_of_a_value_knows_its_place(row: Row) -> None:
    for text in parse(row.text).texts:
        assert_letters_stand_at_their_offsets(row.text, text)


def assert_letters_stand_at_their_offsets(source: str, text: Text) -> None:
    offsets = text.offsets
    assert len(offsets) == len(text.value) + 1
    assert list(offsets) == sorted(offsets)
    assert text.span.start < offsets[0]
    assert offsets[-1] <= text.span.end
    for letter, at in zip(text.value, offsets, strict=False):
        assert source[at] in (letter, "\\", "$", "%")


@given(DOCUMENTS)
def test_reading_never_fails_and_never_misplaces(source: str) -> None:
    file = read(source)
    if isinstance(file, File):
        for text in file.texts:
            assert_letters_stand_at_their_offsets(source, text)


def test_a_byte_order_mark_is_one_letter_of_the_source() -> None:
    (text,) = parse(f'{BYTE_ORDER_MARK}a = "b"\n').texts
    assert (text.span.start, text.offsets) == (5, range(6, 8))


def test_escapes_that_hcl_does_not_know_stay_as_they_are_written() -> None:
    (text,) = parse(r'a = "\. \uD800 \UFFFFFFFF \u12"').texts
    assert text.value == r"\. \uD800 \UFFFFFFFF \u12"


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "(" * 5000, "a {\n" * 5000, 'a = "${' * 5000, "a = " + "b ? c : " * 5000 + "d"],
    ids=["tuples", "parentheses", "blocks", "templates", "conditionals"],
)
def test_nesting_without_end_is_refused(text: str) -> None:
    problem = read(text)
    assert isinstance(problem, Malformed)
    assert "deep" in problem.detail


def test_reading_takes_time_linear_in_the_length() -> None:
    text = 'a = "$$$' + "$" * 100_000 + "1" + '."\n' + "b = <<E\n" + "E1\n" * 30_000 + "E\n" + "c = 1" + "." * 9 + "2\n"
    assert isinstance(read(text), File)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('a "b" {\n  c {\n    d = "e"\n  }\n}\n', [("a", "b", "c", "d")], id="blocks"),
        pytest.param('a = { b = ["c"], (d) = "e" }', [("a", "b", 0), ("a", "*")], id="objects"),
        pytest.param('a = f([{ b = "c" }])', [("a", "f()", 0, 0, "b")], id="functions"),
        pytest.param('a = b ? "c" : "d"', [("a",), ("a",)], id="conditionals"),
        pytest.param('a = [for b in c : { d = "e" }]', [("a", "for", "d")], id="for"),
        pytest.param(
            'a {\n  dynamic "b" {\n    for_each = "c"\n    content {\n      d = "e"\n    }\n  }\n}\n',
            [("a", "dynamic", "b", "for_each"), ("a", "b", "d")],
            id="dynamic blocks",
        ),
        pytest.param('a = "x" + "y"', [], id="parts of operations are no values"),
    ],
)
def test_values_know_the_way_to_them(text: str, expected: list[tuple[str | int, ...]]) -> None:
    assert [leaf.path for leaf in leaves(parse(text)) if isinstance(leaf.expression, Text)] == expected
