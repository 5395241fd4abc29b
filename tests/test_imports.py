"""Who may import whom: the contracts of pyproject.toml, kept by a test."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = sorted(init.parent for init in ROOT.glob("pinner/*/__init__.py"))


def test_the_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [program, "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports, with the name behind `from … import`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_module_never_imports_the_table_of_its_own_room(room: Path) -> None:
    name = f"pinner.{room.name}"
    wrong = [
        f"{path.name}: {imported}"
        for path in sorted(room.rglob("*.py"))
        if path.name != "__init__.py"
        for imported in _imported(ast.parse(path.read_bytes()))
        if imported == name or (imported.rpartition(".")[0] == name and not _is_module(imported))
    ]
    assert wrong == []


def test_no_module_imports_relatively() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob("pinner/**/*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert wrong == []
