"""`lock`: upkeep of the lockfile."""

from __future__ import annotations

from contextlib import nullcontext

from pinner.commands.project import Project
from pinner.errors import UsageError
from pinner.frozen import dataclass
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
        lock_file = project.read_lock()
        if lock_file.text is None:
            message = f"{lock_file.path} does not exist"
            raise UsageError(message, hint="run `pinner pin` to make it")
        after = render_lock(lock_file.lock)
        if writes:
            project.workspace.write_all([lock_file.rewritten(lock_file.lock)])
        return Formatted(unified_diff(project.workspace.real_path(lock_file.path), lock_file.text, after))
