"""What is to be done, decided in full before anything is written.

Occurrences, a lock and resolutions in; edits, a new lock and failures out. A failure never hides another image, and
never removes or moves a digest that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pinner.cooldown import Dropped, Waiting
from pinner.errors import PinnerError
from pinner.formats.base import LeftAlone, Occurrence, ScannedFile, left_alone_in
from pinner.frozen import dataclass
from pinner.lock.comparison import LockDifference, compare
from pinner.lock.model import Lock
from pinner.oci.reference import Reference
from pinner.packed import Packed
from pinner.relevance import Unchanged
from pinner.resolution import Unresolved
from pinner.rewriting import Failure, Revision, Wish, rewrite


@dataclass(frozen=True, slots=True)
class Doubt:
    """The places that are left alone because nobody knows what they mean, and how that is said of a reference."""

    covers: Callable[[ScannedFile, Occurrence], bool]
    explain: Callable[[Reference], PinnerError]


def _await_nothing(_: Occurrence) -> None:
    """Need no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a verb wants of every place, as far as it is known what the tags mean.

    `awaits` is the key that a place needs, where it needs one: perhaps one of the `unresolved`.
    """

    old_lock: Lock
    lock: Lock
    wish: Wish
    unresolved: Mapping[str, Unresolved]
    awaits: Callable[[Occurrence], str | None] = _await_nothing
    doubt: Doubt | None = None
    waiting: tuple[Waiting, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an aim makes of one file: places as `path:line:column`, and of its text only what becomes another one."""

    revision: Revision | None
    left_alone: tuple[LeftAlone, ...]
    refused: tuple[Failure, ...]
    awaiting: tuple[tuple[str, str], ...]
    unclear: tuple[tuple[Reference, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Files to rewrite, what is left alone, the lock before and after, and what could not be done.

    `waiting` is what is not old enough, `dropped` what waits no longer without being accepted, `unchanged` what moved
    without touching a platform that is run here.
    """

    files: Packed[Revision]
    left_alone: Packed[LeftAlone]
    old_lock: Lock
    lock: Lock
    failures: tuple[Failure, ...]
    waiting: tuple[Waiting, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()

    @property
    def difference(self) -> LockDifference:
        """What the lock gains, loses and moves."""
        return compare(self.old_lock, self.lock)


def decide(file: ScannedFile, aim: Aim) -> Decision:
    """Return what becomes of one file."""
    revision, refused = rewrite(file, aim.wish)
    place, occurrences = file.source.place, file.occurrences
    awaited = ((aim.awaits(one) or "", one) for one in occurrences)
    return Decision(
        revision=revision,
        left_alone=tuple(left_alone_in(file)),
        refused=refused,
        awaiting=tuple((key, place(one.span.start)) for key, one in awaited if key in aim.unresolved),
        unclear=tuple((one.reference, place(one.span.start)) for one in occurrences if _is_unclear(file, one, aim)),
    )


def _is_unclear(file: ScannedFile, occurrence: Occurrence, aim: Aim) -> bool:
    return aim.doubt is not None and aim.doubt.covers(file, occurrence)


def gather(decisions: Iterable[Decision], aim: Aim) -> Plan:
    """Return the plan that the decisions on all files make."""
    files: Packed[Revision] = Packed()
    left_alone: Packed[LeftAlone] = Packed()
    refused: list[Failure] = []
    awaiting: dict[str, dict[str, None]] = {key: {} for key in aim.unresolved}
    unclear: dict[Reference, dict[str, None]] = {}
    for one in decisions:
        if one.revision is not None:
            files.append(one.revision)
        for skipped in one.left_alone:
            left_alone.append(skipped)
        refused += one.refused
        for key, place in one.awaiting:
            awaiting[key][place] = None
        for reference, place in one.unclear:
            unclear.setdefault(reference, {})[place] = None
    failures = [Failure(image=key, places=tuple(awaiting[key]), error=one.error) for key, one in aim.unresolved.items()]
    if aim.doubt is not None:
        explain = aim.doubt.explain
        failures += (
            Failure(image=one.written, places=tuple(places), error=explain(one)) for one, places in unclear.items()
        )
    failures += refused
    return Plan(
        files=files,
        left_alone=left_alone,
        old_lock=aim.old_lock,
        lock=aim.lock,
        failures=tuple(failures),
        waiting=aim.waiting,
        dropped=aim.dropped,
        unchanged=aim.unchanged,
    )
