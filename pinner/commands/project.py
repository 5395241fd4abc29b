"""The project that a verb works on: its tree, its configuration and its lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.config import Config, parse_config
from pinner.context import Templates
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from pinner.text import Source
from pinner.workspace.root import find_root
from pinner.workspace.tree import Workspace
from pinner.workspace.writing import Edited, Rewrite

if TYPE_CHECKING:
    from pinner.plan import Plan
    from pinner.rewriting import Revision

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A tree with its configuration; `warn` takes messages for people."""

    workspace: Workspace
    config: Config
    warn: Warn

    def read_lock(self) -> LockFile:
        """Return the lock as it stands on the disk; raise `LockError` where it is wrong."""
        text = self.workspace.read_lock()
        lock = Lock.empty() if text is None else parse_lock(text, self.workspace.lock_path)
        for warning in lock.warnings:
            self.warn(warning)
        return LockFile(path=self.workspace.lock_path, text=text, lock=lock)

    def is_whole(self, paths: Sequence[Path]) -> bool:
        """Return whether these paths mean the whole tree: none, or its root among them."""
        return not paths or any(path.resolve() == self.workspace.root for path in paths)

    def write(self, plan: Plan, lock_file: LockFile) -> tuple[str, ...]:
        """Write what a plan decided, the lock first; return the paths that changed.

        Raise `SourceError`, with nothing written, where a file has changed meanwhile or cannot be written.
        """
        edited = (Edited(one.path, one.fingerprint, partial(_edit, one)) for one in plan.files)
        return self.workspace.write_all(chain(lock_file.rewrites(plan.lock), edited))

    def write_lock(self, plan: Plan, lock_file: LockFile) -> tuple[str, ...]:
        """Write the lock of a plan and no file; raise like `write`."""
        return self.workspace.write_all(lock_file.rewrites(plan.lock))


def _edit(revision: Revision, content: bytes) -> bytes:
    return revision.apply(Source.decode(revision.path, content)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """A lockfile: where it is, its text (None where there is none yet) and what it says."""

    path: str
    text: str | None
    lock: Lock

    def rewrites(self, lock: Lock) -> tuple[Rewrite, ...]:
        """Return the rewrite that puts another lock in its place, or nothing where it says the same."""
        return () if lock == self.lock else (self.rewritten(lock),)

    def rewritten(self, lock: Lock) -> Rewrite:
        """Return the rewrite that puts a lock in its normal form in its place."""
        from pinner.lock.rendering import render_lock  # noqa: PLC0415 - start-up: `check` writes none

        content = render_lock(lock).encode()
        return Rewrite(self.path, content, None if self.text is None else self.text.encode())


def open_project(
    paths: Sequence[Path] = (),
    *,
    config: Path | None = None,
    is_config_off: bool = False,
    lockfile: Path | None = None,
    templates: Templates | None = None,
    warn: Warn = lambda _: None,
) -> Project:
    """Find the project of `paths` (or of the current folder) and read its configuration; `templates` goes before it.

    Raise `UsageError` where the paths belong to several projects: each has a lock of its own.
    """
    existing = [_absolute(path) for path in paths if os.path.lexists(path)]
    roots = {find_root(path) for path in existing or [Path.cwd()]}
    root = min(roots, key=lambda one: len(one.parts))
    if not all(one.is_relative_to(root) for one in roots):
        message = f"the paths belong to several projects: {', '.join(sorted(map(str, roots)))}"
        raise UsageError(message, hint="run pinner once for each")
    workspace = Workspace(root, lockfile=lockfile, warn=warn)
    found = workspace.read_config(file=config, is_off=is_config_off)
    settings = Config() if found is None else parse_config(found.text, found.path, table=found.table)
    if templates is not None:
        settings = replace(settings, context=replace(settings.context, templates=templates))
    return Project(workspace=workspace, config=settings, warn=warn)


def _absolute(path: Path) -> Path:
    """Resolve the folders of a path; a file may be a link, and counts where the link is."""
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def stdin_source(content: bytes, name: str | None) -> Source:
    """Return standard input as a source; without a name it is taken for Kubernetes."""
    return Source.decode(name or "stdin.yaml", content)
