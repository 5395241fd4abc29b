"""What an edit means: another piece in a value, or another comment. Proofs ask for it, whatever the language."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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


class ValueRewrites:
    """The rewrites of values in one source, by their places: each value is told its own."""

    def __init__(self, rewrites: Iterable[Rewrite]) -> None:
        values = (one for one in rewrites if isinstance(one, ValueRewrite))
        self._rewrites = sorted(values, key=_start)

    def applied(self, value: str, offsets: Sequence[int]) -> str:
        """Return a value as it must read after the rewrites in it; `offsets` are those of its letters."""
        first = bisect_left(self._rewrites, offsets[0], key=_start)
        last = bisect_right(self._rewrites, offsets[-1], key=_start)
        pieces: list[str] = []
        at = 0
        for one in sorted(self._rewrites[first:last], key=lambda one: one.at):
            pieces += (value[at : one.at], one.new)
            at = one.at + len(one.old)
        return "".join((*pieces, value[at:]))


def _start(rewrite: ValueRewrite) -> int:
    return rewrite.edit.span.start
