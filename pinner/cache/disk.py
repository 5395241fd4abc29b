"""The cache's file: read with suspicion, replaced in one step. Of two runs at once one may lose its news, no more."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pinner.cache.entries import MAXIMUM_SIZE

FILE_NAME: Final = "answers.json"


def find_cache(environ: Mapping[str, str]) -> Path | None:
    """Return where the cache is: in the XDG folder or `~/.cache`, or None where there is no home."""
    folder = environ.get("XDG_CACHE_HOME")
    if folder and Path(folder).is_absolute():  # a relative one must be ignored (XDG base directory specification)
        return Path(folder, "pinner", FILE_NAME)
    home = environ.get("HOME")
    return Path(home, ".cache", "pinner", FILE_NAME) if home and Path(home).is_absolute() else None


def read_cache(path: Path) -> bytes:
    """Return the file's bytes, or none where there is no file that only this user may have written."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(number, MAXIMUM_SIZE) if _is_ours(os.fstat(number)) else b""
    except OSError:
        return b""
    finally:
        os.close(number)


def write_cache(path: Path, content: bytes) -> None:
    """Replace the file in one step, readable by this user alone; raise `OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, stat.S_IRUSR | stat.S_IWUSR), "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _is_ours(status: os.stat_result) -> bool:
    is_private = status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISREG(status.st_mode) and is_private and status.st_size <= MAXIMUM_SIZE
