"""`files`: each file has one line, with its format or the reason why it has none."""

from __future__ import annotations

from pathlib import Path

from pinner.commands.files import explain_files
from pinner.report.files import FileFate
from tests.support.json_schema import check_document
from tests.support.program import run
from tests.support.sources import compose_text
from tests.support.trees import project_at, write
from tests.workspace.trees import commit, git

CONFIG = """version = 1
exclude = ["vendor/"]
[[rules]]
files = ["*.txt"]
pattern = "image=(.+)"
[[rules]]
files = ["compose.yaml", "other.yaml"]
route = "x-tool"
"""


def fates(root: Path, *paths: Path) -> dict[str, FileFate]:
    return {one.path: one for one in explain_files(project_at(root), paths)}


def reasons(root: Path, *paths: Path) -> dict[str, str | None]:
    return {path: one.reason for path, one in fates(root, *paths).items()}


def test_a_format_that_looks_for_no_word_is_named_by_its_file_name(tmp_path: Path) -> None:
    write(tmp_path, dockerfile_py="import x\n")
    assert fates(tmp_path)["dockerfile.py"].reason == "not-ours"
    assert fates(tmp_path)["dockerfile.py"].detail == "by its name it may be of dockerfile, by its text it is not"


def test_every_file_that_no_format_takes_has_its_reason(tmp_path: Path) -> None:
    write(
        tmp_path,
        pinner_toml=CONFIG,
        README_md="nginx:1.27",
        compose_yml="services: {}\n",
        settings_yaml="image: nginx:1.27\n",
        Makefile="IMAGE = nginx:1.27\n",
        vendor__compose_yaml=compose_text("nginx"),
        bad_yaml=b"image: \xe9\n",
    )
    (tmp_path / "link.yaml").symlink_to("nothing.yaml")
    assert reasons(tmp_path) == {
        "Makefile": "no-needle",
        "README.md": "unknown-name",
        "bad.yaml": "not-utf8",
        "compose.yml": "no-needle",
        "link.yaml": "broken-link",
        "pinner.toml": "no-needle",
        "settings.yaml": "not-ours",
        "vendor/compose.yaml": "excluded",
    }
    details = {path: one.detail for path, one in fates(tmp_path).items()}
    assert details["Makefile"] == "text looks for 'pinner: image'; nothing of it stands there"
    assert details["settings.yaml"] == "by its name it may be of json-patch or kubernetes, by its text it is not"


def test_a_file_of_several_names_has_the_fate_of_the_one_that_is_read_c11(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml=CONFIG, vendor__Dockerfile="FROM node:22\n", build_txt="FROM node:22\n")
    (tmp_path / "Dockerfile").symlink_to("vendor/Dockerfile")
    (tmp_path / "a.dockerfile").symlink_to("build.txt")
    found = fates(tmp_path)
    assert {path: one.reason for path, one in found.items() if path != "pinner.toml"} == {
        "Dockerfile": None,
        "a.dockerfile": None,
        "build.txt": "same-file",
        "vendor/Dockerfile": "same-file",
    }
    assert found["build.txt"].detail == "another name of 'a.dockerfile'"


def test_a_file_that_was_taken_has_its_format_and_what_was_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        pinner_toml=CONFIG,
        compose_yaml=compose_text("nginx:1.27", "${X}") + "x-tool: a:1\n",
        other_yaml="x-tool: a:1\n",
        a_txt="image=b:1\n",
        b_cfg="# pinner: image\nx=c:1\n",
    )
    found = fates(tmp_path)
    assert found["compose.yaml"] == FileFate(
        path="compose.yaml", format="compose", images=2, skipped=1, rules=("rules[1]",)
    )
    assert found["other.yaml"] == FileFate(path="other.yaml", format="yaml", images=1, rules=("rules[1]",))
    assert found["a.txt"] == FileFate(path="a.txt", format="text", images=1, rules=("rules[0]",))
    assert found["b.cfg"] == FileFate(path="b.cfg", format="text", images=1, marks=1)


def test_a_file_that_is_named_is_looked_at_even_if_it_is_excluded(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml=CONFIG, vendor__compose_yaml=compose_text("nginx"))
    assert reasons(tmp_path, tmp_path / "vendor" / "compose.yaml") == {"vendor/compose.yaml": None}


def test_what_git_ignores_is_not_listed(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    write(tmp_path, _gitignore="out/\n", out__compose_yaml=compose_text("nginx"), compose_yaml=compose_text("nginx"))
    commit(tmp_path)
    assert [path for path, reason in reasons(tmp_path).items() if reason is None] == ["compose.yaml"]
    assert "out/compose.yaml" not in reasons(tmp_path)


def test_the_report_is_a_line_a_file_or_a_document(tmp_path: Path) -> None:
    write(
        tmp_path, pinner_toml=CONFIG, compose_yaml=compose_text("a:1", "$X"), b_cfg="# pinner: image\nx=c:1\n", c_md=""
    )
    shown = run("files", cwd=tmp_path)
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.out.splitlines() == [
        "b.cfg: text: 1 reference, 1 mark",
        "c.md: not taken: no format knows this name",
        "compose.yaml: compose: 1 reference, 1 left alone, rules[1]",
        "pinner.toml: not taken: text looks for 'pinner: image'; nothing of it stands there",
    ]
    ran = run("files", "--format", "json", "compose.yaml", "c.md", cwd=tmp_path)
    assert check_document(ran.out, "files")["files"] == [
        {"path": "c.md", "format": None, "images": 0, "skipped": 0, "rules": [], "marks": 0}
        | {"reason": "unknown-name", "detail": "no format knows this name"},
        {"path": "compose.yaml", "format": "compose", "images": 1, "skipped": 1, "rules": ["rules[1]"], "marks": 0}
        | {"reason": None, "detail": ""},
    ]
    assert run("files", "nowhere", cwd=tmp_path).code == 2
