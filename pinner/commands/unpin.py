"""`unpin`: give the files the form back that they had before they were pinned, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from pinner.commands.pin import Outcome, mistakes_after
from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import scan_source, scan_tree
from pinner.formats.base import ScannedFile
from pinner.plan import Plan, plan_unpin
from pinner.text import Source


def unpin_tree(project: Project, paths: Sequence[Path], *, writes: bool = True) -> Outcome:
    """Unpin the files at `paths`, or of the whole tree; without `writes` only decide. The lock stays."""
    return _unpin(project, lambda: scan_tree(project, paths), project.write if writes else None)


def unpin_text(project: Project, source: Source) -> Outcome:
    """Unpin a text that is no file."""
    return _unpin(project, lambda: (scan_source(source, project.config),), None)


def _unpin(
    project: Project,
    scan: Callable[[], tuple[ScannedFile, ...]],
    write: Callable[[Plan, LockFile], tuple[str, ...]] | None,
) -> Outcome:
    with project.workspace.locked(on_wait=project.warn) if write else nullcontext():
        lock_file = project.read_lock()
        files = scan()
        plan = plan_unpin(files, lock_file.lock)
        written = write(plan, lock_file) if write else ()
        mistakes = mistakes_after(files, plan, lock_file)
        return Outcome(files=files, lock_file=lock_file, plan=plan, mistakes=mistakes, written=written)
