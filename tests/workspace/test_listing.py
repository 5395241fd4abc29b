from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pinner.errors import UsageError
from pinner.path_filter import PathFilter
from pinner.workspace import ListedFile, Workspace
from pinner.workspace import listing as listing_module
from tests.workspace.trees import commit, git, left_alone, put, taken


@pytest.fixture(params=["git", "plain"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    if request.param == "git":
        git(folder, "init", "--quiet", ".")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", ".")
    return folder


def test_an_empty_tree_has_no_files(root: Path) -> None:
    assert list(Workspace(root).list_files()) == []


def test_files_come_sorted_with_posix_paths(root: Path) -> None:
    put(root, "b.yaml", "a/z.yaml", "a/b/c.yaml", "a.yaml", "ü ä.yaml", "B.yaml", '"quoted"\n.yaml')
    expected = ['"quoted"\n.yaml', "B.yaml", "a.yaml", "a/b/c.yaml", "a/z.yaml", "b.yaml", "ü ä.yaml"]
    assert taken(Workspace(root).list_files()) == expected


def test_a_folder_narrows_and_a_file_is_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a/one.yaml", "a/two.yaml", "b/three.yaml", "b/four.yaml")
    listed = list(Workspace(root).list_files([root / "a", root / "b" / "four.yaml"]))
    assert listed == [ListedFile("a/one.yaml"), ListedFile("a/two.yaml"), ListedFile("b/four.yaml", is_explicit=True)]
    monkeypatch.chdir(root / "b")
    assert taken(Workspace(root).list_files([Path("four.yaml"), Path("../a")])) == [
        "a/one.yaml",
        "a/two.yaml",
        "b/four.yaml",
    ]
    assert len(taken(Workspace(root).list_files([root]))) == 4


def test_a_file_named_twice_and_by_its_folder_is_visited_once(root: Path) -> None:  # C11
    put(root, "a/one.yaml")
    file = root / "a" / "one.yaml"
    assert list(Workspace(root).list_files([file, root / "a", root / "a" / ".." / "a" / "one.yaml"])) == [
        ListedFile("a/one.yaml", is_explicit=True)
    ]


def test_what_is_not_accepted_is_passed_over_unless_it_is_named(root: Path) -> None:
    put(root, "a.yaml", "b.md", "c.md")
    listed = Workspace(root).list_files([root, root / "c.md"], accepts=lambda path: path.endswith(".yaml"))
    assert taken(listed) == ["a.yaml", "c.md"]


def test_a_path_that_is_missing_or_outside_is_a_usage_error(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "other.yaml")
    with pytest.raises(UsageError, match="does not exist"):
        list(Workspace(root).list_files([root / "missing.yaml"]))
    for outside in (tmp_path / "other.yaml", tmp_path, Path("/dev/null")):
        with pytest.raises(UsageError, match="lies outside of"):
            list(Workspace(root).list_files([outside]))


def test_a_link_and_its_target_are_one_file(root: Path) -> None:  # C11
    put(root, "real.yaml", "target/only.yaml")
    (root / "a-link.yaml").symlink_to("real.yaml")
    (root / "z-link.yaml").symlink_to("z-chain.yaml")
    (root / "z-chain.yaml").symlink_to("real.yaml")
    listed = list(Workspace(root).list_files())
    assert taken(listed) == ["real.yaml", "target/only.yaml"]
    assert left_alone(listed) == dict.fromkeys(("a-link.yaml", "z-chain.yaml", "z-link.yaml"), "same-file")
    only_links = list(Workspace(root).list_files([root / "z-link.yaml", root / "a-link.yaml"]))
    assert taken(only_links) == ["a-link.yaml"]
    assert left_alone(only_links) == {"z-link.yaml": "same-file"}


def test_links_that_leave_the_tree_or_lead_nowhere_are_not_followed(root: Path, tmp_path: Path) -> None:  # C11
    put(tmp_path, "outside.yaml")
    put(root, "folder/in.yaml")
    (root / ".git").mkdir(exist_ok=True)
    put(root, ".git/secret")
    (root / "out.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "folder-out").symlink_to(tmp_path)
    (root / "folder-in").symlink_to("folder")
    (root / "broken.yaml").symlink_to("missing")
    (root / "circle.yaml").symlink_to("circle.yaml")
    (root / "into-git.yaml").symlink_to(".git/secret")
    listed = list(Workspace(root).list_files())
    assert taken(listed) == ["folder/in.yaml"]
    assert left_alone(listed) == {
        "out.yaml": "outside",
        "into-git.yaml": "outside",
        "folder-out": "folder-link",
        "folder-in": "folder-link",
        "broken.yaml": "broken-link",
        "circle.yaml": "broken-link",
    }
    assert left_alone(Workspace(root).list_files([root / "out.yaml"])) == {"out.yaml": "outside"}
    assert taken(Workspace(root).list_files([root / "folder-in"])) == ["folder/in.yaml"]


def test_special_and_huge_files_are_never_opened(root: Path) -> None:
    os.mkfifo(root / "fifo.yaml")
    with (root / "huge.yaml").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    (root / "to-fifo.yaml").symlink_to("fifo.yaml")
    listed = list(Workspace(root).list_files([root / "fifo.yaml", root / "huge.yaml", root / "to-fifo.yaml"]))
    assert left_alone(listed) == {
        "fifo.yaml": "special-file",
        "huge.yaml": "too-large",
        "to-fifo.yaml": "special-file",
    }
    assert taken(Workspace(root).list_files()) == []


def test_a_name_that_is_not_utf_8_is_reported(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.yaml")).write_bytes(b"x")
    assert left_alone(Workspace(root).list_files()) == {"caf\\xe9.yaml": "name-not-utf-8"}


def test_files_that_pinner_has_staged_are_no_sources(root: Path) -> None:
    put(root, ".pinner-0123456789abcdef.tmp", "a/.pinner-fedcba9876543210.tmp", "a/b.yaml")
    assert taken(Workspace(root).list_files()) == ["a/b.yaml"]


def test_without_git_folders_of_copies_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", "node_modules/x/b.yaml", "deep/.venv/c.yaml", ".hg/d.yaml", ".github/e.yaml")
    assert taken(Workspace(tmp_path).list_files()) == [".github/e.yaml", "a.yaml"]


def test_ignored_files_are_not_scanned_but_taken_when_named(repository: Path) -> None:
    put(repository, "a.yaml", "new.yaml", "build/b.yaml", "build/c.yaml")
    put(repository, ".gitignore", content=b"build/\n")
    git(repository, "add", "a.yaml")
    assert taken(Workspace(repository).list_files()) == [".gitignore", "a.yaml", "new.yaml"]
    assert taken(Workspace(repository).list_files([repository / "build" / "b.yaml"])) == ["build/b.yaml"]
    assert taken(Workspace(repository).list_files([repository / "build"])) == ["build/b.yaml", "build/c.yaml"]


def test_deleted_files_are_passed_over_without_a_word(repository: Path) -> None:
    put(repository, "a.yaml", "gone.yaml", "was-a-file")
    commit(repository)
    (repository / "gone.yaml").unlink()
    (repository / "was-a-file").unlink()
    put(repository, "was-a-file/b.yaml")
    warnings: list[str] = []
    listed = list(Workspace(repository, warn=warnings.append).list_files())
    assert taken(listed) == ["a.yaml", "was-a-file/b.yaml"]
    assert (left_alone(listed), warnings) == ({}, [])


@pytest.fixture
def nesting(repository: Path) -> Path:
    """Return a repository with a submodule, an untracked repository and a submodule that is not checked out."""
    put(repository, "a.yaml", "lib/b.yaml")
    for name in ("lib/inner", "empty", "untracked"):
        inner = repository / name
        inner.mkdir()
        git(inner, "init", "--quiet", ".")
        put(inner, "in.yaml")
        commit(inner)
    git(repository, "-c", "advice.addEmbeddedRepo=false", "add", "a.yaml", "lib", "empty")
    shutil.rmtree(repository / "empty")
    (repository / "empty").mkdir()
    return repository


def test_submodules_and_other_repositories_in_the_tree_are_named_c11(nesting: Path) -> None:
    warnings: list[str] = []
    tree = Workspace(nesting, warn=warnings.append)
    listed = list(tree.list_files())
    assert taken(listed) == ["a.yaml", "lib/b.yaml"]
    assert left_alone(listed) == dict.fromkeys(("lib/inner", "untracked"), "nested-repository")
    assert list(tree.list_files()) == listed
    assert warnings == [
        f"{name}: not looked into: a git repository of its own; run pinner in it" for name in ("lib/inner", "untracked")
    ]


def test_a_repository_in_the_tree_is_named_only_where_it_was_asked_for(nesting: Path) -> None:
    warnings: list[str] = []
    tree = Workspace(nesting, warn=warnings.append)
    assert taken(tree.list_files([nesting / "a.yaml"])) == ["a.yaml"]
    assert taken(tree.list_files([nesting / "lib" / "inner"])) == ["lib/inner/in.yaml"]
    exclude = PathFilter(exclude=("lib/inner/", "untracked/**"))
    assert taken(tree.list_files(accepts=exclude.accepts)) == ["a.yaml", "lib/b.yaml"]
    assert warnings == []
    assert left_alone(tree.list_files([nesting / "lib"])) == {"lib/inner": "nested-repository"}
    assert len(warnings) == 1


def test_a_tracked_folder_that_became_a_link_is_visited_once_c11(repository: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside/k.yaml")
    put(repository, "a/deep/k.yaml", "b/deep/k.yaml", "c/k.yaml")
    commit(repository)
    for name, target in (("a", "b"), ("c", "../outside")):
        shutil.rmtree(repository / name)
        (repository / name).symlink_to(target)
    tree = Workspace(repository)
    listed = list(tree.list_files())
    assert taken(listed) == ["b/deep/k.yaml"]
    left = left_alone(listed)
    assert (left["a/deep/k.yaml"], left["c/k.yaml"], left["a"]) == ("same-file", "outside", "folder-link")


def test_a_root_below_the_top_of_the_repository_lists_its_own_files(repository: Path) -> None:
    put(repository, "top.yaml", "app/a.yaml", "app/b/c.yaml")
    commit(repository)
    assert taken(Workspace(repository / "app").list_files()) == ["a.yaml", "b/c.yaml"]


def test_a_hooks_git_variables_do_not_lead_to_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", ".")
    put(repository, "a.yaml")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert taken(Workspace(repository).list_files()) == ["a.yaml"]


def test_a_program_that_the_repository_names_is_not_started(repository: Path) -> None:
    put(repository, "a.yaml")
    git(repository, "config", "core.fsmonitor", "touch started; false")
    assert taken(Workspace(repository).list_files()) == ["a.yaml"]
    assert not (repository / "started").exists()


def test_where_git_fails_the_folder_is_walked_with_a_warning(repository: Path) -> None:
    put(repository, "a.yaml", "ignored.yaml")
    put(repository, ".gitignore", content=b"ignored.yaml\n")
    put(repository, ".git/HEAD", content=b"broken")
    warnings: list[str] = []
    assert taken(Workspace(repository, warn=warnings.append).list_files()) == [".gitignore", "a.yaml", "ignored.yaml"]
    assert len(warnings) == 1
    assert "git cannot list the files" in warnings[0]
    assert taken(Workspace(repository).list_files()) == [".gitignore", "a.yaml", "ignored.yaml"]


def test_without_the_git_program_the_folder_is_walked(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(repository, "a.yaml")
    monkeypatch.setenv("PATH", str(repository / "nowhere"))
    warnings: list[str] = []
    assert taken(Workspace(repository, warn=warnings.append).list_files()) == ["a.yaml"]
    assert "No such file" in warnings[0]


def test_a_file_that_vanishes_while_listing_is_passed_over(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a.yaml")
    monkeypatch.setattr(listing_module, "_walk", lambda _: ["a.yaml", "vanished.yaml"])
    monkeypatch.setattr(listing_module, "find_git_folder", lambda _: None)
    assert taken(Workspace(root).list_files()) == ["a.yaml"]


def test_what_is_listed_is_sorted_by_the_path_that_is_told(tmp_path: Path) -> None:
    for name in (b"\xffz.yaml", b"b.yaml", b"\\a.yaml", b"~.yaml"):
        (tmp_path / os.fsdecode(name)).touch()
    paths = [one.path for one in Workspace(tmp_path).list_files()]
    assert paths == sorted(paths) == ["\\a.yaml", "\\xffz.yaml", "b.yaml", "~.yaml"]
