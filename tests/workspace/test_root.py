from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinner.errors import ConfigError, SourceError, UsageError
from pinner.workspace import Workspace, find_root
from tests.workspace.trees import put

TABLE = b"[tool.pinner]\nversion = 1\n"


@pytest.mark.parametrize("marker", ["pinner.toml", ".pinner.toml", "pinner.lock", ".git/HEAD", ".git"])
def test_the_nearest_folder_with_a_marker_is_the_root(tmp_path: Path, marker: str) -> None:
    put(tmp_path, "pinner.toml", f"app/{marker}", "app/deploy/a.yaml")
    assert find_root(tmp_path / "app" / "deploy" / "a.yaml") == tmp_path / "app"
    assert find_root(tmp_path / "app" / "deploy") == tmp_path / "app"
    assert find_root(tmp_path / "app") == tmp_path / "app"
    assert find_root(tmp_path) == tmp_path


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        (TABLE, True),
        (b"[tool]\npinner = { version = 1 }\n", True),
        (b"[tool.pinner.deep]\n[broken", True),
        (b"[tool.ruff]\n# pinner\n[broken", False),
        (b"[project]\nname = 'pinner'\n", False),
        (b"tool = 'pinner'\n", False),
        (b"[tool.ruff]\n", False),
        (b"\xff pinner", False),
    ],
)
def test_a_pyproject_counts_only_with_our_table(tmp_path: Path, content: bytes, is_ours: bool) -> None:  # noqa: FBT001 - a parameter of the table
    put(tmp_path, "pinner.toml", "app/a/b.yaml")
    put(tmp_path, "app/pyproject.toml", content=content)
    assert find_root(tmp_path / "app" / "a") == (tmp_path / "app" if is_ours else tmp_path)


def test_without_a_marker_the_root_is_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "here/app/a.yaml", "there/b.yaml")
    monkeypatch.chdir(tmp_path / "here")
    assert find_root(Path("app/a.yaml")) == tmp_path / "here"
    assert find_root(Path("app")) == tmp_path / "here"
    assert find_root(tmp_path / "there" / "b.yaml") == tmp_path / "there"
    assert find_root(tmp_path / "there") == tmp_path / "there"


def test_a_tree_without_configuration_has_none(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", content=b"[project]\n")
    assert Workspace(tmp_path).read_config() is None


@pytest.mark.parametrize("name", ["pinner.toml", ".pinner.toml"])
def test_the_configuration_of_the_tree_is_found(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, content=b"version = 1\n")
    put(tmp_path, "pyproject.toml", content=TABLE)
    assert Workspace(tmp_path).read_config() == (name, "version = 1\n", ())
    assert Workspace(tmp_path).read_config(is_off=True) is None


def test_the_table_of_a_pyproject_is_found(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", content=TABLE)
    assert Workspace(tmp_path).read_config() == ("pyproject.toml", TABLE.decode(), ("tool", "pinner"))


def test_a_named_configuration_wins_wherever_it_is(tmp_path: Path) -> None:
    put(tmp_path, "tree/pinner.toml", "other.toml", content=b"version = 1\n")
    put(tmp_path, "pyproject.toml", content=TABLE)
    tree = Workspace(tmp_path / "tree")
    other = tmp_path / "other.toml"
    assert tree.read_config(file=other) == (other.as_posix(), "version = 1\n", ())
    found = tree.read_config(file=tmp_path / "pyproject.toml")
    assert found is not None
    assert found.table == ("tool", "pinner")


def test_flags_that_do_not_fit_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        Workspace(tmp_path).read_config(file=tmp_path / "x.toml", is_off=True)
    with pytest.raises(UsageError, match="is not a file"):
        Workspace(tmp_path).read_config(file=tmp_path / "x.toml")


def test_two_configurations_are_an_error(tmp_path: Path) -> None:
    put(tmp_path, "pinner.toml", ".pinner.toml")
    with pytest.raises(ConfigError, match=r"pinner\.toml and \.pinner\.toml are both there"):
        Workspace(tmp_path).read_config()


def test_a_configuration_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path) -> None:
    put(tmp_path, "pinner.toml", content=b"version = 1\n# \xe9\n")
    with pytest.raises(SourceError, match=r"pinner\.toml:2:3: not UTF-8"):
        Workspace(tmp_path).read_config()


def test_a_link_in_the_tree_is_followed_to_the_configuration(tmp_path: Path) -> None:
    put(tmp_path, "settings/pinner.toml", content=b"version = 1\n")
    (tmp_path / "pinner.toml").symlink_to("settings/pinner.toml")
    assert Workspace(tmp_path).read_config() == ("pinner.toml", "version = 1\n", ())


@pytest.mark.parametrize("name", ["pinner.toml", ".pinner.toml", "pyproject.toml"])
def test_a_configuration_that_leads_out_of_the_tree_is_refused_sec_33(tmp_path: Path, name: str) -> None:
    put(tmp_path, "outside.toml", content=TABLE)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / name).symlink_to("../outside.toml")
    with pytest.raises(SourceError, match=f"^{name}: leads out of the work tree$") as caught:
        Workspace(tmp_path / "tree").read_config()
    assert caught.value.hint == "replace the link by the file, or name the file with --config"
    named = Workspace(tmp_path / "tree").read_config(file=tmp_path / "tree" / name)
    assert named is not None
    assert named.text == TABLE.decode()


def test_a_pyproject_outside_that_is_not_ours_does_not_disturb(tmp_path: Path) -> None:
    put(tmp_path, "outside.toml", content=b"[project]\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "pyproject.toml").symlink_to("../outside.toml")
    assert Workspace(tmp_path / "tree").read_config() is None


def test_a_probe_for_our_table_ends_whatever_the_file_is_sec_31(tmp_path: Path) -> None:
    put(tmp_path, "pinner.toml", "a/b/c/x.yaml")
    os.mkfifo(tmp_path / "a" / "b" / "c" / "pyproject.toml")
    (tmp_path / "a" / "b" / "pyproject.toml").symlink_to("/dev/zero")
    with (tmp_path / "a" / "pyproject.toml").open("wb") as file:
        file.write(TABLE)
        file.truncate(1024 * 1024 + 1)
    assert find_root(tmp_path / "a" / "b" / "c") == tmp_path
    for folder in ("a/b/c", "a/b", "a"):
        assert Workspace(tmp_path / folder).read_config() is None


def test_a_configuration_that_never_ends_is_refused_sec_31(tmp_path: Path) -> None:
    put(tmp_path, "zero/x", "fifo/x")
    (tmp_path / "zero" / "pinner.toml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "fifo" / "pinner.toml")
    for folder, reason in (("zero", "leads out of the work tree"), ("fifo", "not a regular file")):
        with pytest.raises(SourceError, match=reason):
            Workspace(tmp_path / folder).read_config()
    (tmp_path / "fifo" / "pinner.lock").symlink_to("pinner.toml")
    with pytest.raises(SourceError, match="not a regular file"):
        Workspace(tmp_path / "fifo").read_lock()
