"""Disks that fill up, and users who may not write: what only root can make, with the reason where it cannot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

Mount = Callable[[Path, str], None]


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    command = ["mount", "-t", "tmpfs", "-o", options, "pinner-torture", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        is_busy = subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode != 0
        if is_busy:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    assert not is_busy, "a file of the disk is still open"


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount a file system in memory on a folder, with options, until the test ends."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    with ExitStack() as stack:
        yield lambda folder, options: stack.enter_context(_mounted(folder, options))
