from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinner.errors import SourceError
from pinner.workspace import Workspace


def test_what_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    (tmp_path / "folder").mkdir()
    tree = Workspace(tmp_path)
    for path, reason in (
        ("fifo.yaml", "not a regular file"),
        ("huge.yaml", "67108865 bytes, more than 67108864"),
        ("missing.yaml", "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
    ):
        with pytest.raises(SourceError, match=f"{path}: {reason}"):
            tree.read(path)
