"""`lock merge` and `lock resolve`: two branches of one lockfile, as git's merge driver and after a merge without it."""

from __future__ import annotations

from pathlib import Path

from pinner.commands.project import Project
from pinner.errors import LockError, UsageError
from pinner.frozen import dataclass
from pinner.lock.conflicts import find_conflict, split_sides
from pinner.lock.merging import Clash, MergedLock, Side, merge_locks
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_merged
from pinner.text import Source
from pinner.workspace.reading import read_regular
from pinner.workspace.writing import Rewrite


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedLock:
    """What became of a lockfile: whether there was anything to solve, and what is still in conflict."""

    had_conflicts: bool
    clashes: tuple[Clash, ...] = ()


def merge_files(base: Path, ours: Path, theirs: Path, *, name: str) -> tuple[Clash, ...]:
    """Merge three lockfiles into the file `ours`, and return what clashes; that stands there between markers.

    `name` is what messages call the lockfile. Raise `LockError`, with nothing written, where one cannot be read.
    (gitattributes, "Defining a custom merge driver")
    """
    locks = [_read(path, f"{name} ({side})") for path, side in ((base, "base"), (ours, "ours"), (theirs, "theirs"))]
    merged = merge_locks(*locks)
    # git's own scratch file, which no other program reads; its path may be anywhere.
    ours.write_bytes(render_merged(merged).encode())
    return merged.clashes


def _read(path: Path, name: str) -> Lock:
    """Read one side; git gives an empty file where a side has none."""
    text = Source.decode(name, read_regular(path, name)).text
    return parse_lock(text, name) if text.strip() else Lock.empty()


def resolve_lock(project: Project, *, side: Side | None = None) -> ResolvedLock:
    """Solve what can be solved in a lockfile with conflict markers; `side` decides the rest, which else stays.

    Without a base, in the markers or from git, nobody knows what a side removed: every entry stays.
    """
    with project.workspace.locked(on_wait=project.warn):
        text = project.workspace.read_lock()
        path = project.workspace.lock_path
        if text is None:
            message = f"{path} does not exist"
            raise UsageError(message, hint="take it from one of the branches, or run `pinner pin` to make it")
        if find_conflict(text) is None:
            project.read_lock()
            return ResolvedLock(had_conflicts=False)
        merged = _merge_sides(project, text, path)
        if side is not None:
            merged = merged.taking(side)
        project.workspace.write_all([Rewrite(path, render_merged(merged).encode(), text.encode())])
        return ResolvedLock(had_conflicts=True, clashes=merged.clashes)


def _merge_sides(project: Project, text: str, path: str) -> MergedLock:
    sides = split_sides(text, path)
    ours, theirs = (
        parse_lock(side, f"{path} ({name})") for side, name in ((sides.ours, "ours"), (sides.theirs, "theirs"))
    )
    return merge_locks(_find_base(project, sides.base, path), ours, theirs)


def _find_base(project: Project, written: str | None, path: str) -> Lock:
    """Return the lock before both sides: git's own where it has one, else what the markers tell.

    With `merge.conflictStyle=zdiff3`, what both sides share is taken out of the markers, and the base in them may be no
    lock any more; without a base no entry is lost, and more is asked.
    """
    content = project.workspace.read_merge_base()
    name = f"{path} (base)"
    text = written or "" if content is None else Source.decode(name, content).text
    try:
        return parse_lock(text, name)
    except LockError:
        return Lock.empty()
