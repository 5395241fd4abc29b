"""`lock fmt`, and what the upkeep of an existing lockfile has in common."""

from __future__ import annotations

from contextlib import nullcontext

from pinner.commands.project import LockFile, Project
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.lock.rendering import render_lock
from pinner.patch import unified_diff


@dataclass(frozen=True, slots=True)
class Formatted:
    """What the normal form changes, as a patch; empty where nothing."""

    patch: str

    @property
    def would_change(self) -> bool:
        """Whether the lockfile is in another form."""
        return bool(self.patch)


def format_lock(project: Project, *, writes: bool = True) -> Formatted:
    """Write the lockfile in its normal form; raise `UsageError` where there is none."""
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        lock_file = existing_lock(project)
        return Formatted(put_lock(project, lock_file, lock_file.lock, writes=writes))


def existing_lock(project: Project) -> LockFile:
    """Read the lockfile; raise `UsageError` where there is none."""
    lock_file = project.read_lock()
    if lock_file.text is None:
        message = f"{lock_file.path} does not exist"
        raise UsageError(message, hint="run `pinner pin` to make it")
    return lock_file


def put_lock(project: Project, lock_file: LockFile, lock: Lock, *, writes: bool) -> str:
    """Write a lock in its normal form, and return what that changes as a patch."""
    if writes:
        project.workspace.write_all([lock_file.rewritten(lock)])
    return unified_diff(project.workspace.real_path(lock_file.path), lock_file.text, render_lock(lock))
