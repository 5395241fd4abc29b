"""What an edit means: another piece in a value, or another comment. Proofs ask for it, whatever the language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pinner.frozen import dataclass
from pinner.text import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRewrite:
    """An edit inside one value: `old` stands at index `at` of the value, and becomes `new`.

    `edit` is how the source says it: with escapes, or with the blank in front of a value that was missing.
    """

    edit: Edit
    at: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CommentRewrite:
    """An edit that adds, changes or takes away a comment, and so changes no value."""

    edit: Edit


Rewrite = ValueRewrite | CommentRewrite


def edits_of(rewrites: Iterable[Rewrite]) -> tuple[Edit, ...]:
    """Return the edits, once each and in the order of the text."""
    return tuple(sorted({one.edit for one in rewrites}))


def rewritten(value: str, offsets: Sequence[int], rewrites: Iterable[Rewrite]) -> str:
    """Return a value as it must read after the rewrites that stand in it; `offsets` are those of its letters."""
    inside = (
        one for one in rewrites if isinstance(one, ValueRewrite) and offsets[0] <= one.edit.span.start <= offsets[-1]
    )
    for one in sorted(inside, key=lambda one: one.at, reverse=True):
        value = value[: one.at] + one.new + value[one.at + len(one.old) :]
    return value
