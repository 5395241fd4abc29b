"""Read a file that holds secrets: small, regular, UTF-8, and not open to everybody (AUTH-22)."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pinner.errors import ConfigError

MAXIMUM_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFile:
    """What stands in a file, and what was odd about the file."""

    text: str = field(repr=False)
    warnings: tuple[str, ...] = ()


def read_private_file(path: Path, name: str) -> PrivateFile | None:
    """Return the file, or None where there is none; never wait on a pipe or a device.

    `name` is what messages call it. Raise `ConfigError` where it cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            message = f"{name}: not a regular file"
            raise ConfigError(message)
        if status.st_size > MAXIMUM_SIZE:
            message = f"{name}: larger than {MAXIMUM_SIZE} bytes"
            raise ConfigError(message)
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = f"{name}: cannot be read: {error.strerror}"
        raise ConfigError(message, hint="give yourself the right to read it, or name another file") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{name}: not UTF-8 at byte {error.start}"
        raise ConfigError(message) from None  # the cause carries the whole content
    if not _is_open(status):
        return PrivateFile(text=text)
    warning = f"{name}: everybody on this machine may read it; chmod 600 keeps it yours"
    return PrivateFile(text=text, warnings=(warning,))


def _is_open(status: os.stat_result) -> bool:
    return os.name == "posix" and bool(status.st_mode & stat.S_IRWXO)
