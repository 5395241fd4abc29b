from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinner.errors import SourceError
from pinner.workspace import Workspace, reading
from pinner.workspace.reading import read_regular


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


def test_the_real_path_of_a_link_is_the_file_behind_it(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "k8s").mkdir(parents=True)
    (root / "link.yaml").symlink_to("k8s/real.yaml")
    (root / "out.lock").symlink_to(tmp_path / "x.lock")
    tree = Workspace(root, lockfile=root / "out.lock")
    assert tree.real_path("k8s/real.yaml") == "k8s/real.yaml"
    assert tree.real_path("link.yaml") == "k8s/real.yaml"
    assert tree.real_path("new.yaml") == "new.yaml"
    assert tree.real_path(tree.lock_path) == (tmp_path / "x.lock").as_posix()


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_regular(file, "a", limit=5) == b"12345"
    with pytest.raises(SourceError, match="a: 5 bytes, more than 4"):
        read_regular(file, "a", limit=4)


def test_a_device_is_not_even_opened_sec_31(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    os.mkfifo(tmp_path / "fifo")
    for file in (Path("/dev/zero"), tmp_path / "fifo"):
        with pytest.raises(SourceError, match="not a regular file"):
            read_regular(file, "a")


@pytest.mark.parametrize(("length", "is_read"), [(0, True), (5, True), (6, False)])
def test_a_file_that_has_more_bytes_than_it_says_is_bounded_sec_31(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, *, is_read: bool
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * length)
    monkeypatch.setattr(reading, "_check", lambda *_: 0)  # as the system says of its own files
    if is_read:
        assert read_regular(file, "a", limit=5) == b"x" * length
    else:
        with pytest.raises(SourceError, match="a: 6 bytes, more than 5"):
            read_regular(file, "a", limit=5)
