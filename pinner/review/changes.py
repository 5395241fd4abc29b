"""What changed between two lockfiles, image by image, in the order in which a reviewer should look at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import Final

from pinner.frozen import dataclass
from pinner.lock.comparison import LockDifference, compare
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest
from pinner.oci.media_types import INDEXES, MANIFESTS
from pinner.oci.platform import Platform
from pinner.review.evidence import Cause, Evidence
from pinner.review.tags import TagKind, classify_tag


class Action(StrEnum):
    """What happened to an entry; the first of them is the one to look at first."""

    REPUBLISHED = "republished"
    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an image is used; line and column count from 1."""

    path: str
    line: int
    column: int

    @property
    def folder(self) -> str:
        """The folder of the file, `.` for the top one."""
        return self.path.rpartition("/")[0] or "."

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the lockfiles is called, and the commit that it is from, where there is one."""

    name: str
    commit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedImage:
    """An entry of the lock that came, went or moved: one of the two pins may be None.

    `evidence` says why it moved, and is None where nobody asked.
    """

    old: Pin | None
    new: Pin | None
    evidence: Evidence | None = None

    @property
    def pin(self) -> Pin:
        """The entry as it is now, or as it was last."""
        pin = self.new or self.old
        assert pin is not None, "an entry was in one of the lockfiles"
        return pin

    @property
    def key(self) -> str:
        """The key of the entry."""
        return self.pin.key

    @property
    def tag_kind(self) -> TagKind:
        """What the tag looks like."""
        return classify_tag(self.pin.tag)

    @property
    def action(self) -> Action:
        """What happened: a tag that looks as if it never moved, and did, was published again."""
        if self.old is None:
            return Action.ADDED
        if self.new is None:
            return Action.REMOVED
        return Action.MOVED if self.tag_kind is TagKind.MOVING else Action.REPUBLISHED

    @property
    def is_moved(self) -> bool:
        """Whether the tag means another digest now."""
        return self.action in {Action.MOVED, Action.REPUBLISHED}

    @property
    def platforms_added(self) -> tuple[Platform, ...]:
        """The platforms that only the new digest has, as far as the lock knows both."""
        return _only_in_first(self.new, self.old)

    @property
    def platforms_removed(self) -> tuple[Platform, ...]:
        """The platforms that only the old digest has, as far as the lock knows both."""
        return _only_in_first(self.old, self.new)

    @property
    def media_types(self) -> tuple[str, str] | None:
        """The old and the new media type, where both are known and differ."""
        old, new = (None if one is None else one.media_type for one in (self.old, self.new))
        return None if old is None or new is None or old == new else (old, new)

    @property
    def is_flattened(self) -> bool:
        """Whether an index of platforms has become a single manifest."""
        return self.media_types is not None and self.media_types[0] in INDEXES and self.media_types[1] in MANIFESTS


@dataclass(frozen=True, slots=True)
class WaitingDigest:
    """A digest that is not accepted yet; `seen` is the day in UTC on which pinner first saw it."""

    key: str
    digest: Digest
    seen: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All changes, the ones to look at first in front; the entries of one tag stand together.

    `waiting` are the digests that have begun to wait, or wait since another day, which changes no image yet.
    `places` has a tuple for every changed tag, empty where no file uses it; it is None where nobody looked.
    """

    old: Side
    new: Side
    images: tuple[ChangedImage, ...]
    places: Mapping[str, tuple[Place, ...]] | None = field(default=None, hash=False)
    waiting: tuple[WaitingDigest, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", _in_order(self.images))
        if self.places is not None:
            object.__setattr__(self, "places", MappingProxyType(dict(self.places)))

    @property
    def groups(self) -> tuple[tuple[ChangedImage, ...], ...]:
        """The changes of each tag: its own, and those of its platforms."""
        return tuple(tuple(group) for _, group in groupby(self.images, key=lambda one: one.pin.tagged))

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many entries had each of the actions that happened, in the order of their weight."""
        actions = [one.action for one in self.images]
        return {action: actions.count(action) for action in Action if action in actions}

    def places_of(self, tagged: str) -> tuple[Place, ...] | None:
        """Return where a tag is used, or None where nobody looked."""
        return None if self.places is None else self.places.get(tagged, ())

    def with_places(self, places: Mapping[str, tuple[Place, ...]]) -> Review:
        """Return the same review with the places of its tags."""
        return replace(self, places=places)

    def with_evidence(self, evidence: Mapping[str, Evidence]) -> Review:
        """Return the same review with what is known of the moves, by their keys, in the order that follows from it."""
        images = (replace(one, evidence=evidence.get(one.key, one.evidence)) for one in self.images)
        return replace(self, images=tuple(images))


def begin_review(old: Lock, new: Lock, *, names: tuple[Side, Side]) -> Review:
    """Return what changed between two locks as a review, without places and evidence."""
    waiting = (
        WaitingDigest(key, one.digest, one.seen)
        for key, candidates in new.pending.items()
        for one in candidates
        if (one.digest, one.seen) not in {(former.digest, former.seen) for former in old.pending.get(key, ())}
    )
    return replace(review_difference(compare(old, new), old=names[0], new=names[1]), waiting=tuple(waiting))


def review_difference(difference: LockDifference, *, old: Side, new: Side) -> Review:
    """Return what is known of a difference as a review."""
    images = (
        *(ChangedImage(old=moved.old, new=moved.new) for moved in difference.moved),
        *(ChangedImage(old=None, new=pin) for pin in difference.added),
        *(ChangedImage(old=pin, new=None) for pin in difference.removed),
    )
    return Review(old=old, new=new, images=images)


_ACTIONS: Final = tuple(Action)
_CAUSES: Final = tuple(Cause)


def _in_order(images: Iterable[ChangedImage]) -> tuple[ChangedImage, ...]:
    """Sort by weight, with the entries of a tag beside its weightiest one."""
    weights: dict[str, tuple[int, int]] = {}
    for one in images:
        tagged = one.pin.tagged
        weights[tagged] = min(_weigh(one), weights.get(tagged, _weigh(one)))
    return tuple(sorted(images, key=lambda one: (weights[one.pin.tagged], one.pin.tagged, one.key)))


def _weigh(image: ChangedImage) -> tuple[int, int]:
    """Return how far behind a change stands: by what happened, then by why; what nobody knows may be anything."""
    causes = image.evidence.causes if image.evidence else ()
    known = _CAUSES.index(causes[0]) if causes and Cause.UNKNOWN not in causes else 0
    return _ACTIONS.index(image.action), -1 if image.is_flattened or image.platforms_removed else known


def _only_in_first(first: Pin | None, second: Pin | None) -> tuple[Platform, ...]:
    if first is None or second is None or first.platforms is None or second.platforms is None:
        return ()
    return tuple(one for one in first.platforms if one not in second.platforms)
