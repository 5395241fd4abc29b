"""`pin`: add digests where there are none. What is recorded, in a file or in the lock, never moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from pinner.commands.network import OpenResolver, describe_all
from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import scan_source, scan_tree
from pinner.commands.screening import Screen
from pinner.context import Family
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.oci.platform import Platform
from pinner.plan import Plan, missing_from_lock, plan_pins
from pinner.policy.base import Facts
from pinner.policy.findings import Finding
from pinner.policy.rules import find_mistakes
from pinner.text import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verb that writes has decided and done.

    `mistakes` are the places that pinning cannot mend; `written` the paths that have other bytes now.
    """

    files: tuple[ScannedFile, ...]
    lock_file: LockFile
    plan: Plan
    mistakes: tuple[Finding, ...]
    written: tuple[str, ...] = ()

    @property
    def would_change(self) -> bool:
        """Whether the plan changes any byte."""
        return bool(self.plan.files) or self.plan.lock != self.lock_file.lock


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
    return _pin(project, lambda: scan_tree(project, paths), write, open_resolver=open_resolver, platform=platform)


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
    return _pin(
        project,
        lambda: (scan_source(source, project.config),),
        write,
        open_resolver=open_resolver,
        platform=platform,
    )


def _pin(
    project: Project,
    scan: Callable[[], tuple[ScannedFile, ...]],
    write: Callable[[Plan, LockFile], tuple[str, ...]] | None,
    *,
    open_resolver: OpenResolver,
    platform: Platform | None,
) -> Outcome:
    """Read, look up, decide and then write, as one turn of this run in the tree; without `write` only decide."""
    with project.workspace.locked(on_wait=project.warn) if write else nullcontext():
        lock_file = project.read_lock()
        files = scan()
        missing = missing_from_lock(files, lock_file.lock, platform)
        screen = Screen(open_resolver, lock=lock_file.lock, config=project.config, warn=project.warn)
        plan = plan_pins(files, lock_file.lock, describe_all(screen.open_resolver, missing, platform), platform)
        written = write(plan, lock_file) if write else ()
        mistakes = mistakes_after(files, plan, lock_file)
        return Outcome(files=files, lock_file=lock_file, plan=plan, mistakes=mistakes, written=written)


def mistakes_after(files: tuple[ScannedFile, ...], plan: Plan, lock_file: LockFile) -> tuple[Finding, ...]:
    """Return what is wrong in the files as the plan leaves them."""
    after = {change.before.path: change.after for change in plan.files}
    # Each once: names are followed through all its files, and known by the identity of the family.
    renewed = {one: one.with_texts(after) for one in {family for file in files for family in file.context.families}}
    settled = tuple(
        _scanned_again(file, after[file.source.path], renewed) if file.source.path in after else file for file in files
    )
    return find_mistakes(
        Facts(files=settled, lock=plan.lock, lock_path=lock_file.path, lock_lines={}, is_whole_tree=False)
    )


def _scanned_again(file: ScannedFile, after: Source, renewed: Mapping[Family, Family]) -> ScannedFile:
    assert file.format is not None, "only a file of a format is changed"
    context = replace(file.context, families=tuple(renewed[one] for one in file.context.families))
    return replace(file, source=after, found=file.format.find(after, context))
