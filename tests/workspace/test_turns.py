from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinner.errors import UsageError
from pinner.workspace import Workspace, turns
from tests.workspace.trees import put

HOLD = """
import sys
from pathlib import Path
from pinner.workspace import Workspace

with Workspace(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "tree/.git/HEAD", "tree/a.yaml")
    return tmp_path / "tree"


def test_the_lock_leaves_nothing_among_the_files(root: Path, run_time_folder: Path) -> None:
    tree = Workspace(root)
    with tree.locked(), tree.locked():
        assert sorted(file.name for file in root.iterdir()) == [".git", "a.yaml"]
    assert (root / ".git" / "pinner-turn.lock").read_text() == str(os.getpid())
    assert list(run_time_folder.iterdir()) == []
    with tree.locked(seconds=0):
        pass


def test_a_second_run_waits_is_told_and_gives_up(root: Path) -> None:
    said: list[str] = []
    with Workspace(root).locked(), pytest.raises(UsageError) as caught:  # noqa: SIM117 - the order is the point
        with Workspace(root).locked(seconds=0.2, on_wait=said.append):
            pytest.fail("two runs at once")
    holder = f"(process {os.getpid()})"
    assert said == [f"waiting for another run of pinner in this work tree {holder}"]
    assert str(caught.value) == f"another run of pinner works in this tree {holder}"
    assert caught.value.hint is not None
    assert "pinner-turn.lock" in caught.value.hint


@pytest.mark.parametrize("end", ["close", "kill"])
def test_a_run_goes_on_when_the_other_one_is_done_or_killed(root: Path, end: str) -> None:
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"

        def finish(message: str) -> None:
            said.append(message)
            assert holder.stdin is not None
            holder.stdin.close() if end == "close" else holder.kill()

        with Workspace(root).locked(on_wait=finish):
            assert said == [f"waiting for another run of pinner in this work tree (process {holder.pid})"]


def test_without_git_the_lock_stands_in_the_users_run_time_folder(tmp_path: Path, run_time_folder: Path) -> None:
    put(tmp_path, "one/a.yaml", "two/a.yaml")
    with Workspace(tmp_path / "one").locked(), Workspace(tmp_path / "two").locked(seconds=0):
        assert len(list(run_time_folder.iterdir())) == 2
        assert [file.name for file in (tmp_path / "one").iterdir()] == ["a.yaml"]


def test_a_work_tree_linked_to_a_repository_locks_in_its_own_git_folder(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "linked/.git", content=f"gitdir: {root}/.git/worktrees/linked\n".encode())
    put(tmp_path, "tree/.git/worktrees/linked/HEAD", "tree/.git/worktrees/linked/commondir")
    with Workspace(root).locked(), Workspace(tmp_path / "linked").locked(seconds=0):
        assert (root / ".git" / "worktrees" / "linked" / "pinner-turn.lock").exists()


def test_a_place_that_cannot_be_locked_gives_way_to_the_next(root: Path, run_time_folder: Path) -> None:
    (root / ".git" / "pinner-turn.lock").mkdir()
    with Workspace(root).locked():
        assert len(list(run_time_folder.iterdir())) == 1


def test_a_link_in_the_place_of_the_lock_is_not_followed(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "victim", "victim-too")
    (root / ".git" / "pinner-turn.lock").symlink_to(tmp_path / "victim")
    with Workspace(root).locked():
        pass
    (root / ".git" / "pinner-turn.lock").unlink()
    os.link(tmp_path / "victim-too", root / ".git" / "pinner-turn.lock")
    with Workspace(root).locked():
        pass
    assert (tmp_path / "victim").read_bytes() == b"x\n"
    assert (tmp_path / "victim-too").read_bytes() == b"x\n"


def test_a_pipe_in_the_place_of_the_lock_is_not_read(root: Path) -> None:  # SEC-31
    import fcntl

    place = root / ".git" / "pinner-turn.lock"
    os.mkfifo(place)
    descriptor = os.open(place, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match=r"works in this tree$"), Workspace(root).locked(seconds=0):
        pytest.fail("two runs at once")
    os.close(descriptor)


@pytest.mark.parametrize("way", ["file", "link"])
def test_no_lock_is_made_where_there_is_no_git_folder(tmp_path: Path, run_time_folder: Path, way: str) -> None:
    # SEC-32
    put(tmp_path, "victim/a", "tree/a.yaml")
    if way == "file":
        put(tmp_path, "tree/.git", content=b"gitdir: ../victim\n")
    else:
        (tmp_path / "tree" / ".git").symlink_to("../victim")
    with Workspace(tmp_path / "tree").locked():
        assert [file.name for file in (tmp_path / "victim").iterdir()] == ["a"]
        assert len(list(run_time_folder.iterdir())) == 1


def test_where_no_lock_is_possible_the_run_goes_on_with_a_warning(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(turns, "_places", lambda root: iter([root / ".git" / "turn", root / "missing" / "turn"]))
    warnings: list[str] = []
    with Workspace(root, warn=warnings.append).locked():
        pass
    assert warnings == ["no place for a lock: another run of pinner at the same time is not noticed"]


def test_without_fcntl_the_lock_is_a_file_that_is_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    place = root / ".git" / "pinner-turn.lock"
    with Workspace(root).locked():
        assert place.exists()
        with pytest.raises(UsageError, match=f"process {os.getpid()}"), Workspace(root).locked(seconds=0):
            pytest.fail("two runs at once")
    assert not place.exists()


def test_a_holder_that_left_no_number_is_not_named(root: Path) -> None:
    place = root / ".git" / "pinner-turn.lock"
    with Workspace(root).locked():
        place.write_text("odd")
        with pytest.raises(UsageError, match=r"works in this tree$"), Workspace(root).locked(seconds=0):
            pytest.fail("two runs at once")
        place.write_text("9" * 11)
        with pytest.raises(UsageError, match=r"works in this tree$"), Workspace(root).locked(seconds=0):
            pytest.fail("two runs at once")


def test_a_disk_that_takes_no_number_is_locked_all_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", refuse)
    with Workspace(root).locked():
        with pytest.raises(UsageError, match="works in this tree"), Workspace(root).locked(seconds=0):
            pytest.fail("two runs at once")
        assert (root / ".git" / "pinner-turn.lock").exists()
    with Workspace(root).locked(seconds=0):
        pass


def test_the_lock_is_given_back_after_an_error(root: Path) -> None:
    tree = Workspace(root)
    with pytest.raises(ValueError, match="inside"), tree.locked():
        raise ValueError("inside")
    with Workspace(root).locked(seconds=0):
        pass


def test_there_is_always_one_more_place(root: Path, run_time_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    assert [place.parent for place in turns._places(root)] == [root / ".git", run_time_folder, Path("/tmp")]
