"""Start-up: whole processes, in turn, as multiples of an interpreter that does nothing."""

from __future__ import annotations

import shutil
from importlib.resources import files as package_files
from pathlib import Path

from bench.installed import Installed
from bench.measuring import Runs, Task, interleave
from bench.tables import Target, at_most, spread, table

NOTHING = "python -c pass"
HELP, ONE, FORTY = "pinner --help", "pinner check, one small file", "pinner check, 40 manifests"
COMMIT = "pinner check, 3 changed files of {:,}"
_LIMITS = {HELP: 7.0, ONE: 8.0, FORTY: 9.0}


def measure_startup(
    pinner: Installed, folder: Path, tree: Path, *, files: int, rounds: int, seconds: float
) -> dict[str, Runs]:
    """Measure commands in a copy of the sample project, and what a hook does before a commit in a tree of `files`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(str(package_files("pinner.demo").joinpath("project")), folder)
    (folder / "pinner.toml").write_text("version = 1\n", encoding="utf-8")
    (folder / "many").mkdir()
    manifest = (folder / "deploy" / "api.yaml").read_bytes()
    for number in range(40):
        (folder / "many" / f"{number}.yaml").write_bytes(manifest)
    commands: dict[str, list[str | Path]] = {
        NOTHING: [pinner.python, "-c", "pass"],
        "pinner --version": [pinner.program, "--version"],
        HELP: [pinner.program, "--help"],
        ONE: [pinner.program, "check", "compose.yaml"],
        "pinner check, the sample project": [pinner.program, "check"],
        FORTY: [pinner.program, "check", "many"],
    }
    either = frozenset({0, 1})
    tasks = {name: Task(command=command, cwd=folder, expects=either) for name, command in commands.items()}
    changed = sorted(tree.rglob("deployment.yaml"))[:3]
    tasks[COMMIT.format(files)] = Task(command=[pinner.program, "check", *changed], cwd=tree, expects=either)
    return interleave(tasks, rounds=rounds, seconds=seconds)


def report_startup(found: dict[str, Runs]) -> str:
    """Return what was measured as a table."""
    nothing = found[NOTHING]
    rows = [
        (
            name,
            f"{runs.seconds * 1000:.0f}",
            spread(runs.spread),
            len(runs.runs),
            f"{runs.times(nothing):.1f}",
            f"{runs.mebibytes:.0f}",
        )
        for name, runs in found.items()
    ]
    return table(("command", "ms", "spread, s", "runs", f"x `{NOTHING}`", "MiB"), rows)


def judge_startup(found: dict[str, Runs]) -> list[Target]:
    """Hold the measurements against the targets."""
    return [at_most(f"`{name}`", found[name].times(found[NOTHING]), limit) for name, limit in _LIMITS.items()]
