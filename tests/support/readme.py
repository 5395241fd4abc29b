"""Run the console blocks of the README, and put their true output into them: `python -m tests.support.readme`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
# A block is run where the line above it says so; `in the sample project` is what `pinner demo --keep` leaves.
_BLOCK = re.compile(r"(<!-- run in the sample project -->\n```console\n)(.*?)(```\n)", re.DOTALL)


def keep_sample_project(folder: Path) -> Path:
    project = folder / "shop"
    subprocess.run(
        [sys.executable, "-m", "pinner", "demo", "--keep", str(project)], check=True, capture_output=True, cwd=folder
    )
    return project


def run_block(text: str, project: Path) -> str:
    """Return the block with each `$` line followed by what it prints now."""
    commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_run(command, project)}" for command in commands)


def _run(command: str, project: Path) -> str:
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(project),
        "LC_ALL": "C.UTF-8",
    }
    ran = subprocess.run(
        ["sh", "-c", command],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return ran.stdout.decode()


def true_readme(folder: Path) -> str:
    """Return the README as it should read."""
    project = keep_sample_project(folder)
    return _BLOCK.sub(
        lambda match: match[1] + run_block(match[2], project) + match[3], README.read_text(encoding="utf-8")
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        README.write_text(true_readme(Path(scratch)), encoding="utf-8")
