"""pinner as a user installs it: a wheel of this tree in an environment of its own, with compiled modules."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peers import CACHE

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Installed:
    """Where the program and its interpreter stand, and which commit it is."""

    program: Path
    python: Path
    commit: str


def install_pinner() -> Installed:
    """Build the wheel and install it."""
    folder = CACHE / "pinner"
    shutil.rmtree(folder, ignore_errors=True)
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([*pip, "install", "--compile", ROOT], check=True, capture_output=True)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    described = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(described, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    return Installed(folder / "bin" / "pinner", folder / "bin" / "python", commit)
