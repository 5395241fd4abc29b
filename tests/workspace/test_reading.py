from __future__ import annotations

import os
import resource
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


def calls_of(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Record which of these functions of `os` are called."""
    called: list[str] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def watched(*arguments: object, **named: object) -> object:
            called.append(name)
            return real(*arguments, **named)

        monkeypatch.setattr(os, name, watched)

    for name in names:
        watch(name)
    monkeypatch.setattr(os, "supports_dir_fd", {*os.supports_dir_fd, os.open})
    return called


@pytest.mark.parametrize("depth", [1, 12])
def test_a_file_costs_as_much_however_deep_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    folder = "/".join("d" * depth)
    (tmp_path / folder).mkdir(parents=True)
    paths = [f"{folder}/{number:02}" for number in range(50)]
    for path in paths:
        (tmp_path / path).write_text(path)
    tree = Workspace(tmp_path)
    called = calls_of(monkeypatch, "lstat", "open", "read", "stat", "readlink")
    with tree.descending():
        assert [tree.read(path).decode() for path in paths] == paths
    counts = {name: called.count(name) for name in set(called)}
    assert counts == {"lstat": 50, "open": 50 + depth + 1, "read": 50}


def test_a_file_of_which_the_system_gives_less_than_was_asked_for_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"0123456789")
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 3)))
    assert read_regular(file, "a") == b"0123456789"


def test_while_files_are_read_in_a_row_links_are_what_they_are_sec_32(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "k8s" / ".git").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    for file in (root / "k8s/a.yaml", tmp_path / "outside/a.yaml", root / "k8s/.git/config"):
        file.write_text(file.parent.name)
    (root / "link.yaml").symlink_to("k8s/a.yaml")
    (root / "out.yaml").symlink_to("../outside/a.yaml")
    (root / "inner").symlink_to("k8s")
    (root / "outer").symlink_to("../outside")
    tree = Workspace(root)
    with tree.descending():
        for path in ("k8s/a.yaml", "link.yaml", "inner/a.yaml", "k8s/a.yaml", "k8s/../k8s/a.yaml"):
            assert tree.read(path) == b"k8s"
        for path in ("out.yaml", "outer/a.yaml", "k8s/../../outside/a.yaml", "k8s/.git/config"):
            with pytest.raises(SourceError, match="leads out of the work tree"):
                tree.read(path)
        with pytest.raises(SourceError, match=r"k8s/none.yaml: cannot be read: No such file"):
            tree.read("k8s/none.yaml")


def test_a_folder_that_becomes_a_link_on_the_way_leads_nobody_out_sec_32(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "a/b").mkdir(parents=True)
    (tmp_path / "outside/b").mkdir(parents=True)
    for file in (root / "a/b/x.yaml", tmp_path / "outside/b/x.yaml", tmp_path / "outside/b/y.yaml"):
        file.write_text(file.parts[-3])
    tree = Workspace(root)
    with tree.descending():
        assert tree.read("a/b/x.yaml") == b"a"
        (root / "a").rename(tmp_path / "moved")
        (root / "a").symlink_to(tmp_path / "outside")
        assert tree.read("a/b/x.yaml") == b"a"
        with pytest.raises(SourceError):
            tree.read("a/b/y.yaml")
    with pytest.raises(SourceError, match="leads out of the work tree"):
        tree.read("a/b/x.yaml")


def test_nothing_stays_open_when_files_were_read(tmp_path: Path) -> None:
    write_deep = tmp_path / "a/b/c"
    write_deep.mkdir(parents=True)
    (write_deep / "x").write_text("x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Workspace(tmp_path).descending():
        pass
    tree = Workspace(tmp_path)
    with tree.descending(), tree.descending():
        assert tree.read("a/b/c/x") == b"x"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_where_few_files_may_be_open_deep_ones_are_read_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "/".join("d" * 20)
    folder.mkdir(parents=True)
    (folder / "x").write_text("x")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = {int(one.name) for one in Path("/proc/self/fd").iterdir()}
    # Ten numbers are left.
    most = sorted(set(range(soft)) - taken)[10]
    tree = Workspace(tmp_path)
    with tree.descending():
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        try:
            assert tree.read(f"{'d/' * 20}x") == b"x"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
