"""pinner as a user runs it: in this process where that is enough, as a process of its own where it is not."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pinner.cli import main
from tests.hostile.sweep import SWEEP

COMMAND: Final = (sys.executable, "-m", "pinner")
ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, and what it said where."""

    code: int
    stdout: bytes
    stderr: str

    def __post_init__(self) -> None:
        SWEEP.note("standard output of a process", self.stdout)
        SWEEP.note("standard error of a process", self.stderr)

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.stdout.decode()


def run(*arguments: str | Path, cwd: Path, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Ran:
    """Run the command line in this process, with streams of its own."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name, value in (environ or {}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["pinner", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", stderr)
        with pytest.raises(SystemExit) as end:
            main()
    # This process goes on, and its garbage is still looked for.
    gc.unfreeze()
    code = end.value.code
    assert isinstance(code, int)
    return Ran(code, _content(stdout), _content(stderr).decode())


def spawn(*arguments: str | Path, cwd: Path, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Ran:
    """Run pinner as a process."""
    done = subprocess.run(
        (*COMMAND, *map(str, arguments)),
        cwd=cwd,
        input=stdin,
        env=process_environment(environ),
        capture_output=True,
        check=False,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode())


def process_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with the package in reach."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})}


def tree_hash(root: Path) -> dict[str, str]:
    """Return the hash of every file but git's own, to see that nothing was written."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def _content(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()
