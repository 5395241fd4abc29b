"""SIGKILL before a system call that was chosen beforehand, by strace: the real boundary, whatever makes it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.program import COMMAND, process_environment

_CALL: Final = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\(")
# How a run takes its turn: nothing of the project was touched before.
_TURN: Final = re.compile(r"pinner-[-\w]+\.lock\"")


@dataclass(frozen=True, slots=True)
class Boundary:
    """The moment before the `count`-th call of `name` in a thread."""

    name: str
    count: int


@cache
def missing_tracer() -> str | None:
    """Return why no run can be traced here, or None."""
    if shutil.which("strace") is None:
        return "not installed: strace"
    done = subprocess.run((*_strace("trace=none"), "true"), capture_output=True, check=False, text=True)
    return f"strace cannot trace here: {done.stderr.strip()}" if done.returncode else None


def list_boundaries(root: Path, *arguments: str) -> list[Boundary]:
    """Run pinner to its end; return every system call from the moment on when its turn began, in order."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as log:
        done = _run(root, _strace("trace=all", log.name), arguments)
        assert done.returncode == 0, done.stderr
        lines = log.read().splitlines()
    counts: Counter[tuple[str, str]] = Counter()
    boundaries: list[Boundary] = []
    for line in lines:
        if found := _CALL.match(line):
            counts[found["thread"], found["name"]] += 1
            if boundaries or _TURN.search(line):
                boundaries.append(Boundary(found["name"], counts[found["thread"], found["name"]]))
    return boundaries


def kill_at(root: Path, boundary: Boundary, *arguments: str) -> bool:
    """Run pinner until the boundary; return whether it died there, as a run that takes another way may end before."""
    inject = f"inject={boundary.name}:signal=KILL:when={boundary.count}"
    done = _run(root, _strace(inject), arguments)
    assert done.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, done.stderr
    return done.returncode != 0


def _strace(expression: str, log: str = "/dev/null") -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", log, "-e", expression)


def _run(root: Path, tracer: tuple[str, ...], arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        (*tracer, *COMMAND, *arguments),
        cwd=root,
        env=process_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=100,
    )
