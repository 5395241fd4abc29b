from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.diff import review_locks
from pinner.commands.project import Project
from pinner.errors import LockError, SourceError, UsageError
from pinner.review.changes import Action, Review
from tests.support.sources import pin
from tests.support.trees import project_at, write, write_lock
from tests.workspace.trees import commit, git

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository of three commits: without a lock, with nginx, with a moved nginx and node."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet")
    found = project_at(tmp_path)
    commit(tmp_path)
    write_lock(tmp_path, pin(NGINX, "one"))
    commit(tmp_path)
    write_lock(tmp_path, pin(NGINX, "two"), pin(NODE))
    commit(tmp_path)
    return found


def keys(review: Review) -> tuple[list[str], list[str], list[str]]:
    added, removed, moved = (
        [one.key for one in review.images if one.action is action]
        for action in (Action.ADDED, Action.REMOVED, Action.MOVED)
    )
    return added, removed, moved


def test_a_clean_tree_has_no_difference(project: Project) -> None:
    assert not review_locks(project).images


def test_the_working_tree_is_compared_with_the_last_commit(project: Project) -> None:
    write_lock(project.workspace.root, pin(NGINX, "three"))
    assert keys(review_locks(project)) == ([], [NODE], [NGINX])


@pytest.mark.parametrize(
    ("old", "new"), [("HEAD~1", None), ("HEAD~1", "HEAD"), ("HEAD~1..HEAD", None), ("HEAD~1..", None)]
)
def test_two_revisions_are_compared(project: Project, old: str, new: str | None) -> None:
    assert keys(review_locks(project, old, new)) == ([NODE], [], [NGINX])


def test_a_revision_without_a_lock_is_an_empty_one(project: Project) -> None:
    assert keys(review_locks(project, "HEAD~2", "HEAD~1")) == ([NGINX], [], [])
    assert keys(review_locks(project, "HEAD~2..HEAD~1")) == ([NGINX], [], [])


def test_an_empty_old_side_of_a_range_is_the_last_commit(project: Project) -> None:
    assert not review_locks(project, "..HEAD").images


def test_two_files_are_compared(project: Project, tmp_path: Path) -> None:
    old = tmp_path / "old..lock"
    (tmp_path / "pinner.lock").rename(old)
    assert keys(review_locks(project, str(old), None)) == ([], [NGINX, NODE], [])
    write_lock(tmp_path, pin(NGINX, "three"))
    assert keys(review_locks(project, "old..lock", "pinner.lock")) == ([], [NODE], [NGINX])


@pytest.mark.parametrize("name", ["no-such-branch", "../x/pinner.lock", "a/../b"])
def test_what_is_neither_a_file_nor_a_revision_is_said_as_it_was_written(project: Project, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        review_locks(project, name)
    assert repr(name) in raised.value.message


def test_a_broken_lock_names_its_revision_and_line(project: Project, tmp_path: Path) -> None:
    write(tmp_path, pinner_lock="version = 9\n")
    commit(tmp_path)
    with pytest.raises(LockError, match=r"^HEAD:pinner\.lock:1: needs a newer pinner"):
        review_locks(project, "HEAD", "HEAD")
    write(tmp_path, pinner_lock=b"\xff")
    with pytest.raises(SourceError, match=r"^pinner\.lock:1:1: not UTF-8"):
        review_locks(project, "pinner.lock", "HEAD~1")


def test_a_file_named_like_the_default_revision_does_not_take_its_place(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "HEAD").write_text("no lockfile")
    monkeypatch.chdir(tmp_path)
    assert not review_locks(project).images


def test_before_the_first_commit_everything_is_added(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write_lock(tmp_path, pin(NGINX, "one"))
    assert keys(review_locks(project_at(tmp_path))) == ([NGINX], [], [])
