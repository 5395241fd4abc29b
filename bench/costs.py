"""What the time of a run is made of: CPU time by module, as told by Python's profiler.

The profiler makes every call dearer, and so whoever makes many small ones; what counts is where most of the time is,
not the last per cent. What a built-in function takes (a search, a read) belongs to the module that calls it.
"""

from __future__ import annotations

import pstats
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from bench.asking import Desk, tasks_of
from bench.inputs import make_tree
from bench.installed import Installed
from bench.lab import push_references, running_front, why_not
from bench.measuring import Task, measure
from bench.peers import CACHE
from bench.tables import table

_BUILT_IN = "~"
_INSIDE = re.compile(r".*/(?:site-packages|lib/python3\.\d+)/")
_LEAST = 0.02
_IMPORTS = "importing: finding, reading and beginning modules"
# Threads are told apart from what they wait for by their own clocks.
_PROFILED = """
import cProfile, pstats, sys, threading, time
done = []
def profiled(work):
    profile = cProfile.Profile(timer=time.thread_time)
    done.append(profile)
    profile.runcall(work)
run = threading.Thread.run
threading.Thread.run = lambda thread: profiled(lambda: run(thread))
def start():
    from pinner.cli import main
    main()
try:
    profiled(start)
except SystemExit:
    pass
stats = pstats.Stats(done[0])
for one in done[1:]:
    one.create_stats()
    if one.stats:
        stats.add(one)
stats.dump_stats(OUT)
"""
_INTRODUCTION = """\
CPU time under Python's profiler, which makes small calls dearer than they are. libyaml's time is that of
`pinner.syntax.yaml_tracker`, which asks for its events, and reading a file that of `pinner.workspace.reading`.
"""
Function = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """A command, and the share of its CPU time that each module takes, largest first."""

    title: str
    shares: Mapping[str, float]


def measure_costs(pinner: Installed, corpus: Path | None, *, files: int, references: int) -> list[Cost]:
    """Measure a scan, a check of one file, and look-ups of a registry at no distance, where there is one."""
    tree = corpus or make_tree(CACHE / "trees" / f"all-{files}", files)
    kind = "real manifests" if corpus else "generated files"
    sample = CACHE / "costs"
    shutil.rmtree(sample, ignore_errors=True)
    shutil.copytree(str(package_files("pinner.demo").joinpath("project")), sample)
    (sample / "pinner.toml").write_text("version = 1\n", encoding="utf-8")
    costs = [
        _measure(pinner, f"`pinner images`, {kind}", Task(command=["images", "--format", "json"], cwd=tree)),
        _measure(pinner, "`pinner check`, one small file", Task(command=["check", "compose.yaml"], cwd=sample)),
    ]
    if why_not() is None:
        costs.append(_measure_pin(pinner, references))
    return costs


def _measure_pin(pinner: Installed, references: int) -> Cost:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        digests = push_references(folder, folder / "storage", references)
        with running_front(folder, folder / "storage", milliseconds=0, has_tokens=False) as front:
            task = tasks_of(pinner, {}, Desk(folder / "work", front, tuple(digests)))["pinner pin"]
            return _measure(pinner, f"`pinner pin`, {references} open references", _without_program(task))


def _without_program(task: Task) -> Task:
    return Task(command=task.command[1:], cwd=task.cwd, environ=task.environ, prepare=task.prepare)


def _measure(pinner: Installed, title: str, task: Task) -> Cost:
    """Run pinner once under the profiler, in one process."""
    with tempfile.NamedTemporaryFile() as out:
        program = _PROFILED.replace("OUT", repr(out.name))
        run = measure(
            Task(
                command=[pinner.python, "-c", program, *task.command],
                cwd=task.cwd,
                environ={**task.environ, "PINNER_SCAN_JOBS": "1"},
                prepare=task.prepare,
            )
        )
        if not Path(out.name).stat().st_size:
            message = f"{title} left no profile: {run.errors.decode(errors='replace')[-500:]}"
            raise RuntimeError(message)
        stats: Any = pstats.Stats(out.name)
    spent = by_module(stats.stats)
    return Cost(title, {name: seconds / spent.total() for name, seconds in spent.most_common()})


def report_costs(costs: Sequence[Cost]) -> str:
    """Return the modules that take the most of each command, and all others together."""
    return f"{_INTRODUCTION}\n" + "\n".join(map(_report_cost, costs))


def _report_cost(cost: Cost) -> str:
    large = {name: share for name, share in cost.shares.items() if share >= _LEAST}
    others = f"{len(cost.shares) - len(large)} others"
    rows = [*large.items(), (others, 1 - sum(large.values()))]
    return f"### {cost.title}\n\n{table(('module', 'share'), [(name, f'{share:.0%}') for name, share in rows])}"


def by_module(stats: Mapping[Function, tuple[int, int, float, float, Mapping[Function, Any]]]) -> Counter[str]:
    """Return the seconds that each module takes itself; a built-in function's time goes to those who call it."""
    spent: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in stats.items():
        if function[0] != _BUILT_IN or not callers:
            spent[name_module(function)] += own  # type: ignore[assignment]  # a counter of seconds
            continue
        for caller, (_, _, share, _) in callers.items():
            spent[name_module(caller)] += share
    return spent


def name_module(function: Function) -> str:
    """Return what a function is part of: a module of pinner, or a library."""
    file = function[0]
    if file == _BUILT_IN:
        return "the interpreter"
    if file.startswith("<frozen importlib"):
        return _IMPORTS
    parts = _INSIDE.sub("", file).removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts) if parts[0] == "pinner" else parts[0]
