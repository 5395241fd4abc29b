"""`unpin`: give the files the form back that they had before they were pinned, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from pinner.aims import aim_to_unpin
from pinner.commands.deciding import Outcome, decide_all
from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import Scan, TextScan, TreeScan
from pinner.plan import Plan
from pinner.text import Source


def unpin_tree(project: Project, paths: Sequence[Path], *, writes: bool = True) -> Outcome:
    """Unpin the files at `paths`, or of the whole tree; without `writes` only decide. The lock stays."""
    return _unpin(project, partial(TreeScan, project, paths), project.write if writes else None)


def unpin_text(project: Project, source: Source) -> Outcome:
    """Unpin a text that is no file."""
    return replace(_unpin(project, partial(TextScan, source, project.config), None), text=source)


def _unpin(
    project: Project,
    open_scan: Callable[[], Scan],
    write: Callable[[Plan, LockFile], tuple[str, ...]] | None,
) -> Outcome:
    with project.workspace.locked(on_wait=project.warn) if write else nullcontext():
        lock_file = project.read_lock()
        aim = aim_to_unpin(lock_file.lock)
        outcome = decide_all(open_scan(), lock_file, aim, ask=lambda _: (), settle=lambda _: (aim, frozenset()))
        return replace(outcome, written=write(outcome.plan, lock_file)) if write else outcome
