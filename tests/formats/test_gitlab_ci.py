"""Which nodes of a pipeline are images."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence
from pinner.formats.gitlab_ci import find
from pinner.text import Source
from tests.support.yaml_editor import reasons


def locators(text: str) -> list[str]:
    return [one.locator for one in find(Source(".gitlab-ci.yml", text)) if isinstance(one, Occurrence)]


def why(text: str) -> list[str]:
    return reasons(find(Source(".gitlab-ci.yml", text)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        *(
            pytest.param(f"{key}: {{image: x:1, services: [x:1], name: x:1}}\n", id=f"G05-{key}")
            for key in ("variables", "include", "spec", "workflow", "cache", "stages", "before_script", "after_script")
        ),
        pytest.param("a: {variables: {image: x:1, services: [x:1], name: x:1}}\n", id="G05-variables-of-a-job"),
        pytest.param("a: {environment: {name: x:1}, artifacts: {name: x:1}, name: x:1}\n", id="G01-other-names"),
        pytest.param("a: {image: {entrypoint: [x:1]}}\n", id="G01-entrypoint"),
        pytest.param("a: {services: [{alias: x:1, command: [x:1], variables: {name: x:1}}]}\n", id="G01-alias"),
        pytest.param("a: {services: [[x:1]]}\n", id="G01-list-in-a-list"),
        pytest.param("a: {image: !reference [.b, image]}\n", id="G04-reference"),
        pytest.param("a: {services: !reference [.b, services]}\n", id="G04-references"),
        pytest.param("a: {services: [!reference [.b, services]]}\n", id="G04-reference-in-a-list"),
        pytest.param(".s: &s !reference [.b, services]\na: {services: *s}\n", id="G04-anchored-reference"),
        pytest.param("a: {script: ['image: x:1']}\n", id="G05-script"),
        pytest.param("a: {services: }\nb: {services: ~}\nc: {services: []}\n", id="G01-no-services"),
        pytest.param("a: {services: {alias: x:1}}\n", id="G01-one-service-without-name"),
    ],
)
def test_what_is_no_image_is_left_alone(text: str) -> None:
    assert (locators(text), why(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("image: x:1\n", ["image"], id="G01-top"),
        pytest.param("image: {name: x:1}\n", ["image.name"], id="G01-top-map"),
        pytest.param(
            "services: [x:1, {name: y:1, alias: z}]\n", ["services[0]", "services[1].name"], id="G01-top-list"
        ),
        pytest.param(
            "default: {image: x:1, services: [y:1]}\n", ["default.image", "default.services[0]"], id="G01-default"
        ),
        pytest.param(".hidden: {image: x:1}\n", [".hidden.image"], id="G01-hidden"),
        pytest.param("pages: {image: x:1}\n", ["pages.image"], id="G05-pages"),
        pytest.param("'build: it': {image: x}\n", ["build: it.image"], id="G01-odd-name"),
        pytest.param(
            'a: {image: {name: x:1, entrypoint: [""]}, services: [postgres:16, {name: redis:7, alias: c}]}\n',
            ["a.image.name", "a.services[0]", "a.services[1].name"],
            id="row-87",
        ),
        pytest.param("spec: {inputs: {image: {default: x:1}}}\n---\na: {image: x:1}\n", ["a.image"], id="G04-header"),
        pytest.param("services: x:1\n", ["services"], id="G01-top-one-service"),
        pytest.param("services: {name: x:1}\n", ["services.name"], id="G01-top-one-service-as-map"),
        pytest.param("a: {services: x:1}\n", ["a.services"], id="G01-one-service"),
        pytest.param("a: {services: {name: x:1, alias: b}}\n", ["a.services.name"], id="G01-one-service-as-map"),
        pytest.param(".s: &s x:1\na: {services: *s}\n", ["a.services"], id="C04-anchored-service"),
        pytest.param("a: {<<: {image: x:1, services: [y:1]}}\n", ["a.image", "a.services[0]"], id="C04-inline-merge"),
        pytest.param("a: {<<: &z {image: x:1}}\nb: {<<: *z}\n", ["a.image", "b.image"], id="C04-anchor-of-a-merge"),
        pytest.param("a: {image: {<<: {name: x:1}}}\n", ["a.image.name"], id="C04-merge-in-an-image"),
        pytest.param(
            ".b: &b {image: y:1}\na: {<<: [{image: x:1}, *b]}\n", [".b.image", "a.image", "a.image"], id="C04-merges"
        ),
        pytest.param(
            ".i: &i x:1\n.s: &s [*i]\na: {services: *s}\n", ["a.services[0]"], id="C04-alias-in-an-anchored-list"
        ),
        pytest.param(".s: &s [x:1]\na: {services: *s}\n", ["a.services[0]"], id="C04-anchored-list"),
        pytest.param(".i: &i {name: x:1}\na: {image: *i}\n", ["a.image.name"], id="C04-anchored-map"),
        pytest.param(".i: &i {image: x:1}\na: {<<: *i}\n", [".i.image", "a.image"], id="C04-merge"),
    ],
)
def test_g01_every_form_of_an_image_is_found(text: str, expected: list[str]) -> None:
    assert locators(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("$CI_REGISTRY_IMAGE", id="G03-variable"),
        pytest.param("$CI_REGISTRY/app:1", id="G02-registry"),
        pytest.param("$CI_DEPENDENCY_PROXY_SERVER/group/dependency_proxy/containers/alpine:3", id="G02-server"),
        pytest.param("$[[ inputs.x ]]", id="G04-input"),
        pytest.param("${A}:1", id="A11-braces"),
    ],
)
def test_g03_variables_are_left_alone(value: str) -> None:
    assert why(f"a: {{image: {{name: '{value}'}}, services: ['{value}']}}\n") == ["variable", "variable"]


def test_a_step_that_comes_as_an_image_is_shown_and_left_alone() -> None:
    text = "a:\n  run:\n    - name: x\n      step: {oci: {registry: r.example.com, repository: a/b, tag: '1'}}\n"
    assert (locators(text), why(text)) == ([], ["oci-step"])
    assert why("a: {run: [{step: ./x}, {script: oci}], script: [{oci: {repository: x}}]}\n") == []


def test_an_anchored_list_that_is_no_list_of_services_is_left_alone() -> None:
    assert why(".s: &s [x:1]\na: {services: *s, tags: *s}\n") == ["shared-anchor"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("$X", ["variable"]), ("*nope", ["alias-to-non-scalar"]), ("{{ x }}", ["template-value"])],
)
def test_a_single_service_that_is_no_reference_is_said(value: str, expected: list[str]) -> None:
    assert why(f"a:\n  services: {value}\n") == expected
