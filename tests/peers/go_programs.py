"""Small Go programs around the parsers that the real tools use; each answers many texts in one run."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

# Gives a parser's answers to texts, one for each.
Ask = Callable[[Sequence[str]], list[dict[str, Any]]]


def build_program(source: Path, folder: Path) -> Ask:
    """Build the program whose source stands in one folder in another one; skip the test where that cannot be done."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    fetched = subprocess.run([go, "mod", "download"], cwd=folder, capture_output=True, check=False)
    if fetched.returncode != 0:
        pytest.skip(f"the modules of {source.name} cannot be fetched, or need a newer Go")
    build = subprocess.run([go, "build", "-o", "peer", "."], cwd=folder, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr

    def ask(texts: Sequence[str]) -> list[dict[str, Any]]:
        answer = subprocess.run([folder / "peer"], input=json.dumps(texts).encode(), capture_output=True, check=True)
        answers: list[dict[str, Any]] = json.loads(answer.stdout)
        return answers

    return ask
