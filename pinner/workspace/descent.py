"""The way down to a file, folder by folder, without asking for each file whether a link stands on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pinner.workspace.listing import REPOSITORIES

# Linux needs no leave to read a folder that is only passed; where O_NOFOLLOW is missing, so is opening from a folder.
_FLAGS: Final = (
    getattr(os, "O_PATH", os.O_RDONLY)
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_ELSEWHERE: Final = REPOSITORIES | {"", ".", ".."}


class Descent:
    """The folders around the file that was reached last, held open: the next one most often stands beside it.

    Each is opened from the one around it and never through a link, so that nothing that others do to the tree meanwhile
    leads out of it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: list[str] = []
        self._open: list[int] = []

    def reach(self, path: str) -> int | None:
        """Return a descriptor of the folder that a file is in; None where that cannot be reached so.

        It serves until the next call.
        """
        if os.open not in os.supports_dir_fd:
            return None
        *folders, file = path.split("/")
        if file in _ELSEWHERE:
            return None
        shared = 0
        while shared < min(len(folders), len(self._names)) and folders[shared] == self._names[shared]:
            shared += 1
        self._leave(shared)
        try:
            if not self._open:
                self._open.append(os.open(self._root, _FLAGS))
            for name in folders[shared:]:
                if name in _ELSEWHERE:
                    return None
                self._open.append(os.open(name, _FLAGS, dir_fd=self._open[-1]))
                self._names.append(name)
        except (OSError, ValueError):  # a link, a file, a folder that is closed to us: whoever asks finds out which
            self.close()  # too many open files are a reason, too
            return None
        return self._open[-1]

    def close(self) -> None:
        """Give back what is held open."""
        self._leave(0)
        while self._open:
            os.close(self._open.pop())

    def _leave(self, depth: int) -> None:
        while len(self._names) > depth:
            self._names.pop()
            os.close(self._open.pop())
