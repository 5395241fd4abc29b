"""The proof of edits in Dockerfiles: values where they were meant, comments that are comments."""

from __future__ import annotations

import pytest

from pinner.errors import EditError
from pinner.syntax.dockerfile_proof import prove
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrite
from pinner.text import Edit, Span, apply_edits

TEXT = "# escape=\\\n# c\nFROM a:1 AS b\nRUN <<E\n# d\nE\n"


def edit(old: str, new: str) -> Edit:
    start = TEXT.index(old)
    return Edit(Span(start, start + len(old)), new)


def value(old: str, new: str) -> ValueRewrite:
    return ValueRewrite(edit=edit(old, new), at=0, old=old, new=new)


def comment(old: str, new: str) -> CommentRewrite:
    return CommentRewrite(edit(old, new))


def check(*rewrites: Rewrite) -> None:
    prove(TEXT, apply_edits(TEXT, (one.edit for one in rewrites)), rewrites)


def test_nothing_is_proven() -> None:
    check()


@pytest.mark.parametrize(
    "rewrites",
    [
        [value("a:1", "a:2")],
        [comment("# c\n", "")],
        [comment("# c\n", "  # d\n")],
        [value("a:1", "a"), comment("# c\n", "# tag\n")],
    ],
)
def test_what_is_said_is_proven(rewrites: list[Rewrite]) -> None:
    check(*rewrites)


@pytest.mark.parametrize(
    ("rewrite", "message"),
    [
        pytest.param(comment("a:1", "a:2"), "an edit of a comment changes something else", id="C03-a-value"),
        pytest.param(comment("# c\n", "\n"), "an edit of a comment changes something else", id="C01-an-empty-line"),
        pytest.param(comment("# c\n", "# c"), "an edit of a comment changes something else", id="C01-a-line-joined"),
        pytest.param(comment("# d\n", ""), "an instruction changed", id="E06-in-a-heredoc"),
        pytest.param(comment("# escape=\\\n", ""), "an instruction changed", id="E05-a-directive"),
        pytest.param(value("# c\n", "RUN x\n"), "an instruction changed", id="C03-a-comment-becomes-an-instruction"),
        pytest.param(value("1 AS b", "1\nRUN x"), "an instruction changed", id="one-becomes-two"),
        pytest.param(value("E\n# d", "F\n# d"), "cannot be read as a Dockerfile", id="E06-heredoc-without-an-end"),
    ],
)
def test_what_is_not_said_is_refused(rewrite: Rewrite, message: str) -> None:
    with pytest.raises(EditError, match=message):
        check(rewrite)


def test_a_text_that_no_edit_accounts_for_is_refused() -> None:
    with pytest.raises(EditError, match="text outside the references changed"):
        prove(TEXT, TEXT + "\n", [])
