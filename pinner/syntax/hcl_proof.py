"""The proof of an edit in HCL: read both texts again, and let nothing differ but what was meant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from pinner.errors import EditError
from pinner.syntax.hcl_lexer import Malformed, tokenize
from pinner.syntax.hcl_nodes import File, Text
from pinner.syntax.hcl_reader import read
from pinner.syntax.rewrites import Rewrite, ValueRewrite, edits_of
from pinner.text import Edit, Span, apply_edits


def prove(before: str, after: str, rewrites: Iterable[Rewrite]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these rewrites, and its strings say so too."""
    rewrites = tuple(rewrites)
    if apply_edits(before, edits_of(rewrites)) != after:
        message = "text outside the references changed"
        raise EditError(message)
    if not rewrites:
        return
    old, new = _read(before), _read(after)
    if _frame(before) != _frame(after):
        message = "something changed beside the strings"
        raise EditError(message)
    edits = sorted(one.edit for one in rewrites if isinstance(one, ValueRewrite))
    starts = [edit.span.start for edit in edits]
    held = [_held(text, edits, starts) for text in old.texts]
    if {edit for some in held for edit in some} != set(edits):
        message = "an edit stands in no string"
        raise EditError(message)
    expected = [(_edited(text, some), text.is_literal) for text, some in zip(old.texts, held, strict=True)]
    if expected != [(text.value, text.is_literal) for text in new.texts]:
        message = "a string changed beside its reference"
        raise EditError(message)


def _read(text: str) -> File:
    file = read(text)
    if isinstance(file, Malformed):
        message = "the file cannot be read as HCL"
        raise EditError(message)
    return file


def _frame(text: str) -> list[tuple[str, str]]:
    """Return all that is neither a letter of a string nor a comment."""
    return [(one.kind, "" if one.kind == "newline" else one.text) for one in tokenize(text) if one.kind != "letters"]


def _edited(text: Text, edits: Sequence[Edit]) -> str:
    """Return the value as it must read after the edits: each belongs to the letters at its place."""
    offsets = text.offsets
    return apply_edits(
        text.value,
        [
            Edit(Span(bisect_left(offsets, edit.span.start), bisect_left(offsets, edit.span.end)), edit.replacement)
            for edit in edits
        ],
    )


def _held(text: Text, edits: Sequence[Edit], starts: Sequence[int]) -> list[Edit]:
    """Return the edits inside of a text; they are sorted, so that only those near it are looked at."""
    first, last = text.offsets[0], text.offsets[-1]
    near = edits[bisect_left(starts, first) : bisect_right(starts, last)]
    return [edit for edit in near if edit.span.end <= last]
