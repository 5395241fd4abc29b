"""What somebody else does to a file while pinner works, and how one sees later that it was not undone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

MARK: Final = b"# somebody else was here\n"
Change = Callable[[Path], None]


def write_into(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(MARK)


def put_another(file: Path) -> None:
    other = file.with_name("saving")
    other.write_bytes(MARK + file.read_bytes())
    other.rename(file)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def link_away(file: Path) -> None:
    target = file.with_name("target")
    target.write_bytes(MARK)
    file.unlink()
    file.symlink_to(target)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_read_only(file: Path) -> None:
    file.chmod(0o444)


CHANGES: Final[tuple[Change, ...]] = (
    write_into,
    put_another,
    empty,
    Path.unlink,
    link_away,
    make_folder,
    make_pipe,
    make_read_only,
)


def is_kept(change: Change, file: Path) -> bool:
    """Return whether a file is still what a change made of it; digests may have come to it since."""
    mode = file.lstat().st_mode if os.path.lexists(file) else 0
    if change in {write_into, put_another}:
        return stat.S_ISREG(mode) and MARK in file.read_bytes()
    if change is empty:
        return stat.S_ISREG(mode) and file.read_bytes() == b""
    if change is link_away:
        return stat.S_ISLNK(mode) and file.with_name("target").read_bytes() == MARK
    kind = {Path.unlink: 0, make_folder: stat.S_IFDIR, make_pipe: stat.S_IFIFO, make_read_only: stat.S_IFREG}[change]
    return stat.S_IFMT(mode) == kind and (change is not make_read_only or stat.S_IMODE(mode) == 0o444)
