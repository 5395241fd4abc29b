"""The tool that writes the expectation of a fixture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cases import ROOT
from tests.support.fixture import write_expectation

TEXT = "services:\n  a: {image: nginx:1, x: y}\n  b:\n    image: redis:7\n  c: {image: $X}\n"


def folder_with(root: Path, module: str, name: str, text: str) -> Path:
    folder = root / module / "case"
    folder.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_file_without_images_gets_no_pinned_bytes(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "compose", "compose.yaml", "services: {a: {image: $X}}\n")
    assert "pinned" not in json.loads(write_expectation(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["compose.yaml", "expected.json"]


def test_the_expectation_says_what_is_found_and_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "compose", "compose.yaml", TEXT)
    (folder / "expected.json").write_text('{"form": "digest"}', encoding="utf-8")
    written = json.loads(write_expectation(folder))
    assert (written["form"], written["refused"], written["pinned"]) == ("digest", ["services.a.image"], "pinned.txt")
    assert [one["line"] for one in written["found"]] == [2, 4]
    assert [one["reason"] for one in written["skipped"]] == ["variable"]
    assert "redis@sha256:" in (folder / "pinned.txt").read_text("utf-8")
    assert json.loads(write_expectation(folder)) == written


def test_a_file_that_another_format_takes_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "kubernetes", "compose.yaml", TEXT)
    with pytest.raises(SystemExit, match="is taken by compose, not by kubernetes"):
        write_expectation(folder)


def test_it_says_what_the_fixtures_of_this_project_say() -> None:
    expected = json.loads((ROOT / "compose" / "plain" / "expected.json").read_text("utf-8"))
    assert {"format", "found", "skipped", "pinned"} == expected.keys()
