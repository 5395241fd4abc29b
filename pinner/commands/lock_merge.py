"""`lock merge` and `lock resolve`: two branches of one lockfile, as git's merge driver and after a merge without it."""

from __future__ import annotations

from pathlib import Path

from pinner.commands.project import Project
from pinner.errors import LockError, PinnerError, UsageError
from pinner.frozen import dataclass
from pinner.lock.conflicts import find_conflict, split_sides
from pinner.lock.merging import Clash, MergedLock, Side, agreed, merge_locks
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

    `name` is what messages call the lockfile. Raise an error where one cannot be read: git then keeps what `ours`
    holds, so that both sides are put there between markers, and neither is lost in silence.
    (gitattributes, "Defining a custom merge driver")
    """
    versions = {side: read_regular(path, name) for side, path in (("base", base), ("ours", ours), ("theirs", theirs))}
    try:
        merged = merge_locks(
            _read_ancestor(versions["base"], f"{name} (base)"),
            *(_read(versions[side], f"{name} ({side})") for side in ("ours", "theirs")),
        )
    except PinnerError:
        ours.write_bytes(_set_against(versions["ours"], versions["theirs"]))
        raise
    # git's own scratch file, which no other program reads; its path may be anywhere.
    ours.write_bytes(render_merged(merged).encode())
    return merged.clashes


def _read(content: bytes, name: str) -> Lock:
    """Read one side; git gives an empty file where a side has none."""
    text = Source.decode(name, content).text
    return parse_lock(text, name) if text.strip() else Lock.empty()


def _read_ancestor(content: bytes, name: str) -> Lock:
    """Read what both sides come from; where git merged several ancestors first, our markers may stand in it.

    What those disagree on has no ancestor: then nothing is taken for removed, and two digests are a conflict.
    """
    text = Source.decode(name, content).text
    if find_conflict(text) is None:
        return _read(content, name)
    sides = split_sides(text, name)
    return agreed(parse_lock(sides.ours, name), parse_lock(sides.theirs, name))


def _set_against(ours: bytes, theirs: bytes) -> bytes:
    """Return two files as one conflict."""
    upper, lower = (side if side.endswith(b"\n") or not side else side + b"\n" for side in (ours, theirs))
    return b"".join((b"<<<<<<< ours\n", upper, b"=======\n", lower, b">>>>>>> theirs\n"))


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
    try:
        return parse_lock(written or "", name) if content is None else _read_ancestor(content, name)
    except LockError:
        return Lock.empty()
