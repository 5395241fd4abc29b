"""The proof of an edit: parse both texts again, and let nothing differ but the scalars that were meant.

The bytes outside the edits are equal because the new text is made from the old one; what this module adds is that
the *meaning* is equal everywhere else, and new where it should be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pinner.errors import EditError
from pinner.syntax.yaml_events import BACKENDS, Kind, Parser, parser
from pinner.syntax.yaml_scan import chunks
from pinner.text import Edit, apply_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """An edit inside one scalar, and the part of its value before and after."""

    edit: Edit
    old: str
    new: str


def prove(before: str, after: str, replacements: Sequence[Replacement]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these replacements.

    Every chunk that was touched must give the same events, but for the scalars around the edits, which must have the
    wanted values.
    """
    edits = sorted(set(replacements), key=lambda one: one.edit)
    if apply_edits(before, (one.edit for one in edits)) != after:
        message = "the new text has changes that no edit accounts for"
        raise EditError(message)
    shift = 0
    pending = deque(edits)
    for chunk in chunks(before):
        inside: list[Replacement] = []
        while pending and chunk.start <= pending[0].edit.span.start and pending[0].edit.span.end <= chunk.end:
            inside.append(pending.popleft())
        growth = sum(len(one.edit.replacement) - (one.edit.span.end - one.edit.span.start) for one in inside)
        if inside:
            old_piece = before[chunk.start : chunk.end]
            new_piece = after[chunk.start + shift : chunk.end + shift + growth]
            _prove_chunk(old_piece, new_piece, [(one.edit.span.start - chunk.start, one) for one in inside])
        shift += growth
    if pending:
        message = "an edit lies in no document"
        raise EditError(message)


def _prove_chunk(before: str, after: str, replacements: Sequence[tuple[int, Replacement]]) -> None:
    backend, old_events = _read_events(before)
    new_events = _read_again(backend, after)
    if len(old_events) != len(new_events):
        message = "the edit adds or removes values"
        raise EditError(message)
    pending = deque(replacements)
    for old, new in zip(old_events, new_events, strict=True):
        if _shape(backend, old) != _shape(backend, new):
            message = "the edit changes the structure of the document"
            raise EditError(message)
        if backend.kinds[old.__class__] is Kind.SCALAR:
            wanted = _wanted_value(old, pending)
            if new.value != wanted:
                message = f"the edit turns {old.value[:80]!r} into {new.value[:80]!r}, not into {wanted[:80]!r}"
                raise EditError(message)
    if pending:
        message = "an edit lies in no value"
        raise EditError(message)


def _wanted_value(event: Any, pending: deque[tuple[int, Replacement]]) -> str:
    """Return what the value must become, and take the replacements that lie in it off the queue."""
    value: str = event.value
    cursor = 0
    while pending and event.start_mark.index <= pending[0][0] <= event.end_mark.index:
        replacement = pending.popleft()[1]
        at = value.find(replacement.old, cursor)
        if at < 0:
            message = f"the value {value[:80]!r} does not hold {replacement.old!r}"
            raise EditError(message)
        value = value[:at] + replacement.new + value[at + len(replacement.old) :]
        cursor = at + len(replacement.new)
    return value


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
