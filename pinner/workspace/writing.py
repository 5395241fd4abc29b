"""New bytes into files: all staged before the first is replaced, each replaced in one step.

A crash leaves every file old or new, never torn. What was changed by somebody else meanwhile is never overwritten.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from pinner.errors import SourceError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.text import fingerprint_of
from pinner.workspace.reading import read_regular, refuse
from pinner.workspace.renaming import exchange, move_to_free_name

_TEMPORARY: Final = compile_later(r"\.pinner-[0-9a-f]{16}\.tmp")
_MODE_OF_NEW_FILES: Final = 0o666  # less the umask
# A file system writes its journal once for all who wait for it at the same time, and else once for each.
_SYNCS_AT_ONCE: Final = 8
# What waits for its turn takes memory, too.
_WAITING: Final = 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """New content for a file; `expected` is what it held when pinner decided, None for a file that was not there."""

    path: str
    content: bytes
    expected: bytes | None

    @property
    def is_idle(self) -> bool:
        """Whether the file is to stay as it is."""
        return self.content == self.expected

    @property
    def fingerprint(self) -> bytes | None:
        """What tells the expected bytes from any others."""
        return None if self.expected is None else fingerprint_of(self.expected)


@dataclass(frozen=True, slots=True)
class Edited:
    """New content that is made of what stands in a file, and only when it is written: so few are held at a time.

    `fingerprint` is that of the bytes which `edit` was decided for; others are never given to it.
    """

    path: str
    fingerprint: bytes
    edit: Callable[[bytes], bytes]

    is_idle: ClassVar = False


@dataclass(frozen=True, slots=True)
class _Staged:
    path: str
    fingerprint: bytes | None
    target: Path
    temporary: Path
    mode: int | None


def is_temporary(path: str) -> bool:
    """Return whether a file is one that pinner writes before it replaces another.

    Only the exact form counts: what people call `.pinner-notes.tmp` is theirs.
    """
    return _TEMPORARY.fullmatch(path.rpartition("/")[2]) is not None


def replace_all(targets: Iterable[tuple[Rewrite | Edited, Path]], *, first: str) -> tuple[str, ...]:
    """Write every rewrite to its target (an absolute path without links) and return the paths in their order.

    The path `first` is replaced before all others. Each new content is made when its turn comes, and held no longer.
    Raise `SourceError` before anything is replaced where one cannot be written or has changed.
    """
    staged: list[_Staged] = []
    changed: set[str] = set()
    try:
        for rewrite, target in targets:
            mode = _writable_mode(rewrite.path, target)
            one = _Staged(rewrite.path, rewrite.fingerprint, target, _name_temporary(target), mode)
            staged.append(one)
            if not _stage(one, rewrite):
                changed.add(one.path)
        staged.sort(key=lambda one: (one.path != first, one.path))
        _do_all(_sync_staged, [one for one in staged if one.path not in changed])
        _refuse_changed(staged, changed)
        for count, one in enumerate(staged):
            _replace(one, f"{count} of {len(staged)} files were written; run pinner again to finish")
    finally:
        for one in staged:
            remove(one.temporary)
    _do_all(_sync_folder, sorted({one.target.parent for one in staged}))
    return tuple(one.path for one in staged)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what a killed run left behind; only for a caller that holds the tree's lock."""
    for folder in set(folders):
        try:
            names = os.listdir(folder)  # noqa: PTH208 - names are what is asked for
        except OSError:
            continue  # staging says it better
        for name in filter(is_temporary, names):
            remove(folder / name)


def remove(path: Path) -> None:
    """Remove a file that may be gone."""
    with suppress(OSError):
        path.unlink()


def _name_temporary(target: Path) -> Path:
    """Return a new name beside the target: only there a rename is one step."""
    return target.parent / f".pinner-{os.urandom(8).hex()}.tmp"


def _writable_mode(path: str, target: Path) -> int | None:
    """Return the mode of a file, None where there is none to speak of.

    Refuse one that is read-only, which a rename would get around: whoever made it so meant it (C11).
    """
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except OSError:
        return None  # a new file, or staging says it better
    # The mode is asked besides the system, because root may write everything.
    if not mode & 0o222 or not os.access(target, os.W_OK):
        message = f"{path}: the file is read-only"
        raise SourceError(message, hint="make it writable, or exclude it")
    return mode


def _stage(one: _Staged, rewrite: Rewrite | Edited) -> bool:
    """Write the new content beside the target; return False where there is none, as the file is another one now."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    mode = _MODE_OF_NEW_FILES if one.fingerprint is None else stat.S_IRUSR | stat.S_IWUSR
    try:
        status = None if one.fingerprint is None else one.target.stat()
        content = _make(rewrite, one.target)
        if content is None:
            return False
        with os.fdopen(os.open(one.temporary, flags, mode), "wb") as file:
            file.write(content)
            file.flush()
            if status is not None:
                _keep_owner_and_mode(file.fileno(), status)
    except FileNotFoundError as error:
        message = f"{one.path}: the file or its folder is gone"
        raise SourceError(message, hint="run pinner again") from error
    except OSError as error:
        raise refuse(one.path, "cannot be written", error) from error
    return True


def _make(rewrite: Rewrite | Edited, target: Path) -> bytes | None:
    """Return the new content, or None where it would be made of other bytes than it was decided for."""
    if isinstance(rewrite, Rewrite):
        return rewrite.content
    try:
        now = read_regular(target, rewrite.path)
    except SourceError:
        return None
    return rewrite.edit(now) if fingerprint_of(now) == rewrite.fingerprint else None


def _keep_owner_and_mode(descriptor: int, status: os.stat_result) -> None:
    # chown clears set-id bits, so the mode comes last.
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):  # only root may give files away
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _refuse_changed(staged: Iterable[_Staged], known: Container[str]) -> None:
    changed = [one.path for one in staged if one.path in known or _is_changed(one, one.target)]
    if changed:
        raise changed_meanwhile(changed)


def changed_meanwhile(paths: Iterable[str], hint: str = "nothing was written; run pinner again") -> SourceError:
    """Return the error that somebody else has changed these files."""
    return SourceError("\n".join(f"{one}: changed while pinner was working" for one in paths), hint=hint)


def _is_changed(one: _Staged, place: Path) -> bool:
    """Return whether a file is another one than pinner decided about, also one that cannot be read any more."""
    try:
        status = os.lstat(place)
        now = read_regular(place, one.path)
    except FileNotFoundError:
        return one.fingerprint is not None
    except (OSError, SourceError):
        return True
    return fingerprint_of(now) != one.fingerprint or stat.S_IMODE(status.st_mode) != one.mode


def _replace(one: _Staged, progress: str) -> None:
    # Many files take a while, so each is looked at once more at the last moment.
    is_ours = not _is_changed(one, one.target)
    try:
        is_ours = is_ours and _put(one)
    except (FileExistsError, FileNotFoundError):
        is_ours = False
    except OSError as error:
        raise SourceError(refuse(one.path, "cannot be replaced", error).message, hint=progress) from error
    if not is_ours:
        raise changed_meanwhile((one.path,), progress)


def _put(one: _Staged) -> bool:
    """Put the new content in its place; return False, with all as it was, where somebody was there a moment before.

    Raise `FileExistsError` or `FileNotFoundError` for a file that came or went in that moment. Where the system knows
    nothing but plain renames, what happens between the last look and the rename is not noticed.
    """
    if one.fingerprint is None:
        is_done = move_to_free_name(one.temporary, one.target)
    else:
        is_done = exchange(one.temporary, one.target)
        if is_done and _is_changed(one, one.temporary):
            _give_back(one)
            return False
        if is_done:
            remove(one.temporary)
    if not is_done:
        one.temporary.replace(one.target)
    return True


def _give_back(one: _Staged) -> None:
    """Let what somebody else has written stand at the target again, whatever becomes of the new content."""
    with suppress(OSError):
        if exchange(one.temporary, one.target):
            return
    one.temporary.replace(one.target)


def _do_all(work: Callable[[T], None], subjects: Sequence[T]) -> None:
    """Call `work` for each, several at once; raise the error of the first one that fails."""
    if len(subjects) <= 1:
        for one in subjects:
            work(one)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - start-up: only who writes many files needs it

    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        for start in range(0, len(subjects), _WAITING):
            for _ in pool.map(work, subjects[start : start + _WAITING]):
                pass


def _sync_staged(one: _Staged) -> None:
    """Make the new bytes last before a rename shows them: a power cut must not leave an empty file."""
    try:
        _sync(one.temporary)
    except OSError as error:
        raise refuse(one.path, "cannot be written", error) from error


def _sync_folder(folder: Path) -> None:
    """Make the renames last through a power cut, where the file system can."""
    with suppress(OSError):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
