"""`diff`: what changed between two lockfiles."""

from __future__ import annotations

from collections.abc import Callable

from pinner.commands.project import Project
from pinner.commands.revisions import read_sides
from pinner.lock.comparison import LockDifference, compare


def diff_locks(
    project: Project,
    old: str | None = None,
    new: str | None = None,
    *,
    read_stdin: Callable[[], bytes] = lambda: b"",
) -> LockDifference:
    """Compare two lockfiles; raise like `read_sides`."""
    before, after = read_sides(project, old, new, read_stdin=read_stdin)
    return compare(before.lock, after.lock)
