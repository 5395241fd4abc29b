"""Bytes of regular files, and the words for what the operating system refuses."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from pinner.errors import SourceError

MAXIMUM_SIZE: Final = 64 * 1024 * 1024
MAXIMUM_SETTINGS_SIZE: Final = 1024 * 1024  # of what people write about their project
_LARGEST_PIECE: Final = 8 * 1024 * 1024
_HINTS: Final = {
    errno.EACCES: "make the file and its folder readable and writable for this user",
    errno.EPERM: "make the file and its folder readable and writable for this user",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOSPC: "the disk is full; nothing was changed",
    errno.EDQUOT: "the disk quota is used up; nothing was changed",
}
# A FIFO must not block, and what was a file a moment ago must not be a link now.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def read_regular(target: Path, path: str, *, limit: int = MAXIMUM_SIZE) -> bytes:
    """Return the bytes of the file `target`, which must be no link; `path` is its name in messages.

    Raise `SourceError` where it cannot be read, is no regular file, or has more than `limit` bytes.
    """
    content = read_unless_link(target, path, limit=limit)
    if content is None:
        raise _not_regular(path)
    return content


def read_unless_link(
    target: Path | str, path: str, *, limit: int = MAXIMUM_SIZE, folder: int | None = None
) -> bytes | None:
    """Return the bytes of a file, or None for a link; a relative `target` is one in the open `folder`.

    Raise like `read_regular`.
    """
    try:
        status = os.lstat(target, dir_fd=folder)
        if stat.S_ISLNK(status.st_mode):
            return None
        _check(status, path, limit)  # before it is opened: that alone sets some devices going
        descriptor = os.open(target, _FLAGS, dir_fd=folder)
        try:
            size = _check(os.fstat(descriptor), path, limit)
            # A byte more than it has tells that it ends there: most files are read at once.
            content = os.read(descriptor, min(size + 1, _LARGEST_PIECE))
            if len(content) != size:
                content += _read_up_to(descriptor, size + 1 - len(content))
            if len(content) > size:  # it grows, or is made up by the system, which says that it is empty
                content += _read_up_to(descriptor, limit - size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise refuse(path, "cannot be read", error) from error
    if len(content) > limit:
        raise _too_large(path, len(content), limit)
    return content


def _read_up_to(descriptor: int, size: int) -> bytes:
    """Return so many bytes, or all that are left."""
    pieces: list[bytes] = []
    while size > 0 and (piece := os.read(descriptor, min(size, _LARGEST_PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _check(status: os.stat_result, path: str, limit: int) -> int:
    """Return the size that the system tells; raise `SourceError` for what cannot be read to an end."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(path)
    if status.st_size > limit:
        raise _too_large(path, status.st_size, limit)
    return status.st_size


def _not_regular(path: str) -> SourceError:
    return SourceError(f"{path}: not a regular file")


def _too_large(path: str, size: int, limit: int) -> SourceError:
    return SourceError(f"{path}: {size} bytes, more than {limit}", hint="exclude the file")


def refuse(path: str, what: str, error: OSError) -> SourceError:
    """Return the error that `path` `what`, with the system's reason and the next step."""
    hint = _HINTS.get(error.errno or 0)
    return SourceError(f"{path}: {what}: {error.strerror or error}", hint=hint)
