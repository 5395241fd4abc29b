"""Two branches of one lockfile become one: three-way, entry by entry, never line by line.

An entry that only one side touched is taken from that side. What both sides agree on is no conflict, whatever else
they wrote beside it; a digest that both moved differently is one, and nobody but a person or the registry can solve it.
Candidates are merged by key and digest, and never clash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from pinner.frozen import dataclass
from pinner.lock.model import Candidate, Lock, Pin, candidates_after, order_candidates


class Side(StrEnum):
    """Whose digest counts where both moved an image."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """An image that both sides moved, or added, with different digests."""

    ours: Pin
    theirs: Pin

    @property
    def key(self) -> str:
        """The key of the entry."""
        return self.ours.key


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLock:
    """What two locks have become; of each clash, `lock` holds our side until somebody decides."""

    lock: Lock
    clashes: tuple[Clash, ...]

    def taking(self, side: Side) -> MergedLock:
        """Return the lock in which one side has won every clash."""
        won = tuple(clash.ours if side is Side.OURS else clash.theirs for clash in self.clashes)
        waiting = {one.key: candidates_after(self.lock.pending.get(one.key, ()), one.digest) for one in won}
        return MergedLock(lock=self.lock.with_pins(won).with_pending(waiting), clashes=())


def merge_locks(base: Lock, ours: Lock, theirs: Lock) -> MergedLock:
    """Merge what `ours` and `theirs` have made of `base`.

    An entry that one side removed and the other one moved stays as it was moved: an entry too many is a note of
    `check`, one too few is an image without its pin.
    """
    pins: list[Pin] = []
    clashes: list[Clash] = []
    for key in {**ours.pins, **theirs.pins}:
        before, mine, other = base.get(key), ours.get(key), theirs.get(key)
        merged = _merge_pin(before, mine, other)
        if merged is None and mine is not None and other is not None:
            clashes.append(Clash(ours=mine, theirs=other))
            merged = mine
        if merged is not None:
            pins.append(merged)
    merged_pins = {pin.key: pin for pin in pins}
    lock = Lock(
        pins=merged_pins,
        pending={
            key: _merge_candidates(merged_pins.get(key), *(one.pending.get(key, ()) for one in (base, ours, theirs)))
            for key in {**ours.pending, **theirs.pending}
        },
        extra=dict(_merge_tables(base.extra, ours.extra, theirs.extra)),
    )
    return MergedLock(lock=lock, clashes=tuple(sorted(clashes, key=lambda clash: clash.key)))


def agreed(one: Lock, other: Lock) -> Lock:
    """Return what two locks have in common, each entry, candidate and unknown table as a whole."""
    return Lock(
        pins={key: pin for key, pin in one.pins.items() if other.pins.get(key) == pin},
        pending={
            key: tuple(candidate for candidate in candidates if candidate in other.pending.get(key, ()))
            for key, candidates in one.pending.items()
        },
        extra={name: value for name, value in one.extra.items() if other.extra.get(name) == value},
    )


def _merge_pin(base: Pin | None, ours: Pin | None, theirs: Pin | None) -> Pin | None:
    """Return what an entry has become; None where it is gone, and where two entries clash."""
    if ours is None or theirs is None:
        left = ours or theirs
        return left if base is None or left is None or left.digest != base.digest else None
    if ours.digest == theirs.digest:
        return _join(ours, theirs, base)
    if base is not None and base.digest == theirs.digest:
        return ours
    return theirs if base is not None and base.digest == ours.digest else None


def _join(ours: Pin, theirs: Pin, base: Pin | None) -> Pin:
    """Return what two sides know of one digest: facts that follow from it cannot contradict each other."""
    return replace(
        ours,
        media_type=ours.media_type or theirs.media_type,
        platforms=ours.platforms or theirs.platforms,
        extra=dict(_merge_tables(base.extra if base else {}, ours.extra, theirs.extra)),
    )


def _merge_candidates(
    pin: Pin | None, base: tuple[Candidate, ...], ours: tuple[Candidate, ...], theirs: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    """Return what waits for one key after a merge: what both sides have and what one of them added.

    What one side removed was accepted or withdrawn, and goes; so does what was seen before the digest that counts now.
    """
    before, mine, other = ({one.digest: one for one in side} for side in (base, ours, theirs))
    left = {
        digest: _join_candidates(before.get(digest), mine.get(digest, one), other.get(digest, one))
        for digest, one in {**mine, **other}.items()
        if (digest in mine and digest in other) or digest not in before
    }
    if pin is None:
        return tuple(left.values())
    known = {one.digest: one for one in order_candidates((*base, *ours, *theirs))}
    later = candidates_after({**known, **left}.values(), pin.digest)
    return tuple(one for one in later if one.digest in left)


def _join_candidates(base: Candidate | None, ours: Candidate, theirs: Candidate) -> Candidate:
    """Return what two sides know of one digest; the day is the first one, unless one side has seen it anew."""
    seen = min(ours.seen, theirs.seen)
    if base is not None and base.seen in {ours.seen, theirs.seen}:
        seen = theirs.seen if ours.seen == base.seen else ours.seen
    extra = dict(_merge_tables(base.extra if base else {}, ours.extra, theirs.extra))
    return Candidate(digest=ours.digest, seen=seen, extra=extra)


def _merge_tables(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the keys of tables that this version does not know, merged as deep as they go; of two changes, ours."""
    for key in {**ours, **theirs}:
        before, mine, other = (table.get(key) for table in (base, ours, theirs))
        if isinstance(mine, Mapping) and isinstance(other, Mapping):
            below = before if isinstance(before, Mapping) else {}
            yield key, dict(_merge_tables(below, mine, other))
        else:
            merged = other if mine == before else mine
            if merged is not None:
                yield key, merged
