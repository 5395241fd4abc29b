from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import run

pytestmark = pytest.mark.enable_socket


def test_the_demo_ends_well_and_can_keep_its_project(tmp_path: Path) -> None:
    ran = run("demo", "--keep", tmp_path / "kept", "--color", "always", cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert "\x1b[32m+" in ran.out
    checked = run("check", cwd=tmp_path / "kept")
    assert checked.code == 0


def test_the_demo_overwrites_nothing(tmp_path: Path) -> None:
    ran = run("demo", "--keep", tmp_path, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.stderr == f"error: {str(tmp_path)!r} exists\n  --keep takes a folder that does not exist yet\n"
