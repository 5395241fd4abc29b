"""What commits did to the lockfile, as git tells it: no program of anybody is started for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pinner.workspace.tree import Workspace

MARK = "\x01"


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false")
    done = subprocess.run(("git", *author, *arguments), cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_lock(root: Path, text: str, name: str = "pinner.lock") -> str:
    (root / name).write_text(text, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", f"commit {MARK}00000 of a message")
    return git(root, "rev-parse", "--short", "HEAD")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def test_without_git_or_a_commit_there_are_none(tmp_path: Path, tree: Path) -> None:
    assert Workspace(tree).read_lock_patches(MARK) == ""
    commit_lock(tree, "other\n", name="other.txt")
    assert Workspace(tree).read_lock_patches(MARK) == ""
    alone = tmp_path / "alone"
    alone.mkdir()
    assert Workspace(alone, lockfile=Path("/pinner.lock")).read_lock_patches(MARK) == ""


def test_each_commit_stands_before_its_patch_the_newest_first(tree: Path) -> None:
    first = commit_lock(tree, "a\nb\nc\nd\n")
    second = commit_lock(tree, "a\nb\nC\nd\n")
    lines = Workspace(tree).read_lock_patches(MARK).splitlines()
    assert [line for line in lines if line.startswith(MARK)] == [f"{MARK}{second}", f"{MARK}{first}"]
    assert lines[lines.index("-c") - 1 : lines.index("-c") + 3] == [" b", "-c", "+C", " d"]


def test_the_name_of_the_lockfile_is_no_pattern(tree: Path) -> None:
    commit_lock(tree, "other\n", name="pinner-a.lock")
    name = Path("pinner-*.lock")
    assert Workspace(tree, lockfile=tree / name).read_lock_patches(MARK) == ""


def test_no_program_that_git_is_set_up_to_call_is_called(tree: Path) -> None:
    commit_lock(tree, "a\n")
    witness = tree / "called"
    program = tree / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {witness}\ncat $1\n", encoding="utf-8")
    program.chmod(0o755)
    (tree / ".gitattributes").write_text("pinner.lock diff=evil\n", encoding="utf-8")
    for key in (
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "gpg.program",
        "core.pager",
        "core.fsmonitor",
    ):
        git(tree, "config", key, str(program))
    git(tree, "config", "log.showSignature", "true")
    assert "+a" in Workspace(tree).read_lock_patches(MARK)
    assert not witness.exists()
