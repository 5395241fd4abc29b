from __future__ import annotations

from pathlib import Path

import pytest

from pinner.errors import UsageError
from pinner.workspace import Workspace
from pinner.workspace.git import find_git_folder
from tests.workspace.trees import commit, git, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", ".")
    put(tmp_path, "pinner.lock", "app/pinner.lock", content=b"old\n\xff\nno end")
    commit(tmp_path)
    git(tmp_path, "tag", "v1")
    put(tmp_path, "pinner.lock", content=b"new\n")
    return tmp_path


@pytest.mark.parametrize("revision", ["HEAD", "v1", "v1^{tree}", "HEAD^0", "@"])
def test_a_file_is_read_byte_for_byte_as_it_was(root: Path, revision: str) -> None:
    assert Workspace(root).read_revision(revision) == b"old\n\xff\nno end"
    assert Workspace(root).read_revision(revision, "app/pinner.lock") == b"old\n\xff\nno end"


def test_paths_are_relative_to_the_root_below_the_top(root: Path) -> None:
    assert Workspace(root / "app").read_revision("HEAD") == b"old\n\xff\nno end"
    assert Workspace(root / "app", lockfile=root / "pinner.lock").read_revision("HEAD") == b"old\n\xff\nno end"


def test_a_file_that_was_not_there_is_none(root: Path) -> None:
    assert Workspace(root).read_revision("HEAD", "other.lock") is None
    assert Workspace(root).read_revision("HEAD", "app") is None
    assert Workspace(root).read_revision("HEAD", "name with spaces: and colons") is None


@pytest.mark.parametrize("revision", ["", "-x", "--output=x", "HEAD\nv1", "nope", "HEAD:pinner.lock", "HEAD~7", "a b"])
def test_what_is_no_revision_is_a_usage_error(root: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="revision") as caught:
        Workspace(root).read_revision(revision)
    assert caught.value.hint


def test_without_a_repository_or_git_it_is_a_usage_error(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    put(tmp_path, "plain/pinner.lock")
    (root / ".git").rename(root / "moved")
    with pytest.raises(UsageError, match="git cannot read the repository") as caught:
        Workspace(tmp_path / "plain").read_revision("HEAD")
    assert caught.value.hint == "revisions need a git repository and the git program"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="No such file"):
        Workspace(tmp_path / "plain").read_revision("HEAD")


def test_a_repository_of_somebody_else_is_explained(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError) as caught:
        Workspace(root).read_revision("HEAD")
    assert caught.value.hint is not None
    assert "safe.directory" in caught.value.hint


def test_a_linked_work_tree_has_a_git_folder_of_its_own(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "--quiet", str(linked))
    assert find_git_folder(root / "app") == root / ".git"
    assert find_git_folder(linked) == root / ".git" / "worktrees" / "linked"
    assert Workspace(linked).read_revision("HEAD") == b"old\n\xff\nno end"


@pytest.mark.parametrize("content", ["", "nonsense", "gitdir: ", "gitdir: nowhere", "x gitdir: .git"])
def test_a_git_file_that_names_nothing_is_no_git_folder(tmp_path: Path, content: str) -> None:
    put(tmp_path, ".git", content=content.encode())
    assert find_git_folder(tmp_path) is None


def test_a_git_file_that_cannot_be_read_is_no_git_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, ".git")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(PermissionError))
    assert find_git_folder(tmp_path) is None
