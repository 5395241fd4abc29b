"""What a minimum age does to a digest that is new: it waits, from the day on which pinner first saw it.

Nothing here looks anything up. (docs/decisions/0013-a-cooldown-that-the-lock-remembers.md)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from pinner.ages import read_age, refuse_min_age
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.lock.model import Candidate
from pinner.oci.digest import Digest

# Why a candidate waits no longer, and was not accepted: the tag means an older digest again, the tag moved on within
# the day, or the registry has the digest no more.
Reason = Literal["withdrawn", "replaced", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A digest that waits: first seen on the day `seen`, and old enough at `until` (both in UTC)."""

    key: str
    digest: Digest
    seen: dt.date
    until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A digest that waited, and that nobody waits for any more."""

    key: str
    digest: Digest
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """A minimum age at a point in time, which has an offset from UTC.

    `accepts` are patterns of images whose digests do not wait.
    """

    min_age: dt.timedelta
    now: dt.datetime
    accepts: tuple[str, ...] = ()

    @property
    def today(self) -> dt.date:
        """The day in UTC."""
        return self.now.astimezone(dt.UTC).date()

    def ripens(self, candidate: Candidate) -> dt.datetime:
        """Return when a candidate is old enough: its age counts from the end of the day on which it was seen."""
        midnight = dt.datetime.combine(candidate.seen, dt.time(), dt.UTC)
        try:
            return midnight + dt.timedelta(days=1) + self.min_age
        except OverflowError:
            return dt.datetime.max.replace(tzinfo=dt.UTC)

    def choose(self, candidates: Iterable[Candidate]) -> tuple[Digest, ...]:
        """Return the digests that are old enough, the newest first."""
        ripe = [one.digest for one in candidates if self.ripens(one) <= self.now]
        return tuple(reversed(ripe))

    def is_ahead(self, candidate: Candidate) -> bool:
        """Return whether a candidate was seen on a day that is still to come: somebody's clock is wrong."""
        return candidate.seen > self.today

    def wait_of(self, key: str, candidate: Candidate) -> Waiting:
        """Return what people are told of a candidate."""
        return Waiting(key=key, digest=candidate.digest, seen=candidate.seen, until=self.ripens(candidate))


def observe(
    candidates: tuple[Candidate, ...], current: Digest, accepted: Digest | None, *, today: dt.date
) -> tuple[Candidate, ...]:
    """Return what waits once a tag was seen to mean `current`, oldest first and the current digest last.

    `accepted` is what counts so far. A tag that means an older digest again has withdrawn what came later, and one that
    moves several times a day has one candidate for it, so that one of them gets old enough.
    """
    if current == accepted:
        return ()
    others = [one for one in candidates if one.digest not in {current, accepted}]
    known = next((one for one in candidates if one.digest == current), None)
    if known is None:
        known = Candidate(digest=current, seen=today)
    return (*(one for one in others if one.seen < known.seen), known)


def gone(
    key: str, before: Iterable[Candidate], after: Iterable[Candidate], *, current: Digest, accepted: Digest | None
) -> tuple[Dropped, ...]:
    """Return which candidates `observe` let go, and why."""
    known = {one.digest for one in before}
    left = {one.digest for one in after}
    reason: Reason = "withdrawn" if current == accepted or current in known else "replaced"
    return tuple(
        Dropped(key=key, digest=one.digest, reason=reason)
        for one in before
        if one.digest not in left and one.digest != accepted
    )


def read_cooldown(flag: str | None, configured: int, *, accepts: Iterable[str], now: dt.datetime) -> Cooldown | None:
    """Return the cooldown that a flag (or its variable) asks for, else the configuration, in seconds; None for none.

    Raise `UsageError` for a flag that is no age.
    """
    reason = None if flag is None else refuse_min_age(flag)
    if reason is not None:
        message = f"--min-age: {flag!r} {reason}"
        raise UsageError(message, hint="write a number and h, d or w: 12h, 3d; 0 is none")
    seconds = configured if flag is None else read_age(flag)
    return Cooldown(min_age=dt.timedelta(seconds=seconds), now=now, accepts=tuple(accepts)) if seconds else None
