"""`diff`: what changed between two lockfiles, each a file or a git revision."""

from __future__ import annotations

from pathlib import Path

from pinner.commands.project import Project
from pinner.errors import UsageError
from pinner.lock.comparison import LockDifference, compare
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from pinner.text import Source
from pinner.workspace.git import find_git_folder


def diff_locks(project: Project, old: str | None = None, new: str | None = None) -> LockDifference:
    """Compare `old` (a path or a revision; HEAD) with `new` (a path or a revision; the working tree).

    `A..B` names two revisions at once. Raise `UsageError` for what is neither a file nor a revision.
    """
    if old is not None and new is None and _is_range(old):
        old, _, new = old.partition("..")
        if new.startswith("."):
            message = "three dots are not supported"
            raise UsageError(message, hint=f"name both revisions: pinner diff {old} {new[1:] or 'HEAD'}")
        new = new or "HEAD"
    before = _read(project, old) if old else _read_head(project)
    after = project.read_lock().lock if new is None else _read(project, new)
    return compare(before, after)


def _is_range(name: str) -> bool:
    """Return whether a name is `A..B`; two dots are also how a path goes up."""
    return ".." in name and not Path(name).exists() and ".." not in Path(name).parts


def _read_head(project: Project) -> Lock:
    """Read the last commit's lockfile; before the first commit there is none."""
    try:
        return _read_revision(project, "HEAD")
    except UsageError:
        if find_git_folder(project.workspace.root) is None:
            raise
        return Lock.empty()


def _read(project: Project, name: str) -> Lock:
    """Read a lockfile by its path or by a revision; one that a revision does not have is empty."""
    path = Path(name)
    if path.is_file():
        return parse_lock(Source.decode(name, path.read_bytes()).text, name)
    return _read_revision(project, name)


def _read_revision(project: Project, name: str) -> Lock:
    content = project.workspace.read_revision(name)
    if content is None:
        return Lock.empty()
    label = f"{name}:{project.workspace.lock_path}"
    return parse_lock(Source.decode(label, content).text, label)
