"""`lock prune`: the entries that no file uses go."""

from __future__ import annotations

from contextlib import nullcontext

from pinner.commands.lock import existing_lock, put_lock
from pinner.commands.project import Project
from pinner.commands.scanning import scan_each
from pinner.errors import UsageError
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.policy.file_rules import is_readable
from pinner.policy.usage import keys_used


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """The keys of entries that no file uses, and what goes with them, as a patch."""

    keys: tuple[str, ...]
    patch: str


@dataclass(frozen=True, slots=True)
class _Use:
    """The entries that a file uses, and whether all of the file could be read."""

    keys: frozenset[str]
    is_readable: bool


def prune_lock(project: Project, *, writes: bool = True) -> Pruned:
    """Remove the entries that no file of the tree uses, and what waits for them.

    Raise `UsageError` where a file cannot be read: nobody knows what such a file uses, and a pin that is lost would be
    looked up anew.
    """
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        lock_file = existing_lock(project)
        lock = lock_file.lock
        used: set[str] = set()
        closed: list[str] = []
        for one in scan_each(project, judge=lambda file: _use_of(file, lock)):
            used |= one.verdict.keys
            closed += () if one.verdict.is_readable else (one.path,)
        if closed:
            message = f"what these files use cannot be read: {', '.join(sorted(closed))}"
            raise UsageError(message, hint="mend or exclude them; `pinner check` says what is wrong")
        keys = tuple(key for key in sorted({**lock.pins, **lock.pending}) if key not in used)
        if not keys:
            return Pruned(keys=(), patch="")
        return Pruned(keys=keys, patch=put_lock(project, lock_file, lock.without(*keys), writes=writes))


def _use_of(file: ScannedFile, lock: Lock) -> _Use:
    return _Use(keys_used((file,), lock), is_readable=is_readable(file))
