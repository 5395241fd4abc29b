"""git is told once that pinner merges lockfiles, and does so: shown with real git."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinner.commands.git_setup import extend_attributes, set_git_up
from pinner.commands.project import open_project
from pinner.errors import UsageError
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from tests.support.program import run, tree_hash
from tests.support.sources import pin
from tests.support.trees import project_at, write
from tests.workspace.trees import AUTHOR, commit, git

LINE = "pinner.lock merge=pinner diff=pinner linguist-language=TOML -linguist-generated\n"
A, B, C = (f"docker.io/library/{name}:1" for name in "abc")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    write(tmp_path, pinner_toml="version = 1\n")
    return tmp_path


def attribute(root: Path, name: str, path: str) -> str:
    done = subprocess.run(["git", "check-attr", "-z", name, "--", path], cwd=root, capture_output=True, check=True)
    return done.stdout.split(b"\0")[2].decode()


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"* text=auto\n{LINE}*.png binary\n",
        LINE.replace("\n", "\r\n"),
        LINE.replace(" ", " \t").removesuffix("\n"),
        "  pinner.lock merge=pinner text\npinner.lock -linguist-generated diff=pinner linguist-language=TOML\n",
        f"pinner.lock merge=union\n{LINE}",
    ],
)
def test_attributes_that_say_all_stay_as_they_are(text: str) -> None:
    assert extend_attributes(text, "pinner.lock") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", LINE),
        ("* text=auto\n", f"* text=auto\n{LINE}"),
        ("* text=auto", f"* text=auto\n{LINE}"),
        ("a b\r\n*.x c\r\n", "a b\r\n*.x c\r\n" + LINE.replace("\n", "\r\n")),
        (f"{LINE}pinner.lock merge=union\n", f"{LINE}pinner.lock merge=union\n{LINE}"),
        ("pinner.lock -diff linguist-generated\n", f"pinner.lock -diff linguist-generated\n{LINE}"),
        (f"# {LINE}", f"# {LINE}{LINE}"),
        (f"my{LINE}", f"my{LINE}{LINE}"),
        ("pinner.lock.json merge=pinner\n", f"pinner.lock.json merge=pinner\n{LINE}"),
    ],
)
def test_what_is_missing_is_added_behind_what_is_there(before: str, after: str) -> None:
    assert extend_attributes(before, "pinner.lock") == after
    assert extend_attributes(after, "pinner.lock") == after


def test_a_second_run_changes_nothing(repository: Path) -> None:
    write(repository, _gitattributes="* text=auto\r\n")
    assert set_git_up(project_at(repository)).patch
    before = tree_hash(repository)
    assert before != {}
    assert set_git_up(project_at(repository)).patch == ""
    assert tree_hash(repository) == before
    assert b"\n" not in (repository / ".gitattributes").read_bytes().replace(b"\r\n", b"")


def test_git_sees_the_attributes(repository: Path) -> None:
    set_git_up(project_at(repository))
    wanted = {"merge": "pinner", "diff": "pinner", "linguist-language": "TOML", "linguist-generated": "unset"}
    assert {name: attribute(repository, name, "pinner.lock") for name in wanted} == wanted
    assert attribute(repository, "merge", "service/pinner.lock") == "pinner"
    assert attribute(repository, "merge", "other.lock") == "unspecified"


@pytest.mark.parametrize("name", ["prod.lock", "locks/prod.lock", "my locks/a\tb.lock", 'a"[1]*\\.lock', "ü/x.lock"])
def test_a_lockfile_with_another_name_is_meant_in_its_place_alone(repository: Path, name: str) -> None:
    project = open_project((repository,), lockfile=repository / name)
    (repository / name).parent.mkdir(exist_ok=True)
    set_git_up(project)
    assert set_git_up(project).patch == ""
    assert attribute(repository, "merge", name) == "pinner"
    assert attribute(repository, "merge", f"deeper/{name}") == "unspecified"
    assert attribute(repository, "merge", "pinner.lock") == "unspecified"


def test_a_project_below_the_root_of_the_repository_has_attributes_of_its_own(repository: Path) -> None:
    write(repository / "service", pinner_toml="version = 1\n")
    warnings: list[str] = []
    set_git_up(project_at(repository / "service", warnings))
    assert not (repository / ".gitattributes").exists()
    assert attribute(repository, "merge", "service/pinner.lock") == "pinner"
    assert (attribute(repository, "merge", "pinner.lock"), warnings) == ("unspecified", [])


def test_without_git_the_line_is_written_all_the_same(tmp_path: Path) -> None:
    warnings: list[str] = []
    set_git_up(project_at(tmp_path, warnings))
    assert ((tmp_path / ".gitattributes").read_text(), warnings) == (LINE, [])


def test_a_lockfile_outside_of_the_tree_has_no_attributes(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "pinner.lock"
    with pytest.raises(UsageError, match="outside of the tree"):
        set_git_up(open_project((repository,), lockfile=elsewhere))
    assert not (repository / ".gitattributes").exists()


def test_attributes_behind_a_link_are_refused(repository: Path) -> None:
    write(repository, attributes="* text\n")
    (repository / ".gitattributes").symlink_to("attributes")
    with pytest.raises(UsageError, match="which git does not follow"):
        set_git_up(project_at(repository))
    assert (repository / "attributes").read_text() == "* text\n"


def test_another_line_that_decides_is_told(repository: Path) -> None:
    warnings: list[str] = []
    write(repository, _gitattributes=f"{LINE}*.lock merge=binary\n")
    set_git_up(project_at(repository, warnings))
    assert [one.partition(":")[0] for one in warnings] == ["git takes the merge driver 'binary' for pinner.lock"]


def test_the_driver_that_was_set_up_merges(repository: Path) -> None:  # H01
    program = repository.parent / "bin"
    program.mkdir()
    (program / "pinner").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pinner "$@"\n')
    (program / "pinner").chmod(0o755)
    path = f"{program}{os.pathsep}{os.environ['PATH']}"
    setup = run("init", "--git", cwd=repository)
    assert setup.code == 0
    subprocess.run(["sh"], input=setup.stdout, cwd=repository, check=True)
    write(repository, pinner_lock=render_lock(Lock.of([pin(A)])))
    commit(repository)
    git(repository, "switch", "--quiet", "--create", "theirs")
    write(repository, pinner_lock=render_lock(Lock.of([pin(A), pin(B)])))
    commit(repository)
    git(repository, "switch", "--quiet", "main")
    write(repository, pinner_lock=render_lock(Lock.of([pin(A), pin(C)])))
    commit(repository)
    environ = os.environ | AUTHOR | {"PATH": path, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 - as the shell says it
    subprocess.run(["git", "merge", "--quiet", "--no-edit", "theirs"], cwd=repository, env=environ, check=True)
    merged = (repository / "pinner.lock").read_text()
    assert list(parse_lock(merged, "pinner.lock").pins) == [A, B, C]


def test_a_hunk_is_shown_under_the_name_of_its_image(repository: Path) -> None:
    subprocess.run(["sh"], input=run("init", "--git", cwd=repository).stdout, cwd=repository, check=True)
    first = pin(A).platforms
    write(repository, pinner_lock=render_lock(Lock.of([pin(A, "old"), pin(B)])))
    commit(repository)
    write(repository, pinner_lock=render_lock(Lock.of([pin(A, "new"), pin(B)])))
    done = subprocess.run(["git", "diff", "-U0"], cwd=repository, capture_output=True, check=True, text=True)
    assert first
    assert [line.rpartition("@@ ")[2] for line in done.stdout.splitlines() if line.startswith("@@")] == [A]


def test_a_preview_writes_nothing(repository: Path) -> None:
    before = tree_hash(repository)
    shown = run("init", "--git", "--diff", cwd=repository)
    assert (shown.code, shown.out.endswith(f"+{LINE}")) == (1, True)
    checked = run("init", "--git", "--check", cwd=repository)
    assert (checked.code, checked.out, checked.stderr) == (1, "", ".gitattributes would change\n")
    assert tree_hash(repository) == before
    subprocess.run(["git", "apply"], input=shown.stdout, cwd=repository, check=True)
    assert run("init", "--git", "--check", cwd=repository).code == 0
    assert (repository / ".gitattributes").read_text() == LINE


def test_init_alone_says_what_it_can_do(repository: Path) -> None:
    ran = run("init", cwd=repository)
    assert (ran.code, ran.out) == (2, "")
    assert "pinner init --git" in ran.stderr
