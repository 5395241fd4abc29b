"""The two lockfiles that are compared, each by its path, by a git revision, from standard input or of the tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pinner.commands.project import Project
from pinner.errors import LockError, UsageError
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from pinner.text import Source
from pinner.workspace.git import find_git_folder
from pinner.workspace.reading import read_regular

STDIN: Final = "-"
_WORKING_TREE: Final = "the working tree"
_HEAD: Final = "HEAD"
_NEWER: Final = "needs a newer pinner"
_OTHER: Final = "a commit stays as it is: name another revision, or a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSide:
    """A lockfile that is compared: what it is called, and the commit that it is from, where there is one.

    `is_working_tree` says that it stands on the disk now, beside the files that use it.
    """

    name: str
    lock: Lock
    commit: str | None = None
    is_working_tree: bool = False


def read_sides(
    project: Project,
    old: str | None = None,
    new: str | None = None,
    *,
    read_stdin: Callable[[], bytes] = lambda: b"",
) -> tuple[LockSide, LockSide]:
    """Return the two lockfiles: paths, revisions, files of revisions (`main:old.lock`), or `-` for standard input.

    `A..B` names two revisions, `A...B` the best common ancestor of both and B; what is left out is HEAD. Without `new`
    it is the working tree, and without both its best common ancestor with the default branch. Raise `UsageError` for
    what is none of these.
    """
    if old == new == STDIN:
        raise UsageError("standard input can be one side only", hint="name a file or a revision for the other one")
    read = _Reader(project, read_stdin)
    if old is not None and _is_range(old):
        if new is not None:
            message = f"{old!r} names both sides"
            raise UsageError(message, hint=f"leave {new!r} out")
        first, dots, second = old.partition("..." if "..." in old else "..")
        first, second = first or _HEAD, second or _HEAD
        before = read.merge_base(first, second) if dots == "..." else read.revision(first)
        return before, read.revision(second)
    before = read.default() if old is None else read.named(old)
    return before, read.working_tree() if new is None else read.named(new)


def is_of_working_tree(old: str | None, new: str | None) -> bool:
    """Return whether the second side of what a user named is the working tree."""
    return new is None and (old is None or not _is_range(old))


def _is_range(name: str) -> bool:
    """Return whether a name is `A..B` or `A...B`; two dots are also how a path goes up."""
    # A Path raises where a name is too long.
    return ".." in name and not os.path.exists(name) and ".." not in name.split("/")  # noqa: PTH110 - see above


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one side after the other."""

    project: Project
    read_stdin: Callable[[], bytes]

    def named(self, name: str) -> LockSide:
        """Read what a user named."""
        if name == STDIN:
            return self._from_bytes("standard input", self.read_stdin(), "-")
        if os.path.isfile(name):  # noqa: PTH113 - of a name that is too long, a Path raises
            return self._from_bytes(name, read_regular(Path(os.path.realpath(name)), name), name)
        if ":" in name:
            content = self.project.workspace.read_named_blob(name)
            if content is None:
                message = f"git does not know the file {name!r}"
                raise UsageError(message, hint="write REVISION:PATH, with the path from the top of the repository")
            return self._from_bytes(name, content, name, hint=_OTHER)
        return self.revision(name)

    def working_tree(self) -> LockSide:
        lock_file = self.project.read_lock()
        if lock_file.text is None:
            self._warn_of_none(_WORKING_TREE)
        return LockSide(name=_WORKING_TREE, lock=lock_file.lock, is_working_tree=True)

    def revision(self, name: str, *, title: str = "") -> LockSide:
        """Read the lockfile of a revision; one that it does not have is empty, and said."""
        workspace = self.project.workspace
        content = workspace.read_revision(name)
        commit = workspace.find_commit(name)
        if content is None:
            self._warn_of_none(title or name)
            return LockSide(name=title or name, lock=Lock.empty(), commit=commit)
        return self._from_bytes(title or name, content, f"{name}:{workspace.lock_path}", hint=_OTHER, commit=commit)

    def merge_base(self, first: str, second: str) -> LockSide:
        commit = self.project.workspace.find_merge_base(first, second)
        return self.revision(commit, title=f"the merge base of {first} and {second}")

    def default(self) -> LockSide:
        """Read what the working tree began with."""
        workspace = self.project.workspace
        if find_git_folder(workspace.root) is None:
            return self.revision(_HEAD)  # which says what is missing
        if workspace.find_commit(_HEAD) is None:
            return LockSide(name="nothing, without a commit", lock=Lock.empty())
        branch = workspace.find_default_branch()
        if branch is None:
            self.project.warn("no default branch is known here (origin/HEAD, main, master): HEAD stands in for it")
        return self.revision(_HEAD) if branch in {None, _HEAD} else self.merge_base(str(branch), _HEAD)

    def _warn_of_none(self, name: str) -> None:
        path = self.project.workspace.lock_path
        self.project.warn(f"{name} has no {path}, which counts as empty; one of another name is REVISION:PATH")

    def _from_bytes(
        self, name: str, content: bytes, label: str, *, hint: str | None = None, commit: str | None = None
    ) -> LockSide:
        """Read a lockfile; `label` stands in messages, and `hint` says what helps where nobody can mend it."""
        try:
            lock = parse_lock(Source.decode(label, content).text, label)
        except LockError as error:
            if hint is None or _NEWER in error.message:
                raise
            raise LockError(error.message, hint=hint) from error
        return LockSide(name=name, lock=lock, commit=commit)
