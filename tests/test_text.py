"""Text: files come back byte for byte, places are exact, and edits change nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import EditError, SourceError
from pinner.text import Edit, Position, Source, Span, apply_edits

BOM = "\ufeff"
_LINES = st.text(st.sampled_from("ab\n\r\u00e4\U0001f40b\ufeff"), max_size=30)


# --- decoding and encoding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a: 1\n", id="LF"),
        pytest.param(b"a: 1\r\nb: 2\r\n", id="CRLF"),
        pytest.param(b"a: 1\rb: 2\r", id="CR"),
        pytest.param(b"a: 1\r\nb: 2\nc: 3\r\r\n", id="mixed"),
        pytest.param(b"a: 1", id="no final newline"),
        pytest.param(b"\xef\xbb\xbfa: 1\n", id="UTF-8 with mark"),
        pytest.param("ä: \U0001f40b\n".encode(), id="beyond ASCII"),
        pytest.param(b"a\x00b\x85\n".replace(b"\x85", "\x85\u2028".encode()), id="odd line ends and NUL"),
        pytest.param("\ufeffä: \U0001f40b\r\n".encode("utf-16-le"), id="UTF-16 LE with mark"),
        pytest.param("\ufeffä: \U0001f40b\r\n".encode("utf-16-be"), id="UTF-16 BE with mark"),
    ],
)
def test_a_file_comes_back_byte_for_byte(content: bytes) -> None:
    source = Source.decode("a.yaml", content)
    assert source.encode() == content
    assert source.with_text(source.text).encode() == content


@given(st.binary(max_size=60) | _LINES.map(str.encode) | _LINES.map(lambda text: f"{BOM}{text}".encode("utf-16-be")))
def test_any_bytes_come_back_or_are_refused(content: bytes) -> None:
    try:
        source = Source.decode("a.yaml", content)
    except SourceError:
        return
    assert source.encode() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a: \xff\n", "a.yaml:1:4: not UTF-8: invalid start byte", id="first line"),
        pytest.param(b"a: 1\nb: x\xe4\n", "a.yaml:2:5: not UTF-8: invalid continuation byte", id="latin-1"),
        pytest.param("ää\xe4".encode()[:-1], "a.yaml:1:3: not UTF-8: unexpected end of data", id="cut off"),
        pytest.param(b"a\r\nb\rc\xff", "a.yaml:3:2: not UTF-8: invalid start byte", id="all line ends count"),
        pytest.param(b"\xef\xbb\xbfa\xff", "a.yaml:1:2: not UTF-8: invalid start byte", id="a mark has no column"),
        pytest.param(b"a: \xed\xa0\x80", "a.yaml:1:4: not UTF-8: invalid continuation byte", id="surrogate"),
        pytest.param(b"\xff\xfea\x00\n\x00b\x00\x00", "a.yaml:2:2: not UTF-16-LE: truncated data", id="half a letter"),
        pytest.param(b"\xfe\xff\xd8\x00\x00a", "a.yaml:1:1: not UTF-16-BE: illegal UTF-16 surrogate", id="half a pair"),
    ],
)
def test_the_first_bad_byte_is_named_by_line_and_column(content: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        Source.decode("a.yaml", content)
    assert caught.value.message == message
    assert caught.value.hint == "save the file as UTF-8, or exclude it"


def test_a_source_with_another_text_keeps_path_and_encoding() -> None:
    source = Source.decode("a.yaml", "\ufeffa".encode("utf-16-le")).with_text("\ufeffb")
    assert (source.path, source.encode()) == ("a.yaml", b"\xff\xfeb\x00")


# --- positions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("ab\ncd", 0, (1, 1)),
        ("ab\ncd", 2, (1, 3)),
        ("ab\ncd", 3, (2, 1)),
        ("ab\ncd", 5, (2, 3)),
        ("ab\n", 3, (2, 1)),
        ("ä\U0001f40bx", 2, (1, 3)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb\rc", 4, (3, 1)),
        ("a\r\rb", 3, (3, 1)),
        ("a\r\nb\nc\rd", 7, (4, 1)),
        ("a\n\rb", 3, (3, 1)),
        (f"{BOM}ab", 0, (1, 1)),
        (f"{BOM}ab", 1, (1, 1)),
        (f"{BOM}ab", 2, (1, 2)),
        (f"{BOM}a\nb", 3, (2, 1)),
        (f"a{BOM}b", 2, (1, 3)),
        ("a\u2028b\x85c\x0cd", 6, (1, 7)),
    ],
)
def test_lines_and_columns_count_from_one_in_code_points(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("a.yaml", text).position(offset) == Position(*position)


def test_a_place_opens_in_an_editor() -> None:
    source = Source("deploy/api.yaml", "a: 1\nimage: nginx\n")
    assert source.place(12) == "deploy/api.yaml:2:8"
    assert source.place(0) == "deploy/api.yaml:1:1"


@given(_LINES.filter(lambda text: not text.startswith(BOM)))
def test_a_position_leads_back_to_its_offset(text: str) -> None:
    source = Source("a.yaml", text)
    ends = text.replace("\r\n", " \n").replace("\r", "\n")
    for offset in range(len(text) + 1):
        before = ends[:offset]
        assert source.position(offset) == Position(before.count("\n") + 1, len(before) - before.rfind("\n"))


# --- edits --------------------------------------------------------------------------------------------------------


def _edit(start: int, end: int, replacement: str) -> Edit:
    return Edit(Span(start, end), replacement)


def test_no_edits_change_nothing() -> None:
    assert apply_edits("image: nginx\r\n", []) == "image: nginx\r\n"


def test_edits_are_made_in_any_order() -> None:
    edits = [_edit(4, 5, "E"), _edit(0, 1, "A"), _edit(2, 2, "+")]
    assert apply_edits("abcdef", edits) == apply_edits("abcdef", edits[::-1]) == "Ab+cdEf"


def test_equal_edits_collapse() -> None:
    assert apply_edits("abc", [_edit(1, 1, "x"), _edit(1, 1, "x"), _edit(2, 3, "y"), _edit(2, 3, "y")]) == "axby"


def test_edits_that_touch_do_not_overlap() -> None:
    assert apply_edits("abcd", [_edit(0, 2, "x"), _edit(2, 4, "y")]) == "xy"
    assert apply_edits("abcd", [_edit(0, 2, "x"), _edit(2, 2, "+"), _edit(2, 4, "y")]) == "x+y"


def test_edits_reach_both_ends() -> None:
    assert apply_edits("ab", [_edit(0, 0, "<"), _edit(2, 2, ">")]) == "<ab>"
    assert apply_edits("", [_edit(0, 0, "x")]) == "x"


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([_edit(0, 2, "x"), _edit(1, 3, "y")], id="partly"),
        pytest.param([_edit(0, 4, "x"), _edit(1, 2, "y")], id="one inside the other"),
        pytest.param([_edit(0, 2, "x"), _edit(0, 2, "y")], id="the same place"),
        pytest.param([_edit(1, 1, "x"), _edit(1, 1, "y")], id="two insertions at one place"),
        pytest.param([_edit(0, 3, "x"), _edit(1, 1, "y")], id="an insertion inside"),
        pytest.param([_edit(0, 1, "x"), _edit(0, 2, "x")], id="the same start"),
    ],
)
def test_edits_that_contradict_each_other_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(EditError, match="two edits overlap at"):
        apply_edits("abcd", edits)
    with pytest.raises(EditError, match="two edits overlap at"):
        apply_edits("abcd", edits[::-1])


@pytest.mark.parametrize("span", [(-1, 0), (0, 5), (5, 5), (3, 2)])
def test_an_edit_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(EditError, match="lies outside a text of 4 code points"):
        apply_edits("abcd", [_edit(*span, "x")])


@given(_LINES, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), _LINES), max_size=5))
def test_what_lies_outside_the_spans_stays(text: str, wanted: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    at = 0
    for start, length, replacement in wanted:  # neighbours may touch; none may overlap
        first = min(at + start, len(text))
        last = min(first + length, len(text))
        if not edits or edits[-1].span != Span(first, last):
            edits.append(_edit(first, last, replacement))
        at = last
    after = apply_edits(text, edits)
    for edit in reversed(edits):  # undo from the end; what is left must be the text
        begin = edit.span.start + sum(
            len(other.replacement) - (other.span.end - other.span.start) for other in edits if other.span < edit.span
        )
        assert after[begin : begin + len(edit.replacement)] == edit.replacement
        after = after[:begin] + text[edit.span.start : edit.span.end] + after[begin + len(edit.replacement) :]
    assert after == text
