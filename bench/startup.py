"""Measure start-up: whole processes, in turn, as multiples of an interpreter that does nothing."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.resources import files as package_files
from pathlib import Path

ROUNDS = 15


def measure(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - started


def main() -> None:
    pinner = [sys.executable, "-m", "pinner"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "pinner --version": [*pinner, "--version"],
        "pinner --help": [*pinner, "--help"],
        "pinner check, one small file": [*pinner, "check", "compose.yaml"],
        "pinner check, the sample project": [*pinner, "check"],
        "pinner check, 40 manifests": [*pinner, "check", "many"],
    }
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(str(package_files("pinner.demo").joinpath("project")), project)
        (project / "pinner.toml").write_text("version = 1\n")
        (project / "many").mkdir()
        manifest = (project / "deploy" / "api.yaml").read_bytes()
        for number in range(40):
            (project / "many" / f"{number}.yaml").write_bytes(manifest)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(measure(command, project))
    floor = statistics.median(times["python -c pass"])
    print(f"{'':34} median ms   times python -c pass")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"{name:34} {median * 1000:9.1f}   {median / floor:5.1f}")


if __name__ == "__main__":
    main()
