"""How a place is written: from a new reference to the smallest edit of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pinner.oci.reference import Reference
from pinner.text import Edit, Span


class Slot(Protocol):
    """A place that can be given another reference."""

    def edit(self, old: Reference, new: Reference) -> Edit:
        """Return the smallest edit that puts `new` where `old` stands."""


@dataclass(frozen=True, slots=True)
class WholeReference:
    """The whole reference stands in one place.

    `offsets[i]` is where letter i of the value begins in the source; one more entry says where the last one ends.
    A `range` serves where source and value are the same text.
    """

    offsets: Sequence[int]

    def edit(self, old: Reference, new: Reference) -> Edit:
        """Return an edit of the letters that differ, so that quotes, escapes and line folds stay."""
        before, after = old.written, new.written
        start = 0
        while start < min(len(before), len(after)) and before[start] == after[start]:
            start += 1
        tail = 0
        while tail < min(len(before), len(after)) - start and before[-1 - tail] == after[-1 - tail]:
            tail += 1
        span = Span(self.offsets[start], self.offsets[len(before) - tail])
        return Edit(span, after[start : len(after) - tail])
