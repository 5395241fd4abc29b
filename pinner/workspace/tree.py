"""The work tree as one value: what the verbs ask of the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from pinner.errors import SourceError, UsageError
from pinner.text import Source
from pinner.workspace.descent import Descent
from pinner.workspace.git import (
    find_commit,
    find_default_branch,
    find_git_folder,
    find_merge_base,
    read_blob,
    read_merge_base,
    read_merge_driver,
    read_named_blob,
    read_patches,
)
from pinner.workspace.listing import Listed, list_files, relative_inside
from pinner.workspace.reading import read_regular, read_unless_link
from pinner.workspace.root import LOCK_NAME, ConfigText, find_config, read_named_config
from pinner.workspace.turns import WAIT, take_turn
from pinner.workspace.writing import Edited, Rewrite, remove_leftovers, replace_all


def _ignore(_: str) -> None:
    """Take a message and say nothing."""


class Workspace:
    """The files below `root`, and the lockfile.

    Paths are POSIX and relative to the root. Only a lockfile that the user names may lie outside of it. `warn` is told
    what the listing could not do as well as it should.
    """

    def __init__(self, root: Path, *, lockfile: Path | None = None, warn: Callable[[str], None] = _ignore) -> None:
        self.root = root.resolve()
        self._warn = warn
        self._told: set[str] = set()
        self._leftovers: set[str] = set()
        self._named_lock = lockfile.parent.resolve() / lockfile.name if lockfile else None
        self._is_locked = False
        self._descent: Descent | None = None

    @property
    def lock_path(self) -> str:
        """The lockfile's path; absolute where it lies outside of the root."""
        named = self._named_lock
        if named is None:
            return LOCK_NAME
        return (named.relative_to(self.root) if named.is_relative_to(self.root) else named).as_posix()

    def list_files(
        self,
        paths: Sequence[Path] = (),
        *,
        accepts: Callable[[str], bool] = lambda _: True,
        rank: Callable[[str], int] = lambda _: 0,
    ) -> Iterator[Listed]:
        """Yield the files at `paths` (from the current folder), or of the whole tree, and what is not taken and why.

        Sorted by path, every file once, under that of its names which `rank` puts first. Raise `UsageError` for a path
        that is missing or outside the root.
        """
        return list_files(
            self.root,
            paths,
            accepts=accepts,
            rank=rank,
            warn=self._tell,
            on_leftover=self._leftovers.add,
        )

    def read_config(self, *, file: Path | None = None, is_off: bool = False) -> ConfigText | None:
        """Return the configuration's path, text and table: the one the user named, else the tree's (`--no-config`)."""
        if file is not None and is_off:
            message = "--config and --no-config exclude each other"
            raise UsageError(message)
        if is_off:
            return None
        return find_config(self.root) if file is None else read_named_config(file)

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raise `SourceError` where it cannot be read or a link leads out of the tree."""
        folder = None if self._descent is None else self._descent.reach(path)
        content = None if folder is None else read_unless_link(path.rpartition("/")[2], path, folder=folder)
        return read_regular(self._resolve(path), path) if content is None else content

    @contextmanager
    def descending(self) -> Iterator[None]:
        """Make it cheap to read many files in their order; a folder that is moved meanwhile is read where it went."""
        if self._descent is not None:
            yield
            return
        self._descent = Descent(self.root)
        try:
            yield
        finally:
            self._descent.close()
            self._descent = None

    def find_above(self, path: str, name: str) -> str | None:
        """Return the nearest folder around a file that holds another one called `name`, or None."""
        folders = PurePosixPath(path).parents
        return next((one.as_posix() for one in folders if (self.root / one / name).is_file()), None)

    def read_texts(self, folder: str, endings: tuple[str, ...], *, is_deep: bool = False) -> Iterator[Source]:
        """Yield the texts in a folder (and below) whose paths end so; what cannot be read is passed over."""
        start = self.root / folder
        for one in sorted(start.rglob("*") if is_deep else start.glob("*")):
            path = one.relative_to(self.root).as_posix()
            if f"/{path}".endswith(endings) and one.is_file():
                with suppress(SourceError):
                    yield Source.decode(path, self.read(path))

    def real_path(self, path: str) -> str:
        """Return the path of the file behind `path`, links followed; absolute where that lies outside of the root."""
        target = Path(os.path.realpath(self.root / path))
        return relative_inside(self.root, target) or target.as_posix()

    def read_lock(self) -> str | None:
        """Return the lockfile's text, or None where there is none; raise `SourceError` for what is not UTF-8."""
        target = self._resolve(self.lock_path)
        if not os.path.lexists(target):
            return None
        return Source.decode(self.lock_path, read_regular(target, self.lock_path)).text

    def read_revision(self, revision: str, path: str | None = None) -> bytes | None:
        """Return a file (the lockfile) as it was in a git revision, or None where it was not there.

        Raise `UsageError` for an unknown revision.
        """
        return read_blob(self.root, revision, self._from_root(path or self.lock_path))

    def read_named_blob(self, name: str) -> bytes | None:
        """Return the file that git knows by a name like `main:old/pinner.lock`, or None; raise like `read_revision`."""
        return read_named_blob(self.root, name)

    def find_commit(self, revision: str) -> str | None:
        """Return the commit that a git revision means, or None; raise `UsageError` where git cannot say."""
        return find_commit(self.root, revision)

    def find_merge_base(self, first: str, second: str) -> str:
        """Return the commit that two git revisions have in common; raise `UsageError` where there is none."""
        return find_merge_base(self.root, first, second)

    def find_default_branch(self) -> str | None:
        """Return the branch that work is merged into, `HEAD` where it is the current one, None where none is known."""
        return find_default_branch(self.root)

    def read_merge_base(self) -> bytes | None:
        """Return the lockfile from before the two sides of an unfinished merge, or None where git does not know."""
        has_git = find_git_folder(self.root) is not None
        return read_merge_base(self.root, self._from_root(self.lock_path)) if has_git else None

    def read_lock_patches(self, mark: str) -> str:
        """Return what commits did to the lockfile, each behind `mark` and its name; empty where there is no git."""
        has_git = find_git_folder(self.root) is not None
        return read_patches(self.root, self._from_root(self.lock_path), mark) if has_git else ""

    def read_merge_driver(self) -> str | None:
        """Return the merge driver that git has for the lockfile, by all of its attributes; None where there is no git.

        It is `unspecified` where none is named.
        """
        has_git = find_git_folder(self.root) is not None
        return read_merge_driver(self.root, self._from_root(self.lock_path)) if has_git else None

    def write(self, path: str, content: bytes) -> bool:
        """Replace one file, or make it; return whether its bytes are others now."""
        current = self.read(path) if os.path.lexists(self._resolve(path)) else None
        return bool(self.write_all([Rewrite(path, content, current)]))

    def write_all(self, rewrites: Iterable[Rewrite | Edited]) -> tuple[str, ...]:
        """Replace files, the lockfile first; return the paths of those whose bytes changed.

        Everything is staged before the first is replaced. Raise `SourceError` where one cannot be written, or holds
        other bytes than expected; then nothing is.
        """
        shared: set[str] = set()
        written = replace_all(self._find_targets(rewrites, shared.add), first=self.lock_path)
        for path in written:
            if path in shared:
                self._tell(f"{path} is hard-linked; its other names keep the old text")
        return written

    def _find_targets(
        self, rewrites: Iterable[Rewrite | Edited], on_shared: Callable[[str], None]
    ) -> Iterator[tuple[Rewrite | Edited, Path]]:
        """Yield what changes with the file behind its path, in a folder without leftovers of a run that was killed.

        Refuse two contents for one file, whose names a link may hide.
        """
        paths: dict[Path, str] = {}
        cleaned: set[Path] = set()
        if self._is_locked:
            # Beside the lock even where nothing is written: the killed run may have come as far as its last step.
            cleaned = {self._resolve(self.lock_path).parent, *((self.root / path).parent for path in self._leftovers)}
            remove_leftovers(cleaned)
        for one in rewrites:
            if one.is_idle:
                continue
            target = self._resolve(one.path)
            if target in paths:
                message = f"{paths[target]} and {one.path} are one file, which cannot get two contents"
                raise SourceError(message, hint="exclude one of them")
            paths[target] = one.path
            if self._is_locked and target.parent not in cleaned:
                # Before the first content is staged there.
                cleaned.add(target.parent)
                remove_leftovers((target.parent,))
            if _is_hard_linked(target):
                on_shared(one.path)
            yield one, target

    @contextmanager
    def locked(self, *, seconds: float = WAIT, on_wait: Callable[[str], None] = _ignore) -> Iterator[None]:
        """Let one run at a time write in this tree; raise `UsageError` when another is not done after `seconds`."""
        if self._is_locked:
            yield
            return
        with take_turn(self.root, seconds=seconds, on_wait=on_wait) as is_held:
            self._is_locked = is_held
            if not is_held:
                self._warn("no place for a lock: another run of pinner at the same time is not noticed")
            try:
                yield
            finally:
                self._is_locked = False

    def _from_root(self, path: str) -> str:
        return os.path.relpath(self.root / path, self.root)

    def _tell(self, message: str) -> None:
        """Warn once of each thing."""
        if message not in self._told:
            self._told.add(message)
            self._warn(message)

    def _resolve(self, path: str) -> Path:
        """Return the absolute path of the file behind `path`, links followed; raise `SourceError` where it leaves."""
        if self._named_lock is not None and path == self.lock_path:
            return Path(os.path.realpath(self._named_lock))
        target = Path(os.path.realpath(self.root / path))
        if relative_inside(self.root, target) is None:
            message = f"{path}: leads out of the work tree"
            raise SourceError(message, hint="replace the link by the file, or exclude it")
        return target


def _is_hard_linked(target: Path) -> bool:
    try:
        return os.lstat(target).st_nlink > 1
    except OSError:  # a new file, or staging says it better
        return False
