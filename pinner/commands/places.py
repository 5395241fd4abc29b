"""Where the files of a tree use the images of a review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from pinner.commands.project import Project
from pinner.commands.scanning import scan_each
from pinner.formats.base import ScannedFile, Skipped
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.oci.reference import Reference
from pinner.policy.file_rules import is_unreadable
from pinner.review.changes import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlaces:
    """The places of each tag that was looked for, and the files that cannot be read, so that there may be more."""

    places: Mapping[str, tuple[Place, ...]]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Use:
    """Which of the tags a file uses where, and whether all of the file could be read."""

    places: tuple[tuple[str, Place], ...]
    is_readable: bool


def find_places(
    project: Project, tags: AbstractSet[str], locks: tuple[Lock, Lock], *, jobs: int | None = None
) -> FoundPlaces:
    """Return where the files of the tree use `tags`, written as `registry/repository:tag`; raise like `scan_each`.

    A digest without a tag is a use of the tags that have it in one of the two `locks`.
    """
    found: dict[str, list[Place]] = {tagged: [] for tagged in tags}
    unreadable = []
    for one in scan_each(project, judge=lambda file: _use_of(file, tags, locks), jobs=jobs):
        for tagged, place in one.verdict.places:
            found[tagged].append(place)
        if not one.verdict.is_readable:
            unreadable.append(one.path)
    places = {tagged: tuple(sorted(set(some))) for tagged, some in found.items()}
    return FoundPlaces(places=places, unreadable=tuple(sorted(unreadable)))


def _use_of(file: ScannedFile, tags: AbstractSet[str], locks: tuple[Lock, Lock]) -> _Use:
    places = []
    for occurrence in file.occurrences:
        for tagged in tags & set(_tags_of(occurrence.reference, locks)):
            position = file.source.position(occurrence.span.start)
            places.append((tagged, Place(occurrence.path, position.line, position.column)))
    skipped = (one for one in file.found if isinstance(one, Skipped))
    return _Use(tuple(places), is_readable=not any(map(is_unreadable, skipped)))


def _tags_of(reference: Reference, locks: tuple[Lock, Lock]) -> Iterator[str]:
    if not reference.is_digest_only or reference.digest is None:
        yield reference.tagged
        return
    for lock in locks:
        yield from (pin.tagged for pin in lock.for_digest(reference.name, reference.digest))
