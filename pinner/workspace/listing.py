"""Which files a run looks at: every one once, in one order, and for the rest the reason why not.

Paths are POSIX and relative to the root. A link is followed only where its target stays in the tree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.workspace.git import find_git_folder, is_ignored, list_with_git
from pinner.workspace.reading import MAXIMUM_SIZE
from pinner.workspace.writing import is_temporary

# Folders that hold copies, never sources; asked only where git does not say what is ignored.
PRUNED: Final = frozenset({
    ".git", ".hg", ".svn", ".bzr", ".jj", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".direnv",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".terraform", ".terragrunt-cache",
})  # fmt: skip
# What is in these is no part of the tree.
REPOSITORIES: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})
_FOLDERS_KNOWN: Final = 4096
_NESTED: Final = "nested-repository"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A regular file, or a link to one in the tree; `is_explicit` where the user named it."""

    path: str
    is_explicit: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that is left alone; `reason` is a stable word, `detail` is for people."""

    path: str
    reason: str
    detail: str


Listed = ListedFile | NotTaken


def list_files(
    root: Path,
    paths: Sequence[Path] = (),
    *,
    accepts: Callable[[str], bool] = lambda _: True,
    rank: Callable[[str], int] = lambda _: 0,
    warn: Callable[[str], None] = lambda _: None,
    on_leftover: Callable[[str], None] = lambda _: None,
) -> Iterator[Listed]:
    """Yield what stands at `paths`, or in the whole tree, sorted by path.

    Files that are named are always taken; of folders, what git does not ignore and `accepts` takes. A file that has
    several names, as links in the tree are, has the first of those that `rank` puts highest. `warn` is told
    of each repository in them that is not looked into, `on_leftover` of each file that a killed run left behind. Raise
    `UsageError` for a path that is missing or outside the root.
    """
    explicit: set[str] = set()
    folders: set[str] = set() if paths else {""}
    for path in paths:
        relative = _relative_to_root(root, path)
        (folders if path.is_dir() else explicit).add(relative)
    names = set(explicit)
    for name in {name for folder in folders for name in _list_folder(root, folder, warn)}:
        if is_temporary(name):
            on_leftover(name)
        elif accepts(name):
            names.add(name)
    for listed in _classify(root, sorted(names), explicit, rank):
        if isinstance(listed, NotTaken) and listed.reason == _NESTED and accepts(f"{listed.path}/"):
            warn(f"{listed.path}: not looked into: {listed.detail}")
        yield listed


def _relative_to_root(root: Path, path: Path) -> str:
    """Return the path below the root. The last part of a file stays as named: it may be a link in the tree."""
    if not os.path.lexists(path):
        message = f"{str(path)!r} does not exist"
        raise UsageError(message)
    absolute = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    if not absolute.is_relative_to(root):
        message = f"{str(path)!r} lies outside of {str(root)!r}"
        raise UsageError(message, hint="run pinner in the work tree that the file belongs to")
    return "" if absolute == root else absolute.relative_to(root).as_posix()


def _list_folder(root: Path, folder: str, warn: Callable[[str], None]) -> Iterator[str]:
    top = root / folder
    prefix = f"{folder}/" if folder else ""
    names: Iterable[str] = _walk(top)
    if find_git_folder(top) is not None:
        listed = list_with_git(top)
        if isinstance(listed, str):
            warn(f"git cannot list the files, so ignored ones are looked at too: {listed}")
        elif listed or not is_ignored(top):  # an ignored folder that was asked for is walked
            names = listed
    for name in names:
        yield prefix + name


def _walk(top: Path) -> Iterator[str]:
    for folder, subfolders, files in os.walk(top):
        relative = Path(folder).relative_to(top).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        subfolders[:] = sorted(set(subfolders) - PRUNED - set(links))
        yield from (prefix + name for name in (*files, *links))


def _classify(root: Path, names: Sequence[str], explicit: set[str], rank: Callable[[str], int]) -> Iterator[Listed]:
    """Yield each name's fate, by the path that is told of it."""
    outcomes: list[Listed] = []
    targets: dict[str, str] = {}
    links: dict[str, bool] = {}
    for name in names:
        target = _inspect(root, name, is_behind_link=_is_behind_link(root, name, links))
        if isinstance(target, NotTaken):
            outcomes.append(target)
        elif target == name:
            outcomes.append(ListedFile(name, name in explicit))
        elif target is not None:
            targets[name] = target
    if targets:
        outcomes = list(_name_once(targets, outcomes, explicit, rank))
    outcomes.sort(key=lambda one: one.path)
    yield from outcomes


def _name_once(
    targets: dict[str, str], others: Iterable[Listed], explicit: set[str], rank: Callable[[str], int]
) -> Iterator[Listed]:
    """Yield every fate, with the names that are links: one name of a file has it, and is explicit if any is (C11).

    It is the first of those that `rank` puts highest, and before links the one that is none.
    """
    names: dict[str, list[str]] = {target: [] for target in targets.values()}
    for one in others:
        if isinstance(one, ListedFile) and one.path in names:
            names[one.path].append(one.path)
        else:
            yield one
    for name, target in targets.items():
        names[target].append(name)
    for of_one in names.values():
        owner = max(of_one, key=rank) if len(of_one) > 1 else of_one[0]
        yield ListedFile(owner, not explicit.isdisjoint(of_one))
        for name in of_one:
            if name != owner:
                yield NotTaken(name, "same-file", f"another name of {owner!r}")


def _is_behind_link(root: Path, name: str, known: dict[str, bool]) -> bool:
    """Return whether a folder on the way to a file is a link, as where git still tracks what stood there before.

    What is learned of folders is added to `known`; names come in order, so that a folder that is forgotten is over.
    """
    if len(known) > _FOLDERS_KNOWN:
        known.clear()
    is_behind = False
    end = name.find("/")
    while end > 0:
        folder = name[:end]
        if folder not in known:
            known[folder] = is_behind or os.path.islink(os.path.join(root, folder))  # noqa: PTH114, PTH118 - as below
        is_behind = known[folder]
        end = name.find("/", end + 1)
    return is_behind


def _inspect(root: Path, name: str, *, is_behind_link: bool) -> str | NotTaken | None:
    """Return the path of the file behind a name, why it is left alone, or None where there is no file to speak of."""
    file = os.path.join(root, name)  # noqa: PTH118 - ten times as fast, and asked for every file of the tree
    try:
        status = os.lstat(file)
    except OSError:
        return None  # deleted, but still in git's index
    target = name
    if not name.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in name):
        return NotTaken(os.fsencode(name).decode(errors="backslashreplace"), "name-not-utf-8", "the name is not UTF-8")
    if stat.S_ISDIR(status.st_mode):
        return _find_nested(file, name.rstrip("/"))
    if is_behind_link or stat.S_ISLNK(status.st_mode):
        followed = _follow(root, name)
        if isinstance(followed, NotTaken):
            return followed
        target, status = followed
    if not stat.S_ISREG(status.st_mode):
        return NotTaken(name, "special-file", "not a regular file")
    if status.st_size > MAXIMUM_SIZE:
        return NotTaken(name, "too-large", f"{status.st_size} bytes, more than {MAXIMUM_SIZE}")
    return target


def _find_nested(folder: str, name: str) -> NotTaken | None:
    """Return what is said of a folder that git names: a submodule, or a repository that it does not track.

    A submodule that is not checked out is empty, and a file whose place a folder took is gone.
    """
    if not os.path.lexists(f"{folder}/.git"):
        return None
    return NotTaken(name, _NESTED, "a git repository of its own; run pinner in it")


def _follow(root: Path, name: str) -> tuple[str, os.stat_result] | NotTaken:
    try:
        target = (root / name).resolve(strict=True)
        status = target.stat()
    except (OSError, RuntimeError):  # RuntimeError is what Python 3.11 says of a circle of links
        return NotTaken(name, "broken-link", "a link to nothing")
    if stat.S_ISDIR(status.st_mode):
        return NotTaken(name, "folder-link", "a link to a folder, which is not followed")
    inside = relative_inside(root, target)
    if inside is None:
        return NotTaken(name, "outside", "a link that leaves the work tree, which is not followed")
    return inside, status


def relative_inside(root: Path, target: Path) -> str | None:
    """Return the POSIX path of a resolved file in the work tree; None outside, and in a repository's own folder."""
    if not target.is_relative_to(root):
        return None
    relative = target.relative_to(root)
    return None if REPOSITORIES.intersection(relative.parts) else relative.as_posix()
