"""One run at a time in a work tree: an advisory lock outside of what git tracks.

The system takes the lock from a process that dies, so nothing is left behind that would have to be removed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pinner.errors import SourceError, UsageError
from pinner.workspace.git import find_git_folder
from pinner.workspace.reading import read_regular

WAIT: Final = 60.0
_PAUSE: Final = 0.1
_NAME: Final = "pinner-turn.lock"
_LONGEST_NUMBER: Final = 10
_FLAGS: Final = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)

Release = Callable[[], None]


@contextmanager
def take_turn(root: Path, *, seconds: float = WAIT, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[bool]:
    """Hold the work tree's lock; give whether it is held: there may be no place for one.

    `on_wait` is told once that another run has it. Raise `UsageError` when it is not free after `seconds`.
    """
    release = _take_first(_places(root), seconds, on_wait)
    try:
        yield release is not None
    finally:
        if release is not None:
            release()


def _places(root: Path) -> Iterator[Path]:
    """Yield where the lock may stand: in git's folder, else among the user's run-time files."""
    from hashlib import sha256  # noqa: PLC0415 - start-up: a run that writes nothing takes no turn

    git = find_git_folder(root)
    if git is not None:
        yield git / _NAME
    name = f"pinner-{os.getuid()}-{sha256(os.fsencode(root)).hexdigest()[:16]}.lock"
    for folder in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/tmp"):  # noqa: S108 - see _take
        if folder:
            yield Path(folder, name)


def _take_first(places: Iterator[Path], seconds: float, on_wait: Callable[[str], None]) -> Release | None:
    for path in places:
        try:
            return _wait(path, seconds, on_wait)
        except OSError:  # a read-only folder, or a file system without locks
            continue
    return None


def _wait(path: Path, seconds: float, on_wait: Callable[[str], None]) -> Release:
    end = time.monotonic() + seconds
    release = _take(path)
    if release is None:
        on_wait(f"waiting for another run of pinner in this work tree{_name_holder(path)}")
    while release is None:
        if time.monotonic() >= end:
            message = f"another run of pinner works in this tree{_name_holder(path)}"
            raise UsageError(message, hint=f"wait until it is done; if there is none, remove {path}")
        time.sleep(_PAUSE)
        release = _take(path)
    return release


def _take(path: Path) -> Release | None:
    """Return how to give the lock back, or None while another run has it; raise `OSError` where there can be none.

    The name may be known to others in a folder that all may write: a link is not followed, and nothing is read from
    the file but a number for a message.
    """
    try:
        import fcntl  # noqa: PLC0415 - POSIX systems have it
    except ImportError:
        return _take_by_name(path)
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    _leave_number(descriptor)
    # The file stays: to remove it would let a third run lock a new one beside the second.
    return lambda: os.close(descriptor)


def _leave_number(descriptor: int) -> None:
    """Write the process id for whoever waits; never into a file that was not made for this."""
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1:
        with suppress(OSError):  # a full disk takes no number, and is locked all the same
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())


def _take_by_name(path: Path) -> Release | None:
    """Take the lock by making its file, where the system knows no locks; it outlives a run that is killed."""
    try:
        descriptor = os.open(path, _FLAGS | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    os.write(descriptor, str(os.getpid()).encode())
    os.close(descriptor)
    return path.unlink


def _name_holder(path: Path) -> str:
    try:
        written = read_regular(path, path.name, limit=_LONGEST_NUMBER).decode("ascii", "replace")
    except SourceError:
        return ""
    return f" (process {written})" if written.isdecimal() else ""
