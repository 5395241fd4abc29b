from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.check import check_tree
from pinner.commands.scanning import scan_source, scan_tree
from pinner.errors import SourceError, UsageError
from pinner.text import Source
from pinner.workspace.tree import Workspace
from tests.support.sources import compose_text
from tests.support.trees import project_at, write


def reasons(root: Path, *paths: Path) -> dict[str, list[str]]:
    return {one.source.path: [skipped.reason for skipped in one.skipped] for one in scan_tree(project_at(root), paths)}


def test_files_without_images_are_not_spoken_of(tmp_path: Path) -> None:
    write(
        tmp_path, README_md="nginx:1.27", values_yaml="a: 1\n", compose_yaml="services: {}\n", chart_yaml="image: x\n"
    )
    write(tmp_path, compose_other_yaml="services: {a: {labels: [image]}}\n")
    assert scan_tree(project_at(tmp_path)) == ()


def test_every_file_that_a_format_takes_comes_once_and_in_order(tmp_path: Path) -> None:
    write(tmp_path, b__Dockerfile="FROM node:22\n", compose_yaml=compose_text("nginx"), a_txt="FROM x\n")
    found = scan_tree(project_at(tmp_path))
    assert [(one.source.path, one.format and one.format.name) for one in found] == [
        ("b/Dockerfile", "dockerfile"),
        ("compose.yaml", "compose"),
    ]


def test_a_file_that_is_not_utf8_is_said_at_its_first_bad_byte(tmp_path: Path) -> None:  # row 95
    write(tmp_path, compose_yaml=b"services:\n  a:\n    image: caf\xe9\n", logo_png=b"\xff\xd8")
    (file,) = scan_tree(project_at(tmp_path))
    (skipped,) = file.skipped
    assert (skipped.reason, skipped.detail) == ("not-utf8", "not UTF-8: invalid continuation byte")
    (finding,) = check_tree(project_at(tmp_path)).findings
    assert (finding.rule, finding.path, finding.line, finding.column) == ("unreadable", "compose.yaml", 3, 15)
    assert finding.message == "not UTF-8: invalid continuation byte"


def test_a_file_that_cannot_be_read_is_said_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx"), Dockerfile="FROM node\n")
    read = Workspace.read

    def refuse(self: Workspace, path: str) -> bytes:
        if path == "Dockerfile":
            raise SourceError("Dockerfile: cannot be read: Permission denied")
        return read(self, path)

    monkeypatch.setattr(Workspace, "read", refuse)
    first, second = scan_tree(project_at(tmp_path))
    assert [(one.reason, one.detail) for one in first.skipped] == [("unreadable", "cannot be read: Permission denied")]
    assert [one.reference.written for one in second.occurrences] == ["nginx"]


def test_a_file_of_another_kind_is_silent_unless_it_was_named(tmp_path: Path) -> None:
    write(tmp_path, notes_txt="nginx:1.27\n")
    assert reasons(tmp_path) == {}
    assert reasons(tmp_path, tmp_path / "notes.txt") == {"notes.txt": ["no-format"]}


def test_a_link_out_of_the_tree_is_said_where_a_format_would_take_it(tmp_path: Path) -> None:
    write(tmp_path, outside__compose_yaml=compose_text("nginx"))
    tree = tmp_path / "tree"
    write(tree, Dockerfile="FROM node\n")
    (tree / "compose.yaml").symlink_to(tmp_path / "outside/compose.yaml")
    (tree / "notes.txt").symlink_to(tmp_path / "outside/compose.yaml")
    assert reasons(tree) == {"Dockerfile": [], "compose.yaml": ["outside"]}


def test_a_second_name_of_a_file_is_silent(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="FROM node\n")
    (tmp_path / "a.dockerfile").symlink_to("Dockerfile")
    assert reasons(tmp_path) == {"Dockerfile": []}


LINKED = [
    ("Dockerfile", "build.txt", "FROM node:22\n"),
    ("compose.yaml", "stack/app.txt", compose_text("nginx")),
    ("compose.yaml", "stack/app.yaml", compose_text("nginx")),  # a name for another format, whose text it is not
    (".gitlab-ci.yml", "ci/main.yaml", "a: {image: $X}\nvariables: {X: 'nginx:1.27'}\n"),
]


@pytest.mark.parametrize(("link", "target", "text"), LINKED)
def test_a_file_is_found_under_the_name_that_a_format_knows_c11(
    tmp_path: Path, link: str, target: str, text: str
) -> None:
    for name in (link, f"z/{link}"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(tmp_path / target)
    (tmp_path / target).parent.mkdir(exist_ok=True)
    (tmp_path / target).write_text(text, encoding="utf-8")
    (file,) = scan_tree(project_at(tmp_path))
    assert (file.source.path, len(file.occurrences)) == (link, 1)
    named = tuple(tmp_path / name for name in (target, link))
    assert [one.source.path for one in scan_tree(project_at(tmp_path), named)] == [link]
    assert reasons(tmp_path, tmp_path / target) == {target: ["no-format"]}


def test_a_file_that_two_names_are_known_of_is_found_under_the_one_that_is_no_link_c11(tmp_path: Path) -> None:
    write(tmp_path, z__Dockerfile="FROM node:22\n")
    (tmp_path / "Dockerfile").symlink_to("z/Dockerfile")
    (tmp_path / "a.dockerfile").symlink_to("Dockerfile")
    assert reasons(tmp_path) == {"z/Dockerfile": []}


def test_what_cannot_be_read_is_said_of_the_name_that_a_format_knows_c11(tmp_path: Path) -> None:
    write(tmp_path, build_txt=b"FROM caf\xe9\n")
    (tmp_path / "Dockerfile").symlink_to("build.txt")
    assert reasons(tmp_path) == {"Dockerfile": ["not-utf8"]}


def test_a_file_that_rules_take_keeps_its_name_c11(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n[[rules]]\nfiles = ['*.txt']\npattern = 'image=(.*)'\n")
    write(tmp_path, build_txt="image=node:22\n")
    (tmp_path / "notes.md").symlink_to("build.txt")
    assert reasons(tmp_path) == {"build.txt": []}


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        scan_tree(project_at(tmp_path), (tmp_path / "missing",))


@pytest.mark.parametrize(("path", "text"), [("stdin.yaml", ""), ("compose.yaml", "services: {}\n")])
def test_a_text_in_which_no_image_can_stand_is_taken_as_it_is(path: str, text: str) -> None:
    scanned = scan_source(Source(path, text))
    assert (scanned.source.text, scanned.found) == (text, ())


@pytest.mark.parametrize(("path", "text"), [("notes.txt", ""), ("stdin.yaml", compose_text("nginx"))])
def test_a_text_that_no_format_takes_is_a_usage_error(path: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"no format takes '{path}'") as raised:
        scan_source(Source(path, text))
    assert raised.value.hint == "name the format with --stdin-filename, for example compose.yaml or Dockerfile"


def test_a_named_file_that_says_nothing_of_a_format_is_said(tmp_path: Path) -> None:
    write(tmp_path, settings_yaml="image: nginx:1.27\n")
    project = project_at(tmp_path)
    assert scan_tree(project) == ()
    (file,) = scan_tree(project, (tmp_path / "settings.yaml",))
    assert [one.reason for one in file.skipped] == ["no-format"]


def test_bytes_that_are_not_text_are_said_only_where_an_image_may_stand(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n")
    (tmp_path / "a.yaml").write_bytes(b"name: \xe9\n")
    (tmp_path / "b.yaml").write_bytes(b"image: \xe9\n")
    (tmp_path / "c.yaml").write_bytes("kind: Pod\nimage: nginx\n".encode("utf-16-le"))
    (tmp_path / "d.yaml").write_bytes("name: x\n".encode("utf-16-be"))
    found = {file.source.path: [one.detail for one in file.skipped] for file in scan_tree(project_at(tmp_path))}
    assert found == {
        "b.yaml": ["not UTF-8: invalid continuation byte"],
        "c.yaml": ["UTF-16 without a byte order mark"],
    }


def test_rules_and_aliases_of_the_configuration_reach_the_formats(tmp_path: Path) -> None:
    write(
        tmp_path,
        pinner_toml="""version = 1
exclude = ["old/"]
[[rules]]
files = ["*.yaml"]
route = "tool"
[[rules]]
files = ["*.txt"]
pattern = "image=(.+)"
[aliases]
"$REGISTRY" = "registry.example.com"
""",
        a_yaml="tool: $REGISTRY/a:1\n",
        b_txt="image=b:1\n",
        c_md="image=c:1\n",
        old__d_yaml="tool: d:1\n",
        Makefile="# pinner: image\nE = e:1\n",
    )
    found = {
        one.source.path: [image.reference.tagged for image in one.occurrences]
        for one in scan_tree(project_at(tmp_path))
    }
    assert found == {
        "Makefile": ["docker.io/library/e:1"],
        "a.yaml": ["registry.example.com/a:1"],
        "b.txt": ["docker.io/library/b:1"],
    }


def test_a_mark_in_utf_16_is_found(tmp_path: Path) -> None:
    write(tmp_path, app_cfg="# \u4e2d\n; pinner: image\nimage=a:1\n".encode("utf-16"))
    (file,) = scan_tree(project_at(tmp_path))
    assert [one.reference.written for one in file.occurrences] == ["a:1"]
