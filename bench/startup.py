"""Start-up: whole processes, in turn, as multiples of an interpreter that does nothing."""

from __future__ import annotations

import shutil
from importlib.resources import files as package_files
from pathlib import Path

from bench.installed import Installed
from bench.measuring import Runs, Task, interleave
from bench.tables import Target, at_most, table

NOTHING = "python -c pass"
HELP, ONE, FORTY = "pinner --help", "pinner check, one small file", "pinner check, 40 manifests"
_LIMITS = {HELP: 7.0, ONE: 8.0, FORTY: 9.0}


def measure_startup(pinner: Installed, folder: Path, *, rounds: int) -> dict[str, Runs]:
    """Measure every command in a copy of the sample project."""
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
    return interleave(tasks, rounds=rounds)


def report_startup(found: dict[str, Runs]) -> str:
    """Return what was measured as a table."""
    nothing = found[NOTHING]
    rows = [
        (name, f"{runs.seconds * 1000:.0f}", f"{runs.times(nothing):.1f}", f"{runs.mebibytes:.0f}")
        for name, runs in found.items()
    ]
    return table(("command", "ms", f"x `{NOTHING}`", "MiB"), rows)


def judge_startup(found: dict[str, Runs]) -> list[Target]:
    """Hold the measurements against the targets."""
    return [at_most(f"`{name}`", found[name].times(found[NOTHING]), limit) for name, limit in _LIMITS.items()]
