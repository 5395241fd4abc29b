"""`--templates`, `PINNER_TEMPLATES` and the key of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import run
from tests.support.resolvers import digest_of
from tests.support.sources import pin
from tests.support.trees import write, write_lock

BUSYBOX = "docker.io/library/busybox:1.36"
TEMPLATE = """\
{{- if .Values.tests }}
apiVersion: v1
kind: Pod
spec:
  containers:
    - image: busybox:1.36
    - image: {{ .Values.image }}
{{- end }}
"""
PINNED = TEMPLATE.replace("busybox:1.36", f"busybox:1.36@{digest_of('one')}")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, pinner_toml="version = 1\n", templates__test_yaml=TEMPLATE)
    write_lock(tmp_path, pin(BUSYBOX, "one"))
    return tmp_path


def text_of(tree: Path) -> str:
    return (tree / "templates/test.yaml").read_text(encoding="utf-8")


def test_templates_are_left_alone_unless_told(tree: Path) -> None:  # row 62
    ran = run("pin", "--frozen", cwd=tree)
    assert (ran.code, text_of(tree)) == (0, TEMPLATE)
    assert "left 1 alone (1 templated)" in ran.stderr
    assert "2 image lines, 1 of them literal" in run("check", "-v", cwd=tree).out


@pytest.mark.parametrize("way", ["flag", "environment", "configuration"])
def test_what_is_literal_is_pinned_where_it_is_wanted(tree: Path, way: str) -> None:  # row 107
    if way == "configuration":
        write(tree, pinner_toml='version = 1\ntemplates = "best-effort"\n')
    flags = ("--templates", "best-effort") if way == "flag" else ()
    environment = {"PINNER_TEMPLATES": "best-effort"} if way == "environment" else {}
    assert run("check", *flags, cwd=tree, environ=environment).code == 1
    assert BUSYBOX.removeprefix("docker.io/library/") in run("images", *flags, cwd=tree, environ=environment).out
    assert run("pin", "--frozen", *flags, cwd=tree, environ=environment).code == 0
    assert text_of(tree) == PINNED
    assert run("check", *flags, cwd=tree, environ=environment).code == 0
    assert run("update", "--offline", "--check", *flags, cwd=tree, environ=environment).code != 2


def test_the_flag_goes_before_the_configuration(tree: Path) -> None:
    write(tree, pinner_toml='version = 1\ntemplates = "best-effort"\n')
    assert run("pin", "--frozen", "--templates", "skip", cwd=tree).code == 0
    assert text_of(tree) == TEMPLATE


def test_another_word_is_refused(tree: Path) -> None:
    assert run("check", "--templates", "all", cwd=tree).code == 2
    write(tree, pinner_toml='version = 1\ntemplates = "all"\n')
    ran = run("check", cwd=tree)
    assert (ran.code, "pinner.toml:2: templates: must be 'skip' or 'best-effort'" in ran.stderr) == (2, True)
