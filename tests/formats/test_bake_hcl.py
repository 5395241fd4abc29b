"""Bake files in HCL: which texts are images of builds."""

from __future__ import annotations

import pytest

from pinner.errors import EditError
from pinner.formats import detect
from pinner.formats.bake_hcl import FORMAT
from pinner.formats.base import Occurrence, change_to
from pinner.oci.reference import Reference
from pinner.text import Source, apply_edits

TARGET = 'target "a" {\n  %s\n}\n'


def find(attribute: str, more: str = "") -> list[str]:
    return [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}"
        for one in FORMAT.find(Source("docker-bake.hcl", TARGET % attribute + more))
    ]


@pytest.mark.parametrize(
    "attribute",
    [
        pytest.param('contexts = { x = "../x", y = "target:b", z = "https://example.test/a.git" }', id="F04-others"),
        pytest.param('contexts = ["docker-image://a:1"]', id="F04-no-names"),
        pytest.param('contexts = { x = { y = "docker-image://a:1" } }', id="F04-no-string"),
        pytest.param("contexts = { x = y, z = f(y) }", id="F04-made-of-what-is-not-known"),
        pytest.param('args = { X = "docker-image://a:1" }', id="C10-args"),
        pytest.param('tags = ["docker-image://a:1"]', id="C10-tags"),
        pytest.param('dockerfile-inline = ["FROM a:1"]', id="C10-list"),
        pytest.param(r'dockerfile-inline = "FROM scratch\n"', id="F03-scratch"),
    ],
)
def test_what_is_no_image_of_a_build_is_left_alone(attribute: str) -> None:
    assert find(attribute) == []


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        pytest.param('contexts = { x = "docker-image://a:1" }', ["a:1"], id="F04-context"),
        pytest.param('contexts = { x = "docker-image://a:${t}" }', ["docker-image://a:${t} variable"], id="A11-tag"),
        pytest.param('contexts = { x = "docker-image://${t}" }', ["docker-image://${t} variable"], id="A11-context"),
        pytest.param(
            'contexts = { x = f("docker-image://a:1") }', ['f("docker-image://a:1") expression'], id="A11-function"
        ),
        pytest.param(r'dockerfile-inline = "FROM a:1\nFROM b:2\n"', ["a:1", "b:2"], id="F03-inline"),
        pytest.param('dockerfile-inline = "FROM a:${t}"', ["a:${t} variable"], id="A11-inline"),
        pytest.param('dockerfile-inline = "FROM a:$t"', ["a:$t variable"], id="A11-argument"),
        pytest.param(
            'dockerfile-inline = "%{ if x }FROM a:1%{ endif }"',
            ["%{ if x }FROM a:1%{ endif } template-value"],
            id="A12-directive",
        ),
        pytest.param(
            'contexts = { a = "../a" }\n  dockerfile-inline = "FROM a\\nCOPY --from=b / /"',
            ["a build-context", "b"],
            id="F04-replaced",
        ),
    ],
)
def test_images_of_builds_are_found(attribute: str, expected: list[str]) -> None:
    assert find(attribute) == expected


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        ('"a:1"', '"docker-image://${T}"', ["a:1"]),
        ('"docker-image://a:1"', "T", ["a:1"]),
        ('"docker-image://a:1"', '"${T}"', ["a:1"]),
        ('"../a"', "T", []),
        ('"a:${U}"', '"docker-image://${T}"', ["docker-image://${T} variable"]),
    ],
)
def test_a_variable_is_followed_to_its_default(default: str, value: str, expected: list[str]) -> None:
    variable = f'variable "T" {{\n  default = {default}\n}}\n'
    assert find(f"contexts = {{ x = {value} }}", variable) == expected


def test_a_variable_that_is_also_read_otherwise_is_left_alone() -> None:
    more = 'variable "T" {\n  default = "a:1"\n}\ntarget "b" {\n  args = { X = T }\n}\n'
    assert find('contexts = { x = "docker-image://${T}" }', more) == ["a:1 variable"]


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("docker-bake.hcl", True),
        ("ci/docker-bake.override.hcl", True),
        ("docker-bake-ci.hcl", True),
        ("bake.hcl", False),
    ],
)
def test_files_are_taken_by_their_names(path: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, TARGET % 'dockerfile-inline = ""')) is FORMAT) is is_taken


def test_an_edit_that_turns_an_image_into_a_stage_is_refused() -> None:
    source = Source("docker-bake.hcl", TARGET % r'dockerfile-inline = "FROM scratch AS s\nFROM a:1"')
    (one,) = FORMAT.find(source)
    assert isinstance(one, Occurrence)
    change = change_to(one, Reference.parse("s"))
    with pytest.raises(EditError, match="the file names other images"):
        FORMAT.prove(source, source.with_text(apply_edits(source.text, change.edits)), [change])


def test_f03_arguments_that_look_like_images_are_said() -> None:
    assert find('args = { BASE = "node:20", N = "20", DB = "db:5432" }') == ["node:20 build-argument"]
