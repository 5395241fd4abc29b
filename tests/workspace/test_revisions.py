from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from pinner.errors import SourceError, UsageError
from pinner.workspace import Workspace
from pinner.workspace import git as git_module
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


@pytest.mark.parametrize("content", [b"gitdir: .\0x", b"gitdir: real\n" + b" " * 1024 * 1024, b"gitdir: \xff"])
def test_a_git_file_that_cannot_be_read_is_no_git_folder(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "real/HEAD", "real/objects/x")
    put(tmp_path, ".git", content=content)
    assert find_git_folder(tmp_path) is None


@pytest.mark.parametrize(
    ("files", "is_taken"),
    [
        (["HEAD", "objects/x"], True),
        (["HEAD", "commondir"], True),
        (["HEAD"], False),
        (["objects/x", "commondir"], False),
    ],
)
def test_a_folder_that_is_pointed_to_must_look_like_gits_sec_32(
    tmp_path: Path, files: list[str], *, is_taken: bool
) -> None:
    put(tmp_path, *(f"real/{name}" for name in files))
    put(tmp_path, "by-file/.git", content=b"gitdir: ../real\n")
    (tmp_path / "by-link").mkdir()
    (tmp_path / "by-link" / ".git").symlink_to("../real")
    assert (find_git_folder(tmp_path / "by-file") is not None) is is_taken
    assert (find_git_folder(tmp_path / "by-link") is not None) is is_taken


def test_a_file_that_is_too_large_in_a_revision_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "MAXIMUM_SIZE", 12)
    assert Workspace(root).read_revision("HEAD") is not None
    monkeypatch.setattr(git_module, "MAXIMUM_SIZE", 11)
    with pytest.raises(SourceError, match=r"pinner\.lock in 'HEAD': 12 bytes, more than 11"):
        Workspace(root).read_revision("HEAD")


def test_an_object_that_is_damaged_is_a_usage_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = git_module._run
    broken = git_module.GitAnswer(128, b"", "fatal: loose object is corrupt")
    monkeypatch.setattr(
        git_module, "_run", lambda folder, *rest, **stdin: broken if "blob" in rest else run(folder, *rest, **stdin)
    )
    with pytest.raises(UsageError, match="loose object is corrupt"):
        Workspace(root).read_revision("HEAD")


def test_a_short_name_of_two_commits_is_no_revision(root: Path) -> None:
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=root,
        input="".join(
            f"commit refs/heads/many\ncommitter a <a@b> {number} +0000\ndata 0\n" for number in range(1200)
        ).encode(),
        check=True,
    )
    names = subprocess.run(["git", "rev-list", "many"], cwd=root, check=True, capture_output=True, text=True).stdout
    (short, _), *_ = Counter(name[:4] for name in names.split()).most_common()
    with pytest.raises(UsageError, match="git does not know the revision"):
        Workspace(root).read_revision(short)
