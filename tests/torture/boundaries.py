"""The moments between two system calls of a run, by strace: the real boundary, whatever makes it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.program import COMMAND, Ran, process_environment

_CALL: Final = re.compile(r'^(?P<thread>\d+) +(?P<name>\w+)\((?:.*"(?P<path>[^"]*)")?')
# How a run takes its turn: nothing of the project was touched before.
_TURN: Final = re.compile(r"pinner-[-\w]+\.lock\"")


@dataclass(frozen=True, slots=True)
class Boundary:
    """The `count`-th call of `name` in a thread; `path` is the last one among its arguments."""

    name: str
    count: int
    path: str = ""


@cache
def missing_tracer() -> str | None:
    """Return why no run can be traced here, or None."""
    if shutil.which("strace") is None:
        return "not installed: strace"
    done = subprocess.run((*_strace("trace=none"), "true"), capture_output=True, check=False, text=True)
    return f"strace cannot trace here: {done.stderr.strip()}" if done.returncode else None


def list_boundaries(root: Path, arguments: Sequence[str]) -> list[Boundary]:
    """Run pinner to its end; return every system call from the moment on when its turn began, in order."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as log:
        ran = _run(root, _strace("trace=all", log.name), arguments)
        assert ran.code == 0, ran.stderr
        lines = log.read().splitlines()
    counts: Counter[tuple[str, str]] = Counter()
    boundaries: list[Boundary] = []
    for line in lines:
        if found := _CALL.match(line):
            counts[found["thread"], found["name"]] += 1
            if boundaries or _TURN.search(line):
                count = counts[found["thread"], found["name"]]
                boundaries.append(Boundary(found["name"], count, found["path"] or ""))
    return boundaries


def kill_at(root: Path, boundary: Boundary, arguments: Sequence[str]) -> bool:
    """Run pinner until the moment before the call; return whether it died there: a run may go another way."""
    ran = _run(root, _strace(_inject(boundary, "KILL")), arguments)
    assert ran.code in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, ran.stderr
    return ran.code != 0


def pause_at(root: Path, boundary: Boundary, arguments: Sequence[str], meanwhile: Callable[[], None]) -> Ran | None:
    """Run pinner, stop it at the moment after the call, do something, and let it go on; None if it did not stop."""
    stops: list[None] = []

    def act_once() -> None:
        if not stops:
            meanwhile()
        stops.append(None)

    tracer = _strace(_inject(boundary, "STOP"))
    # With -D the tracer is the grandchild, and the run a child whose stops are told.
    ran = _run(root, (tracer[0], "-D", *tracer[1:]), arguments, on_stop=act_once)
    return ran if stops else None


def _inject(boundary: Boundary, name: str) -> str:
    return f"inject={boundary.name}:signal={name}:when={boundary.count}"


def _strace(expression: str, log: str = "/dev/null") -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", log, "-e", expression)


def _run(
    root: Path, tracer: tuple[str, ...], arguments: Sequence[str], *, on_stop: Callable[[], None] = lambda: None
) -> Ran:
    """Run pinner; each time that it stops (every thread may come to the boundary), act and let it go on."""
    command = (*tracer, *COMMAND, *arguments)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, cwd=root, env=process_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        status = _wait(process)
        while os.WIFSTOPPED(status):
            try:
                on_stop()
            finally:
                process.send_signal(signal.SIGCONT)
            status = _wait(process)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, out.read(), err.read().decode())


def _wait(process: subprocess.Popen[bytes]) -> int:
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    return status
