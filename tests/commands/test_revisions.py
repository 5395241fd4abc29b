"""Which two lockfiles `diff` compares (H06)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.project import Project
from pinner.commands.revisions import LockSide, read_sides
from pinner.errors import LockError, UsageError
from pinner.lock.model import Lock
from pinner.lock.rendering import render_lock
from tests.support.sources import pin
from tests.support.trees import project_at, write, write_lock
from tests.workspace.trees import commit, git

NGINX = "docker.io/library/nginx:1.27"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose branch `topic` left `main` at digest "one"; both have moved on since."""
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    git(root, "init", "--quiet", "--initial-branch", "main")
    project_at(root)
    lock_at(root, "one")
    git(root, "switch", "--quiet", "--create", "topic")
    lock_at(root, "topic")
    git(root, "switch", "--quiet", "main")
    lock_at(root, "main")
    git(root, "switch", "--quiet", "topic")
    write_lock(root, pin(NGINX, "tree"))
    return root


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def project(root: Path, warnings: list[str]) -> Project:
    return project_at(root, warnings)


def lock_at(root: Path, content: str) -> None:
    write_lock(root, pin(NGINX, content))
    commit(root)


def contents(sides: tuple[LockSide, LockSide]) -> list[str | None]:
    """Return what the digest of nginx is the hash of, on each side."""
    known = {pin(NGINX, one).digest: one for one in ("one", "topic", "main", "tree", "other")}
    found = [side.lock.get(NGINX) for side in sides]
    return [None if one is None else known[one.digest] for one in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("HEAD", None, ["topic", "tree"]),
        ("main", None, ["main", "tree"]),
        ("main", "HEAD", ["main", "topic"]),
        ("main..topic", None, ["main", "topic"]),
        ("main..", None, ["main", "topic"]),
        ("..main", None, ["topic", "main"]),
        ("main...topic", None, ["one", "topic"]),
        ("main...", None, ["one", "topic"]),
        ("...main", None, ["one", "main"]),
        ("HEAD", "pinner.lock", ["topic", "tree"]),
        ("main:pinner.lock", "topic:pinner.lock", ["main", "topic"]),
        (":pinner.lock", None, ["topic", "tree"]),
    ],
)
def test_each_way_to_name_two_sides(project: Project, old: str, new: str | None, expected: list[str]) -> None:
    assert contents(read_sides(project, old, new)) == expected


def test_without_names_the_tree_is_compared_with_where_it_left_the_default_branch(
    project: Project, warnings: list[str]
) -> None:
    sides = read_sides(project)
    assert contents(sides) == ["one", "tree"]
    assert [side.name for side in sides] == ["the merge base of main and HEAD", "the working tree"]
    assert sides[0].commit == project.workspace.find_commit("main~1")
    assert [side.is_working_tree for side in sides] == [False, True]
    assert warnings == []


def test_on_the_default_branch_itself_it_is_the_last_commit(project: Project, root: Path) -> None:
    git(root, "checkout", "--quiet", "pinner.lock")
    git(root, "switch", "--quiet", "main")
    write_lock(root, pin(NGINX, "tree"))
    assert contents(read_sides(project)) == ["main", "tree"]
    assert read_sides(project)[0].name == "HEAD"


def test_the_remote_says_what_its_default_branch_is(project: Project, root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/trunk", "topic")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert contents(read_sides(project)) == ["topic", "tree"]
    assert read_sides(project)[0].name == "the merge base of origin/trunk and HEAD"


@pytest.mark.parametrize("ref", ["refs/remotes/origin/stem", "refs/heads/stem", "refs/remotes/origin/main"])
def test_a_branch_of_a_usual_name_is_taken_where_the_remote_says_nothing(
    project: Project, root: Path, ref: str
) -> None:
    git(root, "config", "init.defaultBranch", "stem")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    git(root, "update-ref", ref, "topic")
    assert contents(read_sides(project)) == ["topic", "tree"]


@pytest.mark.parametrize("name", ["-x", "--output=x", "a\nb", "a b", ".."])
def test_an_odd_name_in_the_settings_is_no_branch(project: Project, root: Path, name: str) -> None:
    git(root, "config", "init.defaultBranch", name)
    assert contents(read_sides(project)) == ["one", "tree"]


def test_without_a_default_branch_the_last_commit_stands_in_and_that_is_said(
    project: Project, root: Path, warnings: list[str]
) -> None:
    git(root, "branch", "--move", "main", "other")
    assert contents(read_sides(project)) == ["topic", "tree"]
    assert warnings == ["no default branch is known here (origin/HEAD, main, master): HEAD stands in for it"]


def test_before_the_first_commit_there_was_nothing(project: Project, root: Path, warnings: list[str]) -> None:
    git(root, "checkout", "--quiet", "--orphan", "fresh")
    assert contents(read_sides(project)) == [None, "tree"]
    assert warnings == []


def test_a_repository_that_git_cannot_read_is_not_taken_for_an_empty_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError, match="git cannot read the repository"):
        read_sides(project)


def test_a_shallow_clone_without_the_common_commit_says_what_to_fetch(root: Path, tmp_path: Path) -> None:
    git(root, "checkout", "--quiet", "pinner.lock")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{root}", str(clone))
    with pytest.raises(UsageError, match=r"ancestor of 'origin/main' and 'HEAD' in this shallow clone") as raised:
        read_sides(project_at(clone), "origin/main...HEAD")
    assert raised.value.hint is not None
    assert "git fetch --unshallow" in raised.value.hint
    git(clone, "fetch", "--quiet", "--unshallow")
    assert contents(read_sides(project_at(clone), "origin/main...HEAD")) == ["one", "topic"]


def test_a_partial_clone_without_the_lockfile_says_how_to_get_it(root: Path, tmp_path: Path) -> None:
    git(root, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{root}", str(clone))
    with pytest.raises(UsageError, match="git cannot read the repository") as raised:
        read_sides(project_at(clone), "origin/main")
    assert raised.value.hint == "a partial clone lacks the file: `git show REVISION:PATH` fetches it"
    git(clone, "show", "origin/main:pinner.lock")
    assert contents(read_sides(project_at(clone), "origin/main")) == ["main", "topic"]


def test_histories_without_a_common_commit_are_said(project: Project, root: Path) -> None:
    git(root, "checkout", "--quiet", "--orphan", "island")
    commit(root)
    with pytest.raises(UsageError, match=r"no common ancestor of 'main' and 'HEAD'$") as raised:
        read_sides(project)
    assert raised.value.hint == "name the revision to compare with"


@pytest.mark.parametrize("name", ["nope...HEAD", "HEAD...nope", "nope..HEAD", "HEAD..nope", "nope", "nope:x", "main:x"])
def test_what_git_does_not_know_is_said(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match=r"git does not know the (revision|file)"):
        read_sides(project, name)


@pytest.mark.parametrize("name", ["-x", "--help..HEAD", "HEAD...-x", "-x:y", "a\nb", "a\nb:c"])
def test_a_name_cannot_be_taken_for_an_option(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match="is not a revision"):
        read_sides(project, name)


def test_a_range_names_both_sides(project: Project) -> None:
    with pytest.raises(UsageError, match=r"'main\.\.HEAD' names both sides") as raised:
        read_sides(project, "main..HEAD", "topic")
    assert raised.value.hint == "leave 'topic' out"


def test_standard_input_is_one_side(project: Project) -> None:
    text = render_lock(Lock.of([pin(NGINX, "other")])).encode()
    sides = read_sides(project, "-", read_stdin=lambda: text)
    assert (contents(sides), sides[0].name) == (["other", "tree"], "standard input")
    assert contents(read_sides(project, "main", "-", read_stdin=lambda: text)) == ["main", "other"]
    with pytest.raises(UsageError, match="one side only"):
        read_sides(project, "-", "-", read_stdin=lambda: text)
    with pytest.raises(LockError, match=r"^-:1: version is missing"):
        read_sides(project, "-")


def test_a_side_without_a_lockfile_counts_as_empty_and_is_said(
    project: Project, root: Path, warnings: list[str]
) -> None:
    git(root, "mv", "--force", "pinner.lock", "old.lock")
    commit(root)
    assert contents(read_sides(project, "HEAD", "HEAD~1")) == [None, "topic"]
    assert warnings == ["HEAD has no pinner.lock, which counts as empty; one of another name is REVISION:PATH"]
    assert contents(read_sides(project, "HEAD:old.lock", "HEAD~1")) == ["tree", "topic"]
    assert contents(read_sides(project, "HEAD~1")) == ["topic", None]
    assert warnings[1:] == [
        "the working tree has no pinner.lock, which counts as empty; one of another name is REVISION:PATH"
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("<<<<<<< ours\n", "the lockfile holds a merge conflict", "a commit stays as it is"),
        ("nonsense\n", "", "a commit stays as it is"),
        ("version = 9\n", "needs a newer pinner", "upgrade it"),
    ],
)
def test_a_commit_with_a_broken_lockfile_is_named_with_a_way_out(
    project: Project, root: Path, text: str, message: str, hint: str
) -> None:
    write(root, pinner_lock=text)
    commit(root)
    with pytest.raises(LockError, match=f"^HEAD:pinner.lock:1.*{message}") as raised:
        read_sides(project, "HEAD", "main")
    assert hint in str(raised.value.hint)
    with pytest.raises(LockError) as raised:
        read_sides(project, "main")
    assert "a commit stays" not in str(raised.value.hint)


def test_a_file_may_have_any_name(project: Project, root: Path) -> None:
    text = render_lock(Lock.of([pin(NGINX, "other")]))
    for name in ("the working tree", "main", "a..b", "c:d"):
        (root / name).write_text(text, encoding="utf-8")
        sides = read_sides(project, "HEAD", name)
        assert (contents(sides), sides[1].name, sides[1].is_working_tree) == (["topic", "other"], name, False)


@pytest.mark.parametrize("name", ["x" * 5000, "x..y" * 2000, "x\0y"])
def test_a_name_that_no_file_can_have_is_told(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match=r"git does not know|is not a revision"):
        read_sides(project, name)


def test_without_a_repository_only_that_is_said(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="git cannot read the repository"):
        read_sides(project_at(tmp_path, warnings))
    assert warnings == []
