"""What this process opens and starts, seen by Python itself (PEP 578)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_STARTS: Final = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.startfile", "os.fork"})


@dataclass
class Watched:
    """Files that were opened, and programs that were started, while somebody watched."""

    opened: list[Path] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    is_on: bool = False

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.is_on:
            return
        if event == "open" and isinstance(arguments[0], str | bytes):
            self.opened.append(Path(os.path.realpath(os.fsdecode(arguments[0]))))
        elif event in _STARTS:
            self.started.append(os.fsdecode(arguments[0]) if arguments and isinstance(arguments[0], str) else event)


_WATCHED: Final = Watched()
_HOOKED: Final[list[bool]] = []


@contextmanager
def watching() -> Iterator[Watched]:
    """Watch while the block runs; a hook can never be taken away, so there is one for all."""
    if not _HOOKED:
        sys.addaudithook(_WATCHED.see)
        _HOOKED.append(True)
    _WATCHED.opened.clear()
    _WATCHED.started.clear()
    _WATCHED.is_on = True
    try:
        yield _WATCHED
    finally:
        _WATCHED.is_on = False
