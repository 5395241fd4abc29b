"""`pin`: add digests where there are none. What is recorded, in a file or in the lock, never moves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from pinner.aims import aim_to_pin, missing_from_lock
from pinner.commands.deciding import HELD, Outcome, decide_all
from pinner.commands.network import OpenResolver, describe_all
from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import Scan, TextScan, TreeScan
from pinner.commands.screening import Screen
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.plan import Aim, Plan
from pinner.text import Source


def pin_tree(
    project: Project,
    paths: Sequence[Path],
    *,
    open_resolver: OpenResolver,
    platform: Platform | None = None,
    writes: bool = True,
) -> Outcome:
    """Pin the files at `paths`, or of the whole tree; without `writes` only decide."""
    write = project.write if writes else None
    scan = partial(TreeScan, project, paths, held=HELD)
    return _pin(project, scan, write, open_resolver=open_resolver, platform=platform)


def pin_text(
    project: Project,
    source: Source,
    *,
    open_resolver: OpenResolver,
    platform: Platform | None = None,
    writes: bool = True,
) -> Outcome:
    """Pin a text that is no file; new facts still go into the lock."""
    write = project.write_lock if writes else None
    scan = partial(TextScan, source, project.config)
    return replace(_pin(project, scan, write, open_resolver=open_resolver, platform=platform), text=source)


def _pin(
    project: Project,
    open_scan: Callable[[], Scan],
    write: Callable[[Plan, LockFile], tuple[str, ...]] | None,
    *,
    open_resolver: OpenResolver,
    platform: Platform | None,
) -> Outcome:
    """Read, look up, decide and then write, as one turn of this run in the tree; without `write` only decide."""
    with project.workspace.locked(on_wait=project.warn) if write else nullcontext():
        lock_file = project.read_lock()
        lock = lock_file.lock
        screen = Screen(open_resolver, lock=lock, config=project.config, warn=project.warn)

        ask = partial(missing_from_lock, lock=lock, platform=platform)

        def settle(references: Collection[Reference]) -> tuple[Aim, AbstractSet[str]]:
            missing = ask(references)
            resolutions = describe_all(screen.open_resolver, missing, platform)
            return aim_to_pin(lock, resolutions, platform), {one.name for one in missing}

        outcome = decide_all(open_scan(), lock_file, aim_to_pin(lock, (), platform), ask=ask, settle=settle)
        return replace(outcome, written=write(outcome.plan, lock_file)) if write else outcome
