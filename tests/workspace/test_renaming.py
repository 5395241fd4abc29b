"""Somebody comes between the last look at a file and its replacement: nothing of theirs is lost (C11)."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pinner.errors import SourceError
from pinner.workspace import Workspace, renaming
from tests.workspace.trees import before_each_rename, put, temporary_files

KNOWS_EXCHANGE = renaming._find_call() is not None

needs_exchange = pytest.mark.skipif(not KNOWS_EXCHANGE, reason="this system knows plain renames only")


def link_away(file: Path) -> None:
    file.unlink()
    file.symlink_to("elsewhere")


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@needs_exchange
@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        (lambda file: file.write_bytes(b"theirs"), lambda file: file.read_bytes() == b"theirs"),
        (Path.unlink, lambda file: not file.exists()),
        (link_away, Path.is_symlink),
        (make_folder, Path.is_dir),
        (lambda file: file.chmod(0o444), lambda file: file.stat().st_mode & 0o777 == 0o444),
    ],
    ids=["written", "removed", "linked", "folder", "read-only"],
)
def test_a_change_at_the_last_moment_is_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    is_kept: Callable[[Path], bool],
) -> None:
    put(tmp_path, "a.yaml")
    before_each_rename(monkeypatch, change)
    with pytest.raises(SourceError, match=r"a\.yaml: changed while pinner was working") as caught:
        Workspace(tmp_path).write("a.yaml", b"new")
    assert caught.value.hint == "0 of 1 files were written; run pinner again to finish"
    assert is_kept(tmp_path / "a.yaml")
    assert temporary_files(tmp_path) == []


@needs_exchange
def test_a_file_that_comes_at_the_last_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before_each_rename(monkeypatch, lambda file: file.write_bytes(b"theirs"))
    with pytest.raises(SourceError, match=r"a\.yaml: changed while pinner was working"):
        Workspace(tmp_path).write("a.yaml", b"new")
    assert (tmp_path / "a.yaml").read_bytes() == b"theirs"
    assert temporary_files(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP])
def test_where_the_system_lacks_it_files_are_replaced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    put(tmp_path, "a.yaml")
    monkeypatch.setattr(renaming, "_find_call", lambda: lambda *_: number)
    assert Workspace(tmp_path).write("a.yaml", b"new")
    assert Workspace(tmp_path).write("b.yaml", b"new")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a.yaml": b"new", "b.yaml": b"new"}


def test_a_system_without_the_call_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert renaming._find_call.__wrapped__() is None


def test_a_python_without_a_bridge_to_c_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctypes", None)
    assert renaming._find_call.__wrapped__() is None
