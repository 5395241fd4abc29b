"""Units of systemd: settings, their places, and the proof."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import EditError
from pinner.syntax.rewrites import CommentRewrite, ValueRewrite
from pinner.syntax.unit_files import lex, prove
from pinner.text import Edit, Span, apply_edits


def settings(text: str) -> list[tuple[str, str, str]]:
    return [(one.section, one.key, one.value) for one in lex(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("[A]\nk=v\n", [("A", "k", "v")]),
        ("\ufeff[A]\r\nk = v \r\n", [("A", "k", "v")]),
        ("k=v", [("", "k", "v")]),
        ("[A]\n#k=v\n;k=v\n # k=v\n", []),
        ("[A]\nk=v # w\n", [("A", "k", "v # w")]),
        ("[A]\nk=a\\\n b\n", [("A", "k", "a  b")]),
        ("[A]\nk=\\\nv\n", [("A", "k", "v")]),
        ("[A]\nk=\\\n# c\nv\n", [("A", "k", "v")]),
        ("[A]\nk=v\\", [("A", "k", "v")]),
        ("[A]\nk=v\\\n[B]\nl=w\n", [("A", "k", "v [B]"), ("A", "l", "w")]),
        ("[A]\nno setting\nk=\n", [("A", "k", "")]),
        ("[A]\nk==v\n", [("A", "k", "=v")]),
    ],
)
def test_a_unit_is_read_as_systemd_does(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert settings(text) == expected


def test_a_comment_in_a_value_is_told() -> None:
    assert [one.has_comment for one in lex("a=\\\n# c\nv\nb=\\\nv\n")] == [True, False]


PIECES = st.sampled_from(["k", "=", " ", "\\\n", "\n", "\r\n", "#", ";", "[A]", "v", "\\", "\t", "é", "\ufeff"])
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@given(TEXTS)
def test_every_letter_of_a_value_stands_where_it_is_said_to(text: str) -> None:
    for one in lex(text):
        assert len(one.offsets) == len(one.value) + 1
        assert all(
            text[at] == letter or (letter == " " and text[at] == "\\")
            for letter, at in zip(one.value, one.offsets, strict=False)
        )


@given(TEXTS, st.sampled_from(["x", "@sha256:a"]))
def test_an_edit_of_one_value_is_proven(text: str, added: str) -> None:
    for one in lex(text):
        if one.value and not one.value.endswith("\\"):
            end = one.offsets[-1]
            rewrite = ValueRewrite(edit=Edit(Span(end, end), added), at=len(one.value), old="", new=added)
            prove(text, apply_edits(text, [rewrite.edit]), [rewrite])


@pytest.mark.parametrize(("at", "replacement"), [(4, "\n"), (4, "\nl=w"), (0, "#"), (4, " \\"), (3, "\n[B]\n")])
def test_an_edit_that_changes_another_setting_is_refused(at: int, replacement: str) -> None:
    text = "k=ab\nl=c\n"
    rewrite = ValueRewrite(edit=Edit(Span(at, at), replacement), at=2, old="", new="x")
    with pytest.raises(EditError):
        prove(text, apply_edits(text, [rewrite.edit]), [rewrite])


def test_text_outside_of_the_edits_is_refused() -> None:
    with pytest.raises(EditError, match="outside"):
        prove("k=a\n", "k=a \n", [])


@pytest.mark.parametrize("replacement", ["x=1\n", "# c", "# c\nx=1\n"])
def test_an_edit_of_a_comment_is_one_line_of_comment(replacement: str) -> None:
    rewrite = CommentRewrite(Edit(Span(0, 0), replacement))
    with pytest.raises(EditError):
        prove("k=a\n", f"{replacement}k=a\n", [rewrite])
    prove("k=a\n", "# c\nk=a\n", [CommentRewrite(Edit(Span(0, 0), "# c\n"))])
