"""A run that is killed, and the run after it (C11)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pinner.errors import SourceError
from pinner.workspace import Rewrite, Workspace
from tests.workspace.trees import put, taken, temporary_files

RUN = """
import os, signal, sys
from pathlib import Path
from pinner.workspace import Rewrite, Workspace, writing

limit, put, done = int(sys.argv[2]), writing._put, []

def die(staged):
    if len(done) == limit:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(staged)
    return put(staged)

writing._put = die
tree = Workspace(Path(sys.argv[1]))
with tree.locked():
    old = {name: tree.read(name) for name in ("a.yaml", "b/c.yaml")}
    lock = tree.read_lock()
    tree.write_all([
        Rewrite("pinner.lock", b"new lock", None if lock is None else lock.encode()),
        *(Rewrite(name, b"new", content) for name, content in old.items()),
    ])
"""


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_killed_run_leaves_files_old_or_new_and_the_next_one_finishes(tmp_path: Path, limit: int) -> None:  # C11
    put(tmp_path, "a.yaml", "b/c.yaml")
    put(tmp_path, ".git/HEAD", content=b"ref: refs/heads/main\n")
    killed = subprocess.run([sys.executable, "-c", RUN, str(tmp_path), str(limit)], check=False)
    assert killed.returncode == -signal.SIGKILL
    names = ["pinner.lock", "a.yaml", "b/c.yaml"]
    new = {"pinner.lock": b"new lock", "a.yaml": b"new", "b/c.yaml": b"new"}
    for name in names[:limit]:
        assert (tmp_path / name).read_bytes() == new[name]
    for name in names[max(limit, 1) :]:
        assert (tmp_path / name).read_bytes() == b"x\n"
    assert (tmp_path / "pinner.lock").exists() is (limit > 0)
    assert len(temporary_files(tmp_path)) == 3 - limit
    assert taken(Workspace(tmp_path).list_files()) == sorted(["a.yaml", "b/c.yaml", *names[: min(limit, 1)]])
    subprocess.run([sys.executable, "-c", RUN, str(tmp_path), "9"], check=True)
    assert {name: (tmp_path / name).read_bytes() for name in names} == new
    assert temporary_files(tmp_path) == []


def test_leftovers_are_removed_only_by_a_run_that_holds_the_lock(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", "pinner.lock", ".pinner-0123456789abcdef.tmp")
    tree = Workspace(tmp_path)
    tree.write("a.yaml", b"1")
    assert len(temporary_files(tmp_path)) == 1
    with tree.locked():
        tree.write("a.yaml", b"2")
        assert temporary_files(tmp_path) == []
        with pytest.raises(SourceError, match="gone"):
            tree.write("missing/a.yaml", b"3")


def test_leftovers_beside_files_that_stay_are_removed_too(tmp_path: Path) -> None:  # C11
    put(tmp_path, "a.yaml", "b/.pinner-0123456789abcdef.tmp", "b/.pinner-notes.tmp")
    tree = Workspace(tmp_path)
    with tree.locked():
        assert taken(tree.list_files()) == ["a.yaml", "b/.pinner-notes.tmp"]
        assert len(temporary_files(tmp_path)) == 2  # nothing is removed by looking
        assert tree.write_all([]) == ()
    assert temporary_files(tmp_path) == [tmp_path / "b/.pinner-notes.tmp"]


def test_a_leftover_beside_the_lock_is_removed_by_a_run_that_looks_at_nothing_else(tmp_path: Path) -> None:  # C11
    put(tmp_path, "locks/pinner.lock", "locks/.pinner-0123456789abcdef.tmp")
    (tmp_path / "pinner.lock").symlink_to("locks/pinner.lock")
    tree = Workspace(tmp_path)
    with tree.locked():
        assert tree.write_all([Rewrite("pinner.lock", b"x\n", b"x\n")]) == ()
    assert temporary_files(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        ".pinner-notes.tmp",
        ".pinner-0123.tmp",
        ".pinner-0123456789ABCDEF.tmp",
        ".pinner-0123456789abcdef.tmp~",
        ".pinner-0123456789abcdef.tmp\n",
    ],
)
def test_files_of_people_with_a_name_like_ours_stay_and_are_sources_c11(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.yaml", name)
    tree = Workspace(tmp_path)
    assert taken(tree.list_files()) == sorted([name, "a.yaml"])
    with tree.locked():
        assert tree.write("a.yaml", b"1")
    assert (tmp_path / name).read_bytes() == b"x\n"
