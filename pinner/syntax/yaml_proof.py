"""The proof of an edit: parse both texts again, and let nothing differ but the scalars that were meant.

The bytes outside the edits are equal because the new text is made from the old one; what this module adds is that
the *meaning* is equal everywhere else, and new where it should be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from pinner.errors import EditError
from pinner.patterns import compile_later
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrite
from pinner.syntax.yaml_chunks import chunks
from pinner.syntax.yaml_events import BACKENDS, Kind, Parser, parser
from pinner.text import apply_edits

_COMMENT: Final = compile_later(r"(?:[ \t]*#[^\r\n\x85\u2028\u2029]*)?")
# ruamel.yaml places a missing value at the next token.
_BEFORE_MISSING: Final = compile_later(r"[ \t]*(?:(?:#[^\r\n]*)?(?:\r\n|\r|\n)[ \t]*)*")


def prove(before: str, after: str, rewrites: Iterable[Rewrite]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these rewrites.

    Every chunk that was touched must give the same events, but for the scalars that are rewritten, which must have the
    wanted values. Comments must lie outside of all scalars.
    """
    wanted = sorted(set(rewrites), key=lambda one: one.edit)
    if apply_edits(before, (one.edit for one in wanted)) != after:
        message = "the new text has changes that no edit accounts for"
        raise EditError(message)
    shift = 0
    pending = deque(wanted)
    for chunk in chunks(before):
        inside: list[Rewrite] = []
        while pending and chunk.start <= pending[0].edit.span.start and pending[0].edit.span.end <= chunk.end:
            inside.append(pending.popleft())
        edits = {one.edit for one in inside}
        growth = sum(len(edit.replacement) - (edit.span.end - edit.span.start) for edit in edits)
        if inside:
            old_piece = before[chunk.start : chunk.end]
            new_piece = after[chunk.start + shift : chunk.end + shift + growth]
            _prove_chunk(old_piece, new_piece, chunk.start, inside)
        shift += growth
    if pending:
        message = "an edit lies in no document"
        raise EditError(message)


def _prove_chunk(before: str, after: str, base: int, rewrites: Sequence[Rewrite]) -> None:
    """Prove one chunk; `base` is where it begins in the text."""
    backend, old_events = _read_events(before)
    new_events = _read_again(backend, after)
    if len(old_events) != len(new_events):
        message = "the edit adds or removes values"
        raise EditError(message)
    pending = deque(one for one in rewrites if isinstance(one, ValueRewrite))
    for old, new in zip(old_events, new_events, strict=True):
        if _shape(backend, old) != _shape(backend, new):
            message = "the edit changes the structure of the document"
            raise EditError(message)
        if backend.kinds[old.__class__] is Kind.SCALAR:
            wanted = _wanted_value(before, base, old, pending)
            if new.value != wanted:
                message = f"the edit turns {old.value[:80]!r} into {new.value[:80]!r}, not into {wanted[:80]!r}"
                raise EditError(message)
    if pending:
        message = "an edit lies in no value"
        raise EditError(message)
    comments = [one for one in rewrites if isinstance(one, CommentRewrite)]
    if comments:
        scalars = [one for one in old_events if backend.kinds[one.__class__] is Kind.SCALAR]
        _prove_comments(before, base, comments, scalars)


def _wanted_value(text: str, base: int, event: Any, pending: deque[ValueRewrite]) -> str:
    """Return what the value must become, and take the rewrites that lie in it off the queue."""
    inside: list[ValueRewrite] = []
    while pending and _is_inside(text, pending[0].edit.span.start - base, event):
        inside.append(pending.popleft())
    value: str = event.value
    pieces: list[str] = []
    cursor = 0
    for one in sorted(inside, key=lambda one: one.at):
        if one.at < cursor or value[one.at : one.at + len(one.old)] != one.old:
            message = f"the value {value[:80]!r} does not hold {one.old!r} at {one.at}"
            raise EditError(message)
        pieces += (value[cursor : one.at], one.new)
        cursor = one.at + len(one.old)
    return "".join((*pieces, value[cursor:]))


def _is_inside(text: str, start: int, event: Any) -> bool:
    """Return whether an edit begins in a scalar, or in the blanks in front of it."""
    if start > event.end_mark.index:
        return False
    gap = text[start : event.start_mark.index]
    return not gap.strip(" \t") or (event.value == "" and _BEFORE_MISSING.fullmatch(gap) is not None)


def _prove_comments(text: str, base: int, comments: Iterable[CommentRewrite], scalars: Sequence[Any]) -> None:
    for one in comments:
        start, end = one.edit.span.start - base, one.edit.span.end - base
        if not all(_COMMENT.fullmatch(piece) for piece in (text[start:end], one.edit.replacement)):
            message = "an edit of a comment changes something else"
            raise EditError(message)
        if any(scalar.start_mark.index < end and start < scalar.end_mark.index for scalar in scalars):
            message = "an edit of a comment lies in a value"
            raise EditError(message)


def _read_events(text: str) -> tuple[Parser, list[Any]]:
    """Parse with the first back end that takes the text, as the scan did."""
    for name in BACKENDS:
        backend = parser(name)
        if backend is not None:
            with suppress(*backend.failures):
                return backend, list(backend.events(text))
    message = "the text is no YAML"
    raise EditError(message)


def _read_again(backend: Parser, text: str) -> list[Any]:
    try:
        return list(backend.events(text))
    except backend.failures as error:
        message = f"the edit makes the document unreadable: {backend.problem(error, text).message}"
        raise EditError(message) from error


def _shape(backend: Parser, event: Any) -> tuple[Any, ...]:
    """Return everything of an event but its place and, for a scalar, its value."""
    tag = getattr(event, "tag", None)
    return (
        backend.kinds[event.__class__],
        getattr(event, "anchor", None),
        None if tag is None else str(tag),
        getattr(event, "style", None),
        getattr(event, "implicit", None),
        getattr(event, "flow_style", None),
        getattr(event, "explicit", None),
    )
