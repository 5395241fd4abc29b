"""What git gives its merge driver beside three good lockfiles: neither side may get lost without a marker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinner.lock.conflicts import find_conflict
from pinner.lock.model import Lock
from pinner.lock.rendering import render_lock
from tests.support.program import run
from tests.support.sources import pin
from tests.support.trees import write
from tests.workspace.trees import commit, git

IMAGES = [f"docker.io/library/app{number:02}:1" for number in range(8)]


def lock_text(**words: str) -> str:
    """Return the base lock, where the named images (`app03`) have moved."""
    moved = {f"docker.io/library/{name}:1": word for name, word in words.items()}
    return render_lock(Lock.of(pin(key, moved.get(key, "old")) for key in IMAGES))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the base lock and the driver."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "config", "merge.pinner.driver", f"{sys.executable} -m pinner lock merge %O %A %B %P")
    record(tmp_path, lock_text(), pinner_toml="version = 1\n", _gitattributes="pinner.lock merge=pinner\n")
    return tmp_path


def record(root: Path, lock: str, **files: str) -> None:
    write(root, pinner_lock=lock, **files)
    commit(root)


def branch(root: Path, name: str, lock: str) -> None:
    git(root, "switch", "--quiet", "--create", name, "main")
    record(root, lock)


def merge(root: Path, name: str) -> bool:
    """Merge a branch into the one that is checked out; return whether git found no conflict."""
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "merge", "--quiet", "--no-edit", name],
        cwd=root,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def read(root: Path) -> str:
    return (root / "pinner.lock").read_text(encoding="utf-8")


def test_git_keeps_both_sides_where_one_cannot_be_read(repository: Path) -> None:  # H01
    ours, theirs = lock_text(app01="new"), lock_text(app03="new").replace("version = 1", "version = 9")
    branch(repository, "theirs", theirs)
    branch(repository, "ours", ours)
    assert not merge(repository, "theirs")
    assert read(repository) == f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"
    done = run("lock", "resolve", cwd=repository)
    assert (done.code, "needs a newer pinner" in done.stderr) == (2, True)


@pytest.mark.parametrize("agrees", [True, False])
def test_nothing_is_lost_where_both_branches_have_merged_each_other(repository: Path, *, agrees: bool) -> None:  # H01
    """Git merges the two ancestors first, and gives the driver what that leaves, with its markers, as the base."""
    branch(repository, "one", lock_text(app00="one"))
    branch(repository, "two", lock_text(app00="two"))
    git(repository, "branch", "two-before")
    git(repository, "switch", "--quiet", "one")
    git(repository, "branch", "one-before")
    assert not merge(repository, "two-before")
    record(repository, lock_text(app00="one", app01="new"))
    git(repository, "switch", "--quiet", "two")
    assert not merge(repository, "one-before")
    record(repository, lock_text(app00="one" if agrees else "two", app05="new"))
    assert merge(repository, "one") == agrees
    if agrees:
        assert read(repository) == lock_text(app00="one", app01="new", app05="new")
    else:
        assert find_conflict(read(repository)) is not None
        assert run("lock", "resolve", "--take", "theirs", cwd=repository).code == 0
        assert read(repository) == lock_text(app00="one", app01="new", app05="new")
