"""New bytes into files: all staged before the first is replaced, each replaced in one step.

A crash leaves every file old or new, never torn. What was changed by somebody else meanwhile is never overwritten.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from pinner.errors import SourceError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.workspace.reading import read_regular, refuse
from pinner.workspace.renaming import exchange, move_to_free_name

_TEMPORARY: Final = compile_later(r"\.pinner-[0-9a-f]{16}\.tmp")
_MODE_OF_NEW_FILES: Final = 0o666  # less the umask
# A file system writes its journal once for all who wait for it at the same time, and else once for each.
_SYNCS_AT_ONCE: Final = 8
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """New content for a file; `expected` is what it held when pinner decided, None for a file that was not there."""

    path: str
    content: bytes
    expected: bytes | None


@dataclass(frozen=True, slots=True)
class _Staged:
    rewrite: Rewrite
    target: Path
    temporary: Path
    mode: int | None


def is_temporary(path: str) -> bool:
    """Return whether a file is one that pinner writes before it replaces another.

    Only the exact form counts: what people call `.pinner-notes.tmp` is theirs.
    """
    return _TEMPORARY.fullmatch(path.rpartition("/")[2]) is not None


def replace_all(targets: Sequence[tuple[Rewrite, Path]]) -> None:
    """Write every rewrite to its target (an absolute path without links), in this order.

    Raise `SourceError` before anything is replaced where one cannot be written or has changed.
    """
    staged: list[_Staged] = []
    try:
        for rewrite, target in targets:
            one = _Staged(rewrite, target, _name_temporary(target), _writable_mode(rewrite.path, target))
            staged.append(one)
            _stage(one)
        _do_all(_sync_staged, staged)
        _refuse_changed(staged)
        for count, one in enumerate(staged):
            _replace(one, f"{count} of {len(staged)} files were written; run pinner again to finish")
    finally:
        for one in staged:
            remove(one.temporary)
    _do_all(_sync_folder, sorted({one.target.parent for one in staged}))


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


def _stage(one: _Staged) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    mode = _MODE_OF_NEW_FILES if one.rewrite.expected is None else stat.S_IRUSR | stat.S_IWUSR
    try:
        with os.fdopen(os.open(one.temporary, flags, mode), "wb") as file:
            file.write(one.rewrite.content)
            file.flush()
            if one.rewrite.expected is not None:
                _keep_owner_and_mode(file.fileno(), one.target.stat())
    except FileNotFoundError as error:
        message = f"{one.rewrite.path}: the file or its folder is gone"
        raise SourceError(message, hint="run pinner again") from error
    except OSError as error:
        raise refuse(one.rewrite.path, "cannot be written", error) from error


def _keep_owner_and_mode(descriptor: int, status: os.stat_result) -> None:
    # chown clears set-id bits, so the mode comes last.
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):  # only root may give files away
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _refuse_changed(staged: Iterable[_Staged]) -> None:
    changed = [_say_changed(one) for one in staged if _is_changed(one, one.target)]
    if changed:
        raise SourceError("\n".join(changed), hint="nothing was written; run pinner again")


def _say_changed(one: _Staged) -> str:
    return f"{one.rewrite.path}: changed while pinner was working"


def _is_changed(one: _Staged, place: Path) -> bool:
    """Return whether a file is another one than pinner decided about, also one that cannot be read any more."""
    try:
        status = os.lstat(place)
        now = read_regular(place, one.rewrite.path)
    except FileNotFoundError:
        return one.rewrite.expected is not None
    except (OSError, SourceError):
        return True
    return now != one.rewrite.expected or stat.S_IMODE(status.st_mode) != one.mode


def _replace(one: _Staged, progress: str) -> None:
    # Many files take a while, so each is looked at once more at the last moment.
    is_ours = not _is_changed(one, one.target)
    try:
        is_ours = is_ours and _put(one)
    except (FileExistsError, FileNotFoundError):
        is_ours = False
    except OSError as error:
        raise SourceError(refuse(one.rewrite.path, "cannot be replaced", error).message, hint=progress) from error
    if not is_ours:
        raise SourceError(_say_changed(one), hint=progress)


def _put(one: _Staged) -> bool:
    """Put the new content in its place; return False, with all as it was, where somebody was there a moment before.

    Raise `FileExistsError` or `FileNotFoundError` for a file that came or went in that moment. Where the system knows
    nothing but plain renames, what happens between the last look and the rename is not noticed.
    """
    if one.rewrite.expected is None:
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
        for _ in pool.map(work, subjects):
            pass


def _sync_staged(one: _Staged) -> None:
    """Make the new bytes last before a rename shows them: a power cut must not leave an empty file."""
    try:
        _sync(one.temporary)
    except OSError as error:
        raise refuse(one.rewrite.path, "cannot be written", error) from error


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
