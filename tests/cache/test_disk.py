"""The cache's file on the disk: private, replaced in one step, never followed anywhere (RATE-09)."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from pinner.cache.disk import find_cache, read_cache, write_cache
from pinner.cache.entries import MAXIMUM_SIZE


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HOME": "/home/ada"}, "/home/ada/.cache/pinner/answers.json"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/var/tmp/c"}, "/var/tmp/c/pinner/answers.json"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/pinner/answers.json"),
        ({"HOME": "relative"}, None),
        ({"HOME": "", "XDG_CACHE_HOME": ""}, None),
    ],
)
def test_the_cache_is_where_the_user_keeps_caches(environ: dict[str, str], expected: str | None) -> None:
    assert find_cache(environ) == (None if expected is None else Path(expected))


def test_the_file_and_its_folder_are_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "pinner" / "answers.json"
    assert read_cache(path) == b""
    write_cache(path, b"one")
    write_cache(path, b"two")
    assert read_cache(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "answers.json"
    write_cache(path, b"poison")
    path.chmod(mode)
    assert read_cache(path) == b""


def test_a_file_of_another_user_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.json"
    write_cache(path, b"poison")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert read_cache(path) == b""


def test_a_link_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "answers.json"
    write_cache(target, b"theirs")
    path.symlink_to(target)
    assert read_cache(path) == b""
    write_cache(path, b"ours")
    assert (target.read_bytes(), path.is_symlink(), read_cache(path)) == (b"theirs", False, b"ours")


def test_a_pipe_or_a_folder_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert [read_cache(tmp_path / name) for name in ("pipe", "folder", "folder/none")] == [b"", b"", b""]


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    write_cache(path, b"x")
    os.truncate(path, MAXIMUM_SIZE + 1)
    assert read_cache(path) == b""


def test_nothing_is_left_behind_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "answers.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_cache(tmp_path / "answers.json", b"one")
    assert list(tmp_path.iterdir()) == [tmp_path / "answers.json"]


def test_two_at_once_never_leave_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    contents = [bytes([number]) * 100_000 for number in range(4)]
    write_cache(path, contents[0])
    seen: set[bytes] = set()

    def write(content: bytes) -> None:
        for _ in range(50):
            write_cache(path, content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.add(read_cache(path))
    assert seen | {read_cache(path)} <= set(contents)
