"""Programs that the lab starts: waited for by looking, and stopped by the process id that we were given."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 120.0
_PAUSE: Final = 0.01


def find_program(name: str) -> str | None:
    """Return where a program is; servers often stand outside of a user's search path."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Return what `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(_PAUSE)
    return found


@contextmanager
def started(command: Sequence[str | Path], *, stdout: Path, stderr: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs; its output goes to the end of two files."""
    with stdout.open("ab") as out, stderr.open("ab") as err:
        process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end; make it end if it does not."""
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now; somebody else may be faster to use it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
