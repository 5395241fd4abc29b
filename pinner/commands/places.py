"""Where the files of a tree use the images of a review."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pinner.commands.project import Project
from pinner.commands.scanning import scan_each
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.policy.file_rules import is_readable
from pinner.policy.usage import tags_of
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
        for tagged in tags & {tag for lock in locks for tag in tags_of(occurrence.reference, lock)}:
            position = file.source.position(occurrence.span.start)
            places.append((tagged, Place(occurrence.path, position.line, position.column)))
    return _Use(tuple(places), is_readable=is_readable(file))
