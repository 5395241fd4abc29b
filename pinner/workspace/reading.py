"""Bytes of regular files, and the words for what the operating system refuses."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from pinner.errors import SourceError

MAXIMUM_SIZE: Final = 64 * 1024 * 1024
_HINTS: Final = {
    errno.EACCES: "make the file and its folder readable and writable for this user",
    errno.EPERM: "make the file and its folder readable and writable for this user",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOSPC: "the disk is full; nothing was changed",
    errno.EDQUOT: "the disk quota is used up; nothing was changed",
}
# A FIFO must not block, and what was a file a moment ago must not be a link now.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def read_regular(target: Path, path: str) -> bytes:
    """Return the bytes of the file `target`; `path` is its name in messages.

    Raise `SourceError` where it cannot be read, is no regular file, or has more than 64 MiB.
    """
    try:
        with os.fdopen(os.open(target, _FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                message = f"{path}: not a regular file"
                raise SourceError(message)
            if status.st_size > MAXIMUM_SIZE:
                message = f"{path}: {status.st_size} bytes, more than {MAXIMUM_SIZE}"
                raise SourceError(message, hint="exclude the file")
            return file.read()
    except OSError as error:
        raise refuse(path, "cannot be read", error) from error


def refuse(path: str, what: str, error: OSError) -> SourceError:
    """Return the error that `path` `what`, with the system's reason and the next step."""
    hint = _HINTS.get(error.errno or 0)
    return SourceError(f"{path}: {what}: {error.strerror or error}", hint=hint)
