from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.project import open_project, stdin_source
from pinner.commands.scanning import scan_tree
from pinner.errors import ConfigError, LockError, SourceError, UsageError
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock


def test_the_project_of_a_path_is_the_one_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a__pinner_toml="version = 1\n", a__b__compose_yaml=compose_text("nginx"), c__x="")
    monkeypatch.chdir(tmp_path / "c")
    assert open_project((tmp_path / "a/b/compose.yaml",)).workspace.root == tmp_path / "a"
    assert open_project((tmp_path / "a/b",)).workspace.root == tmp_path / "a"


def test_paths_that_go_up_belong_to_the_project_around_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, pinner_toml="version = 1\n", a__pinner_toml="version = 1\n", b__x="", a__x="")
    monkeypatch.chdir(tmp_path / "a")
    assert open_project((Path("../b/x"), Path("x"))).workspace.root == tmp_path


def test_without_a_path_that_exists_it_is_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, pinner_toml="version = 1\n")
    monkeypatch.chdir(tmp_path)
    assert open_project().workspace.root == tmp_path
    assert open_project((tmp_path / "missing",)).workspace.root == tmp_path


def test_the_configuration_narrows_what_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml='version = 1\nexclude = ["vendor/**"]\n')
    write(tmp_path, compose_yaml=compose_text("nginx"), vendor__compose_yaml=compose_text("nginx"))
    assert [one.source.path for one in scan_tree(project_at(tmp_path))] == ["compose.yaml"]
    off = open_project((tmp_path,), is_config_off=True)
    assert [one.source.path for one in scan_tree(off)] == ["compose.yaml", "vendor/compose.yaml"]


def test_a_configuration_that_was_named_is_used(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", other_toml='version = 1\nexclude = ["*"]\n')
    project = open_project((tmp_path,), config=tmp_path / "other.toml")
    assert project.config.exclude == ("*",)


def test_a_wrong_configuration_is_said_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\nexlude = []\n")
    with pytest.raises(ConfigError, match=r"^pinner\.toml:2: exlude: unknown key"):
        project_at(tmp_path)
    with pytest.raises(UsageError, match="exclude each other"):
        open_project((tmp_path,), config=tmp_path / "pinner.toml", is_config_off=True)


def test_a_tree_without_a_lock_has_an_empty_one(tmp_path: Path) -> None:
    lock_file = project_at(tmp_path).read_lock()
    assert (lock_file.path, lock_file.text, dict(lock_file.lock.pins)) == ("pinner.lock", None, {})


def test_a_lock_is_read_and_its_warnings_are_passed_on(tmp_path: Path) -> None:
    text = write_lock(tmp_path, pin("a.io/b:1")).replace("# end\n", "[later]\n\n# end\n")
    write(tmp_path, pinner_lock=text)
    warnings: list[str] = []
    lock_file = project_at(tmp_path, warnings).read_lock()
    assert (list(lock_file.lock.pins), lock_file.text) == (["a.io/b:1"], text)
    assert warnings == ["pinner.lock:9: later: not known to this version of pinner, kept"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"version = 1\n[images.\n", r"^pinner\.lock:2"),
        (b"version = 1\n\xff\n", r"^pinner\.lock:2:1: not UTF-8"),
    ],
)
def test_a_broken_lock_is_said_with_its_line(tmp_path: Path, content: bytes, problem: str) -> None:
    write(tmp_path, pinner_lock=content)
    with pytest.raises((LockError, SourceError), match=problem):
        project_at(tmp_path).read_lock()


def test_a_lockfile_may_stand_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, tree__pinner_toml="version = 1\n")
    named = tmp_path / "locks/x.lock"
    project = open_project((tmp_path / "tree",), lockfile=named)
    assert project.read_lock().path == named.as_posix()


def test_standard_input_is_taken_for_kubernetes_unless_named() -> None:
    assert stdin_source(b"a", None).path == "stdin.yaml"
    assert stdin_source(b"a", "Dockerfile").path == "Dockerfile"
    with pytest.raises(SourceError, match=r"^x:1:1: not UTF-8"):
        stdin_source(b"\xff", "x")


def test_paths_of_two_projects_are_refused_and_named(tmp_path: Path) -> None:
    write(tmp_path, a__pinner_toml="version = 1\n", b__pinner_toml="version = 1\n", a__x="", b__x="")
    with pytest.raises(UsageError, match=r"several projects: .*a, .*b"):
        open_project((tmp_path / "a" / "x", tmp_path / "b" / "x"))
