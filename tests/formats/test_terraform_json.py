"""Terraform in JSON: the places of HCL, with blocks in lists or not, and what cannot be written there."""

from __future__ import annotations

import json

import pytest

from pinner.formats import detect
from pinner.formats.base import Occurrence
from pinner.formats.terraform_json import FORMAT
from pinner.text import Source


def find(kind: str, resource: object) -> list[str]:
    text = json.dumps({"resource": {kind: {"x": resource}}})
    return [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}"
        for one in FORMAT.find(Source("main.tf.json", text))
    ]


@pytest.mark.parametrize(
    ("kind", "resource", "expected"),
    [
        pytest.param("hcloud_server", {"image": "a:1"}, [], id="C10-machine"),
        pytest.param("docker_container", {"image": ["a:1"]}, [], id="C10-list"),
        pytest.param("docker_container", {"image": None}, ["null non-string"], id="C10-null"),
        pytest.param("docker_container", {"image": "a:1"}, ["a:1"], id="block"),
        pytest.param("docker_container", [{"image": "a:1"}], ["a:1"], id="block in a list"),
        pytest.param("docker_container", {"image": "a:${t}"}, ["a:${t} variable"], id="A11-template"),
        pytest.param("docker_container", {"image": "%{ if t }a"}, ["%{ if t }a template-value"], id="A12-directive"),
        pytest.param("docker_image", {"name": "a:1"}, ["a:1"], id="pulled"),
        pytest.param("docker_image", {"name": "a:1", "build": [{"context": "."}]}, ["a:1 build"], id="built"),
        pytest.param("aws_lambda_function", {"image_uri": "a:1"}, ["a:1 digest-alone"], id="no tag beside a digest"),
        pytest.param(
            "azurerm_linux_web_app",
            {"site_config": {"application_stack": {"docker_image_name": "a:1"}}},
            ["a:1 json-place"],
            id="read with its neighbours",
        ),
    ],
)
def test_images_of_resources_are_found(kind: str, resource: object, expected: list[str]) -> None:
    assert find(kind, resource) == expected


@pytest.mark.parametrize(("path", "is_taken"), [("a/main.tf.json", True), ("x.tofu.json", True), ("tf.json", False)])
def test_files_are_taken_by_their_names(path: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, '{"image": 1}')) is FORMAT) is is_taken
