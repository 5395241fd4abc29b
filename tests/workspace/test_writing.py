"""New bytes come into files all at once or not at all (C11)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from pinner.errors import SourceError
from pinner.text import fingerprint_of
from pinner.workspace import Edited, Rewrite, Workspace, writing
from tests.workspace.trees import before_each_rename, put, temporary_files

Fails = Callable[..., NoReturn]


def failing(number: int) -> Fails:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def contents(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", "b.yaml")
    before = (tmp_path / "a.yaml").stat()
    assert Workspace(tmp_path).write_all([Rewrite("a.yaml", b"x\n", b"x\n")]) == ()
    assert Workspace(tmp_path).write("b.yaml", b"x\n") is False
    after = (tmp_path / "a.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_bytes_come_back_as_they_were_written(tmp_path: Path) -> None:
    content = bytes(range(256)) + b"\r\n"
    tree = Workspace(tmp_path)
    assert tree.write("new.yaml", content)
    assert tree.read("new.yaml") == content
    assert tree.write("new.yaml", b"")
    assert tree.read("new.yaml") == b""
    assert temporary_files(tmp_path) == []


def test_the_lock_is_replaced_first_and_all_changed_paths_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.yaml", "z.yaml", "same.yaml")
    order: list[str] = []

    def record(target: Path) -> None:
        assert len(temporary_files(tmp_path)) == 3 - len(order)  # everything is staged before the first is replaced
        order.append(target.name)

    before_each_rename(monkeypatch, record)
    rewrites = [
        Rewrite("z.yaml", b"new\n", b"x\n"),
        Rewrite("same.yaml", b"x\n", b"x\n"),
        Rewrite("a.yaml", b"new\n", b"x\n"),
        Rewrite("pinner.lock", b"lock\n", None),
    ]
    assert Workspace(tmp_path).write_all(rewrites) == ("pinner.lock", "a.yaml", "z.yaml")
    assert order == ["pinner.lock", "a.yaml", "z.yaml"]


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o664, 0o4755])
def test_mode_and_owner_are_kept(tmp_path: Path, mode: int) -> None:  # row 104
    put(tmp_path, "a.yaml")
    file = tmp_path / "a.yaml"
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    file.chmod(mode)
    before = file.stat()
    assert Workspace(tmp_path).write("a.yaml", b"new\n")
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


def test_an_owner_that_cannot_be_given_does_not_stop_the_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.yaml")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "fchown", failing(errno.EPERM))
    assert Workspace(tmp_path).write("a.yaml", b"new\n")


def test_a_new_file_gets_the_mode_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        Workspace(tmp_path).write("pinner.lock", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "pinner.lock").stat().st_mode & 0o777 == 0o640


def test_a_file_with_two_names_is_replaced_with_one_warning(tmp_path: Path) -> None:  # row 104
    put(tmp_path, "a.yaml", "plain.yaml")
    os.link(tmp_path / "a.yaml", tmp_path / "b.yaml")
    warnings: list[str] = []
    tree = Workspace(tmp_path, warn=warnings.append)
    assert tree.write("a.yaml", b"x\n") is False
    assert tree.write("plain.yaml", b"new")
    assert warnings == []
    assert tree.write("a.yaml", b"new")
    assert tree.write("a.yaml", b"newer")
    assert warnings == ["a.yaml is hard-linked; its other names keep the old text"]
    assert contents(tmp_path) == {"a.yaml": b"newer", "b.yaml": b"x\n", "plain.yaml": b"new"}


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:  # row 104
    put(tmp_path, "real/a.yaml")
    (tmp_path / "link.yaml").symlink_to("real/a.yaml")
    tree = Workspace(tmp_path)
    assert tree.read("link.yaml") == b"x\n"
    assert tree.write("link.yaml", b"new\n")
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real" / "a.yaml").read_bytes() == b"new\n"


def test_a_path_or_link_out_of_the_tree_is_neither_read_nor_written(tmp_path: Path) -> None:
    put(tmp_path, "outside.yaml", "tree/.git/config")
    root = tmp_path / "tree"
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "pinner.lock").symlink_to(tmp_path / "outside.yaml")
    tree = Workspace(root)
    for path in ("link.yaml", "../outside.yaml", str(tmp_path / "outside.yaml"), ".git/config", "pinner.lock"):
        with pytest.raises(SourceError, match="leads out of the work tree"):
            tree.read(path)
        with pytest.raises(SourceError, match="leads out of the work tree"):
            tree.write_all([Rewrite(path, b"evil", b"x\n")])
    with pytest.raises(SourceError, match="leads out"):
        tree.read_lock()
    assert (tmp_path / "outside.yaml").read_bytes() == b"x\n"


def test_only_a_lockfile_that_the_user_names_may_lie_outside(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    tree = Workspace(root, lockfile=tmp_path / "other.lock")
    assert tree.lock_path == (tmp_path / "other.lock").as_posix()
    assert tree.read_lock() is None
    assert tree.write(tree.lock_path, b"x = 1\n")
    assert tree.read_lock() == "x = 1\n"
    assert Workspace(root, lockfile=root / "deep" / "x.lock").lock_path == "deep/x.lock"
    assert Workspace(root).lock_path == "pinner.lock"


def test_a_lockfile_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path) -> None:
    put(tmp_path, "pinner.lock", content=b"version = 1\n\xff")
    with pytest.raises(SourceError, match=r"pinner\.lock:2:1: not UTF-8"):
        Workspace(tmp_path).read_lock()


def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:  # row 104
    put(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / "b.yaml").chmod(0o444)
    with pytest.raises(SourceError, match=r"b\.yaml: the file is read-only") as caught:
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n"), Rewrite("b.yaml", b"new", b"x\n")])
    assert caught.value.hint == "make it writable, or exclude it"
    assert contents(tmp_path) == {"a.yaml": b"x\n", "b.yaml": b"x\n"}


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EACCES, "make the file and its folder readable and writable for this user"),
        (errno.EROFS, "the file system is mounted read-only"),
        (errno.EIO, None),
    ],
)
def test_a_folder_that_takes_no_file_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, hint: str | None
) -> None:
    put(tmp_path, "a.yaml", "closed/b.yaml")
    opened = os.open

    def refuse(path: str | Path, flags: int, *rest: int) -> int:
        return failing(number)() if "closed" in str(path) and flags & os.O_CREAT else opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    rewrites = [Rewrite("a.yaml", b"new", b"x\n"), Rewrite("closed/b.yaml", b"new", b"x\n")]
    with pytest.raises(SourceError, match=r"closed/b\.yaml: cannot be written: ") as caught:
        Workspace(tmp_path).write_all(rewrites)
    assert caught.value.hint == hint
    assert contents(tmp_path) == {"a.yaml": b"x\n", "closed/b.yaml": b"x\n"}


def test_a_full_disk_is_noticed_before_anything_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.yaml", "b.yaml")
    sync = os.fsync

    def fill(descriptor: int) -> None:  # files are synced side by side, so the one that fails is told by its size
        return failing(errno.ENOSPC)() if os.fstat(descriptor).st_size == len(b"newer") else sync(descriptor)

    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(SourceError, match=r"b\.yaml: cannot be written: No space left") as caught:
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n"), Rewrite("b.yaml", b"newer", b"x\n")])
    assert caught.value.hint == "the disk is full; nothing was changed"
    assert contents(tmp_path) == {"a.yaml": b"x\n", "b.yaml": b"x\n"}


def test_all_bytes_are_on_the_disk_before_the_first_file_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [f"{number % 3}/{number}.yaml" for number in range(20)]
    put(tmp_path, *paths)
    events: list[tuple[str, int]] = []
    sync = os.fsync

    def note_sync(descriptor: int) -> None:
        events.append(("sync", os.fstat(descriptor).st_ino))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note_sync)
    before_each_rename(monkeypatch, lambda target: events.append(("replace", target.stat().st_ino)))
    Workspace(tmp_path).write_all([Rewrite(path, b"new", b"x\n") for path in paths])
    files = {(tmp_path / path).stat().st_ino for path in paths}
    folders = {(tmp_path / path).parent.stat().st_ino for path in paths}
    assert {verb for verb, _ in events[20:40]} == {"replace"}
    assert {inode for _, inode in events[:20]} == files
    assert {inode for _, inode in events[40:]} == folders
    assert contents(tmp_path) == dict.fromkeys(paths, b"new")


def test_what_somebody_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", "b.yaml", "pinner.lock")
    (tmp_path / "gone.yaml").mkdir()
    rewrites = [
        Rewrite("a.yaml", b"new", b"x\n"),
        Rewrite("b.yaml", b"new", b"what pinner read"),
        Rewrite("pinner.lock", b"new", None),
    ]
    with pytest.raises(SourceError) as caught:
        Workspace(tmp_path).write_all(rewrites)
    assert str(caught.value).split("\n") == [
        "pinner.lock: changed while pinner was working",
        "b.yaml: changed while pinner was working",
    ]
    assert caught.value.hint == "nothing was written; run pinner again"
    assert contents(tmp_path) == {"a.yaml": b"x\n", "b.yaml": b"x\n", "pinner.lock": b"x\n"}


def edited(path: str, edit: Callable[[bytes], bytes], content: bytes = b"x\n") -> Edited:
    return Edited(path, fingerprint_of(content), edit)


def test_content_is_made_of_what_stands_there_file_by_file(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", "b.yaml")
    events: list[str] = []

    def double(now: bytes) -> bytes:
        events.append("made")
        return now * 2

    def rewrites() -> Iterator[Edited]:
        for path in ("a.yaml", "b.yaml"):
            events.append(path)
            yield edited(path, double)

    assert Workspace(tmp_path).write_all(rewrites()) == ("a.yaml", "b.yaml")
    assert events == ["a.yaml", "made", "b.yaml", "made"]
    assert contents(tmp_path) == {"a.yaml": b"x\nx\n", "b.yaml": b"x\nx\n"}


def test_no_edit_is_made_in_bytes_that_it_was_not_decided_for(tmp_path: Path) -> None:  # C11
    put(tmp_path, "a.yaml", "b.yaml", "c.yaml")

    def refuse(_: bytes) -> NoReturn:
        pytest.fail("these are other bytes")

    (tmp_path / "c.yaml").unlink()
    (tmp_path / "c.yaml").mkdir()
    rewrites = [edited("a.yaml", refuse, b"old"), edited("b.yaml", lambda _: b"new"), edited("c.yaml", refuse)]
    with pytest.raises(SourceError) as caught:
        Workspace(tmp_path).write_all(rewrites)
    assert str(caught.value).split("\n") == [
        "a.yaml: changed while pinner was working",
        "c.yaml: changed while pinner was working",
    ]
    assert contents(tmp_path) == {"a.yaml": b"x\n", "b.yaml": b"x\n"}


def test_a_file_or_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.yaml: the file or its folder is gone"):
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n")])
    with pytest.raises(SourceError, match=r"x/a\.yaml: the file or its folder is gone"):
        Workspace(tmp_path).write_all([Rewrite("x/a.yaml", b"new", None)])
    assert contents(tmp_path) == {}


def test_one_file_cannot_get_two_contents(tmp_path: Path) -> None:  # C11
    put(tmp_path, "a.yaml")
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    with pytest.raises(SourceError, match=r"a\.yaml and link\.yaml are one file, which cannot get"):
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"1", b"x\n"), Rewrite("link.yaml", b"2", b"x\n")])


@pytest.mark.parametrize("knows", [True, False], ids=["exchange", "plain rename"])
def test_what_somebody_changes_while_others_are_replaced_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, knows: bool
) -> None:  # C11
    put(tmp_path, "a.yaml", "b.yaml")
    before_each_rename(monkeypatch, lambda _: (tmp_path / "b.yaml").write_bytes(b"theirs"), knows_exchange=knows)
    with pytest.raises(SourceError, match=r"b\.yaml: changed while pinner was working") as caught:
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n"), Rewrite("b.yaml", b"new", b"x\n")])
    assert caught.value.hint == "1 of 2 files were written; run pinner again to finish"
    assert contents(tmp_path) == {"a.yaml": b"new", "b.yaml": b"theirs"}


@pytest.mark.parametrize("fails", [True, False], ids=["fails", "unknown"])
def test_what_somebody_changed_comes_back_also_where_files_no_longer_change_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:  # C11
    put(tmp_path, "a.yaml")
    calls: list[Path] = []

    def exchange(source: Path, target: Path) -> bool:
        calls.append(target)
        if len(calls) == 1:
            theirs = target.with_name("theirs")
            theirs.write_bytes(b"theirs")
            source.replace(target)
            theirs.replace(source)
            return True
        if fails:
            failing(errno.EIO)()
        return False

    monkeypatch.setattr(writing, "exchange", exchange)
    with pytest.raises(SourceError, match=r"a\.yaml: changed while pinner was working"):
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n")])
    assert (len(calls), contents(tmp_path)) == (2, {"a.yaml": b"theirs"})


@pytest.mark.parametrize("knows", [True, False], ids=["exchange", "plain rename"])
def test_a_replacement_that_fails_says_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, knows: bool
) -> None:
    put(tmp_path, "a.yaml", "b.yaml")

    def refuse(target: Path) -> None:
        if target.name == "b.yaml":
            failing(errno.EBUSY)()

    before_each_rename(monkeypatch, refuse, knows_exchange=knows)
    with pytest.raises(SourceError, match=r"b\.yaml: cannot be replaced") as caught:
        Workspace(tmp_path).write_all([Rewrite("a.yaml", b"new", b"x\n"), Rewrite("b.yaml", b"new", b"x\n")])
    assert caught.value.hint == "1 of 2 files were written; run pinner again to finish"
    assert contents(tmp_path) == {"a.yaml": b"new", "b.yaml": b"x\n"}


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.yaml")
    opened = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda path, *rest, **named: (
            failing(errno.EACCES)() if Path(path) == tmp_path else opened(path, *rest, **named)
        ),
    )
    assert Workspace(tmp_path).write("a.yaml", b"new\n")
