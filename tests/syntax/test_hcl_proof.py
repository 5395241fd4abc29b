"""Edits of HCL are proven: the strings say what was meant, and nothing else changed."""

from __future__ import annotations

import pytest
from hypothesis import given

from pinner.errors import EditError
from pinner.syntax.hcl_nodes import File
from pinner.syntax.hcl_proof import prove
from pinner.syntax.hcl_reader import read
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrite
from pinner.text import Edit, Span, apply_edits
from tests.syntax.hcl_texts import DOCUMENTS

TEXT = 'a "b" {\n  image = "c:1" # d\n  e = <<-F\n    g: "h:2"\n  F\n}\n'


def value(text: str, old: str, new: str) -> ValueRewrite:
    start = text.index(old)
    return ValueRewrite(edit=Edit(Span(start, start + len(old)), new), at=0, old=old, new=new)


def comment(text: str, at: int, new: str) -> CommentRewrite:
    return CommentRewrite(Edit(Span(at, at), new))


def apply(text: str, *rewrites: Rewrite) -> None:
    prove(text, apply_edits(text, [one.edit for one in rewrites]), rewrites)


def test_nothing_to_change_is_proven_for_any_text() -> None:
    prove("no { hcl", "no { hcl", [])


def test_an_edit_of_strings_and_comments_is_proven() -> None:
    end = TEXT.index(" # d") + len(" # d")
    apply(TEXT, value(TEXT, "c:1", "c:1@x"), value(TEXT, "h:2", "h:2@y"), comment(TEXT, end, " # tag=1"))


@pytest.mark.parametrize(
    ("rewrite", "message"),
    [
        pytest.param(value(TEXT, "c:1", 'c:1" f = "'), "cannot be read as HCL|beside the strings", id="a quote"),
        pytest.param(value(TEXT, "c:1", r"c\n1"), "a string changed", id="an escape"),
        pytest.param(value(TEXT, "c:1", "${c}"), "beside the strings", id="a sequence"),
        pytest.param(value(TEXT, "image", "other"), "beside the strings", id="a name"),
        pytest.param(value(TEXT, "g:", "x\n  F\n  g:"), "cannot be read as HCL", id="the end of a heredoc"),
        pytest.param(value(TEXT, "    g:", "g:"), "in no string", id="an indent"),
        pytest.param(comment(TEXT, TEXT.index("c:1"), "x"), "a string changed", id="a string as a comment"),
        pytest.param(comment(TEXT, TEXT.index(" # d"), "/*"), "cannot be read as HCL", id="an open comment"),
        pytest.param(comment(TEXT, 0, "x = 1\n"), "beside the strings", id="an attribute as a comment"),
        pytest.param(comment(TEXT, TEXT.index("  e ="), "# "), "cannot be read as HCL", id="a line behind a comment"),
    ],
)
def test_an_edit_that_means_something_else_is_refused(rewrite: Rewrite, message: str) -> None:
    with pytest.raises(EditError, match=message):
        apply(TEXT, rewrite)


def test_an_edit_that_is_not_in_the_text_is_refused() -> None:
    with pytest.raises(EditError, match="outside the references"):
        prove(TEXT, TEXT + "\n", [value(TEXT, "c:1", "c:2")])


def test_a_text_that_is_no_hcl_is_never_edited() -> None:
    with pytest.raises(EditError, match="cannot be read as HCL"):
        apply('a = "b:1" }', value('a = "b:1" }', "b:1", "b:2"))


def test_an_edit_inside_of_a_sequence_is_an_edit_of_the_text_around_it() -> None:
    apply('a = "x${b("c:1")}y"\n', value('a = "x${b("c:1")}y"\n', "c:1", "c:2"))


@given(source=DOCUMENTS)
def test_an_edit_of_any_letters_of_any_string_is_proven(source: str) -> None:
    file = read(source)
    if not isinstance(file, File):
        return
    for text in file.texts:
        at = text.value.find("nginx:1.27")
        if at >= 0 and "${" not in text.value and "%{" not in text.value:
            edit = Edit(Span(text.offsets[at], text.offsets[at + 10]), "nginx:1.27@x")
            apply(source, ValueRewrite(edit=edit, at=at, old="nginx:1.27", new="nginx:1.27@x"))


def test_a_thousand_edits_are_looked_at_where_they_stand() -> None:
    """Quadratic, this would be a million looks, and minutes for a generated file."""
    text = "".join(f'a{at} = "c{at}:1"\n' for at in range(1000))
    apply(text, *(value(text, f"c{at}:1", f"c{at}:1@x") for at in range(1000)))
