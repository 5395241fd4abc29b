"""`diff`: what changed between two lockfiles, for people who review it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pinner.commands.project import Project
from pinner.commands.revisions import LockSide, read_sides
from pinner.review.changes import Review, Side, begin_review

if TYPE_CHECKING:
    from pinner.commands.evidence import OpenReader


def review_locks(
    project: Project,
    old: str | None = None,
    new: str | None = None,
    *,
    read_stdin: Callable[[], bytes] = lambda: b"",
    has_places: bool = False,
    jobs: int | None = None,
) -> Review:
    """Compare two lockfiles; where the second one is that of the working tree, its places can be looked for.

    Raise like `read_sides` and `find_places`.
    """
    before, after = read_sides(project, old, new, read_stdin=read_stdin)
    review = begin_review(before.lock, after.lock, names=(_named(before), _named(after)))
    if not has_places or not after.is_working_tree:
        return review
    tags = {one.pin.tagged for one in review.images}
    if not tags:
        return review.with_places({})
    from pinner.commands.places import find_places  # noqa: PLC0415 - start-up: an unchanged lock needs no file

    found = find_places(project, tags, (before.lock, after.lock), jobs=jobs)
    if found.unreadable:
        project.warn(f"what these files use cannot be read: {', '.join(found.unreadable)}; see `pinner check`")
    return review.with_places(found.places)


def explain_moves(project: Project, review: Review, open_reader: OpenReader) -> Review:
    """Return the review with why its digests moved, on the platforms that the project says are run."""
    from pinner.commands.evidence import gather_evidence  # noqa: PLC0415 - start-up: most reviews ask nobody

    moves = [(one.old, one.new) for one in review.images if one.old is not None and one.new is not None]
    return review.with_evidence(gather_evidence(moves, open_reader, platforms=project.config.platforms))


def _named(side: LockSide) -> Side:
    return Side(side.name, side.commit)
