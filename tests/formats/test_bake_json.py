"""Bake files in JSON: which strings are images of builds."""

from __future__ import annotations

import json

import pytest

from pinner.errors import EditError
from pinner.formats import detect
from pinner.formats.bake_json import FORMAT
from pinner.formats.base import Occurrence, change_to
from pinner.oci.reference import Reference
from pinner.text import Source, apply_edits


def find(target: object, section: str = "target") -> list[str]:
    text = json.dumps({section: {"a": target}})
    return [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}"
        for one in FORMAT.find(Source("docker-bake.json", text))
    ]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param({"contexts": {"x": "../x", "y": "target:b", "z": "https://example.test/a.git"}}, id="F04-others"),
        pytest.param({"contexts": ["docker-image://a:1"]}, id="F04-no-names"),
        pytest.param({"contexts": {"x": {"y": "docker-image://a:1"}}}, id="F04-no-string"),
        pytest.param({"args": {"X": "docker-image://a:1"}, "tags": ["docker-image://a:1"]}, id="C10-other-keys"),
        pytest.param({"dockerfile-inline": ["FROM a:1"]}, id="C10-list"),
        pytest.param({"dockerfile-inline": "FROM scratch\n"}, id="F03-scratch"),
        pytest.param({"dockerfile": "FROM a:1"}, id="C10-name-of-a-file"),
    ],
)
def test_what_is_no_image_of_a_build_is_left_alone(target: object) -> None:
    assert find(target) == []


def test_only_targets_have_images() -> None:
    assert find({"contexts": {"x": "docker-image://a:1"}, "dockerfile-inline": "FROM a:1"}, section="group") == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param({"contexts": {"x": "docker-image://a:1"}}, ["a:1"], id="F04-context"),
        pytest.param([{"contexts": [{"x": "docker-image://a:1"}]}], ["a:1"], id="F04-in-lists"),
        pytest.param({"dockerfile-inline": "FROM a:1\nFROM b:2\n"}, ["a:1", "b:2"], id="F03-inline"),
        pytest.param({"contexts": {"x": "docker-image://${T}"}}, ["${T} variable"], id="A11-context"),
        pytest.param({"contexts": {"x": "docker-image://${T:-a:1}"}}, ["${T:-a:1} variable"], id="A11-no-defaults"),
        pytest.param({"dockerfile-inline": "ARG V=1\nFROM a:$V"}, ["a:$V variable"], id="A11-argument"),
        pytest.param({"dockerfile-inline": "FROM %{ if x }a:1"}, ["%{ if x }a:1 template-value"], id="A12-template"),
        pytest.param(
            {"contexts": {"a": "../a"}, "dockerfile-inline": "FROM a\nCOPY --from=b / /"},
            ["a build-context", "b"],
            id="F04-replaced",
        ),
    ],
)
def test_images_of_builds_are_found(target: object, expected: list[str]) -> None:
    assert find(target) == expected


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("docker-bake.json", True),
        ("ci/docker-bake.override.json", True),
        ("docker-bake-ci.json", True),
        ("bake.json", False),
    ],
)
def test_files_are_taken_by_their_names(path: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, '{"target": {"a": {"dockerfile-inline": ""}}}')) is FORMAT) is is_taken


def test_an_edit_that_turns_an_image_into_a_stage_is_refused() -> None:
    source = Source("docker-bake.json", '{"target": {"a": {"dockerfile-inline": "FROM scratch AS s\\nFROM a:1"}}}')
    (one,) = FORMAT.find(source)
    assert isinstance(one, Occurrence)
    change = change_to(one, Reference.parse("s"))
    with pytest.raises(EditError, match="the file names other images"):
        FORMAT.prove(source, source.with_text(apply_edits(source.text, change.edits)), [change])


def test_f03_arguments_that_look_like_images_are_said() -> None:
    assert find({"args": {"BASE": "node:20", "N": "20"}}) == ["node:20 build-argument"]
