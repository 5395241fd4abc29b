from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.diff import review_locks
from pinner.commands.places import find_places
from pinner.commands.project import Project
from pinner.lock.model import Lock
from pinner.review.changes import Place
from tests.support.program import run
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock
from tests.workspace.trees import commit, git

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
OLD, NEW = Lock.of([pin(NGINX, "old")]), Lock.of([pin(NGINX, "new"), pin(NODE)])


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def project(tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose last commit has one image, and whose tree has it moved, and another one."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    write_lock(tmp_path, *OLD.pins.values())
    write(tmp_path, deploy__compose_yaml=compose_text("nginx:1.27", "redis:7", f"nginx@{digest_of('new')}"))
    commit(tmp_path)
    write_lock(tmp_path, *NEW.pins.values())
    return project_at(tmp_path, warnings)


def test_only_the_images_that_were_asked_for_are_found(project: Project) -> None:
    assert find_places(project, frozenset(), (OLD, NEW)).places == {}
    assert find_places(project, {NODE}, (OLD, NEW)).places == {NODE: ()}


@pytest.mark.parametrize("which", ["old", "new"])
def test_a_digest_without_a_tag_is_a_use_of_its_tag_on_either_side(project: Project, which: str) -> None:
    path = "deploy/compose.yaml"
    write(project.workspace.root, deploy__compose_yaml=compose_text("nginx:1.27", f"nginx@{digest_of(which)}"))
    found = find_places(project, {NGINX}, (OLD, NEW))
    assert found.places == {NGINX: (Place(path, 3, 12), Place(path, 5, 12))}
    assert found.unreadable == ()


def test_places_are_looked_for_in_the_working_tree_alone(project: Project) -> None:
    assert review_locks(project).places is None
    places = review_locks(project, has_places=True).places
    assert places == {
        NGINX: (Place("deploy/compose.yaml", 3, 12), Place("deploy/compose.yaml", 7, 12)),
        NODE: (),
    }
    assert review_locks(project, "HEAD", "pinner.lock", has_places=True).places is None


def test_no_file_is_read_where_nothing_changed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path)
    monkeypatch.setattr("pinner.commands.places.scan_each", None)
    assert review_locks(project, has_places=True).places == {}


def test_a_file_that_cannot_be_read_is_said(project: Project, warnings: list[str]) -> None:
    write(project.workspace.root, compose_yaml=b"services: {a: {image: \xff}}\n")
    assert review_locks(project, has_places=True).places_of(NODE) == ()
    assert warnings == ["what these files use cannot be read: compose.yaml; see `pinner check`"]


def test_the_program_shows_places_unless_told_not_to(project: Project, tmp_path: Path) -> None:
    assert "used in deploy/compose.yaml:3:12, deploy/compose.yaml:7:12\n" in run("diff", cwd=tmp_path).out
    assert "used in" not in run("diff", "--no-places", cwd=tmp_path).out
    assert "used in" not in run("diff", "HEAD", "pinner.lock", cwd=tmp_path).out


def test_the_projects_settings_say_which_files_count_and_only_for_places(project: Project, tmp_path: Path) -> None:
    write(tmp_path, pinner_toml='version = 1\nexclude = ["deploy/**"]\n')
    assert "used in no file" in run("diff", cwd=tmp_path).out
    assert "used in deploy" in run("diff", "--no-config", cwd=tmp_path).out
    write(tmp_path, pinner_toml="nonsense\n")
    assert [run("diff", *more, cwd=tmp_path).code for more in ([], ["--no-places"], ["HEAD", "pinner.lock"])] == [
        2,
        0,
        0,
    ]


def test_a_difference_is_an_answer_and_an_error_only_where_it_is_asked_for(project: Project, tmp_path: Path) -> None:
    assert [run("diff", *flags, cwd=tmp_path).code for flags in ([], ["--check"], ["--check", "HEAD..HEAD"])] == [
        0,
        1,
        0,
    ]


def test_the_summary_is_said_beside_the_report_and_quiet_leaves_it_out(project: Project, tmp_path: Path) -> None:
    assert run("diff", cwd=tmp_path).stderr == "1 moved, 1 added from HEAD to the working tree\n"
    assert run("diff", "-q", cwd=tmp_path).stderr == ""
    assert run("diff", "--format", "json", cwd=tmp_path).stderr == ""


def test_standard_input_is_a_lockfile(project: Project, tmp_path: Path) -> None:
    text = (tmp_path / "pinner.lock").read_bytes()
    assert run("diff", "-", "--check", cwd=tmp_path, stdin=text).code == 0
    ran = run("diff", "HEAD", "-", "--check", cwd=tmp_path, stdin=text)
    assert (ran.code, ran.stderr) == (1, "1 moved, 1 added from HEAD to standard input\n")
