"""Whole processes, measured: wall time, CPU time and peak memory, several programs in turn, many times.

Programs take turns, so that a machine that is busy is busy for all of them; what counts are medians and ratios.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A program to run: `stdin` is a file, `prepare` is called before each run, `expects` are good exit codes."""

    command: Sequence[str | Path]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
    prepare: Callable[[], None] = lambda: None
    expects: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run cost: seconds, seconds of CPU, MiB; those of the processes that it started are in them."""

    seconds: float
    cpu: float
    mebibytes: float
    code: int
    output: bytes
    errors: bytes


@dataclass(frozen=True, slots=True)
class Runs:
    """What the runs of one program cost."""

    runs: tuple[Run, ...]
    problem: str = ""

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The seconds of the fastest and of the slowest run."""
        return min(run.seconds for run in self.runs), max(run.seconds for run in self.runs)

    @property
    def mebibytes(self) -> float:
        return max(run.mebibytes for run in self.runs)

    def times(self, other: Runs) -> float:
        """Return the median of the ratios of each round."""
        return statistics.median(
            one.seconds / two.seconds for one, two in zip(self.runs, other.runs[: len(self.runs)], strict=False)
        )


@cache
def _begin_starter() -> subprocess.Popen[str]:
    """Begin the process that begins all others."""
    command = [sys.executable, "-m", "bench.starter"]
    return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def measure(task: Task) -> Run:
    """Run a program to its end; raise `OSError` where it cannot be begun."""
    task.prepare()
    with tempfile.TemporaryDirectory() as folder:
        out, errors = Path(folder) / "out", Path(folder) / "errors"
        asked = {
            "command": [*map(str, task.command)],
            "cwd": str(task.cwd),
            "environ": {**_plain_environment(), **task.environ},
            "stdin": str(task.stdin) if task.stdin else "",
            "out": str(out),
            "errors": str(errors),
        }
        starter = _begin_starter()
        assert starter.stdin is not None
        assert starter.stdout is not None
        print(json.dumps(asked), file=starter.stdin, flush=True)
        told = json.loads(starter.stdout.readline())
        if "problem" in told:
            raise OSError(told["problem"])
        return Run(**told, output=out.read_bytes(), errors=errors.read_bytes())


def interleave(
    tasks: Mapping[str, Task], *, rounds: int, seconds: float = math.inf, warm_up: bool = True
) -> dict[str, Runs]:
    """Run every program in turn, `rounds` times at most and once at least; one that fails is left out from then on.

    Programs have even shares of `seconds`: one takes part in another round only while its runs fit into its share. A
    warm-up that takes half of the share is counted, as it may be the only run.
    """
    share = seconds / len(tasks)
    found: dict[str, list[Run]] = {name: [] for name in tasks}
    spent = dict.fromkeys(tasks, 0.0)
    problems: dict[str, str] = {}
    for number in range(-1 if warm_up else 0, rounds):
        for name, task in tasks.items():
            slowest = max((run.seconds for run in found[name]), default=0.0)
            if name in problems or (found[name] and spent[name] + slowest > share):
                continue
            run = measure(task)
            spent[name] += run.seconds
            if run.code not in task.expects:
                problems[name] = f"exit code {run.code}: {_last_line(run)}"
            elif number >= 0 or run.seconds > share / 2:
                found[name].append(run)
    return {name: Runs(tuple(runs), problems.get(name, "")) for name, runs in found.items()}


def _last_line(run: Run) -> str:
    lines = (run.errors or run.output).decode(errors="replace").strip().splitlines()
    return lines[-1][:120] if lines else "no word"


def _plain_environment() -> dict[str, str]:
    """Return what a program needs to know of this machine, without what changes how Python starts."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}


def describe_machine() -> str:
    """Return what was measured on, in a line."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "")
    memory = next((int(line.split()[1]) // 2**20 for line in _lines("/proc/meminfo") if "MemTotal" in line), 0)
    return (
        f"{os.cpu_count()} x {model or platform.machine()}, {memory} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
