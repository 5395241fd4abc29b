"""Which nodes of a Kubernetes object are images."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence
from pinner.formats.kubernetes import find, is_kubernetes
from pinner.text import Source
from tests.support.yaml_editor import reasons

POD = "apiVersion: v1\nkind: Pod\n"
CUSTOM = "apiVersion: acme.example/v1\nkind: Thing\n"


def locators(text: str) -> list[str]:
    return [one.locator for one in find(Source("x.yaml", text)) if isinstance(one, Occurrence)]


def why(text: str) -> list[str]:
    return reasons(find(Source("x.yaml", text)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("spec: {containers: [{image: nginx:1}]}\n", id="C10-no-kind"),
        pytest.param("kind: Pod\nspec: {containers: [{image: nginx:1}]}\n", id="C10-no-api-version"),
        pytest.param("apiVersion: v1\nspec: {containers: [{image: nginx:1}]}\n", id="C10-only-api-version"),
        pytest.param("apiVersion: v1\nkind: {a: b}\nimage: nginx:1\n", id="C10-kind-is-no-word"),
        pytest.param(f"{POD}image: nginx:1\n", id="C10-core-object"),
        pytest.param(f"{POD}spec: {{image: nginx:1}}\n", id="C10-outside-of-containers"),
        pytest.param(f"{POD}spec: {{containers: {{a: {{image: nginx:1}}}}}}\n", id="C10-containers-by-name"),
        pytest.param(f"{POD}metadata: {{containers: [{{image: nginx:1}}]}}\n", id="C10-metadata"),
        pytest.param(f"{POD}status: {{containers: [{{image: nginx:1}}]}}\n", id="C10-status"),
        pytest.param(
            f"{POD}spec: {{volumes: [{{image: {{pullPolicy: Always}}}}]}}\n", id="D01-volume-without-reference"
        ),
        pytest.param(f"{POD}spec: {{volumes: [{{other: {{reference: nginx:1}}}}]}}\n", id="D01-another-reference"),
        pytest.param("apiVersion: apps/v1\nkind: Deployment\nspec: {image: nginx:1}\n", id="C10-built-in-group"),
        pytest.param(f"{CUSTOM}spec: {{template: {{metadata: {{labels: {{image: nginx:1}}}}}}}}\n", id="C10-labels"),
        pytest.param(f"{CUSTOM}spec: {{image: {{name: x}}}}\n", id="C10-mapping"),
        pytest.param(
            f"{POD}spec:\n  containers:\n  - env: [{{name: RELATED_IMAGE_A, value: nginx:1}}]\n", id="D03-env"
        ),
    ],
)
def test_what_is_no_container_image_is_left_alone(text: str) -> None:
    assert (locators(text), why(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("containers: [{image: nginx}]", "spec.containers[0].image", id="D01-containers"),
        pytest.param("initContainers: [{image: nginx}]", "spec.initContainers[0].image", id="D01-init"),
        pytest.param("ephemeralContainers: [{image: a}]", "spec.ephemeralContainers[0].image", id="D01-ephemeral"),
        pytest.param("volumes: [{image: {reference: a}}]", "spec.volumes[0].image.reference", id="D01-image-volume"),
        pytest.param(
            "jobTemplate: {spec: {template: {spec: {containers: [{image: a}]}}}}",
            "spec.jobTemplate.spec.template.spec.containers[0].image",
            id="D02-nested",
        ),
    ],
)
def test_d01_every_image_of_a_pod_is_found(text: str, expected: str) -> None:
    assert locators(f"{POD}spec: {{{text}}}\n") == [expected]


@pytest.mark.parametrize("value", ["nginx:1", "acme/nginx", "nginx:1@sha256:" + "a" * 64, "data:1", "quay.io/a/b"])
def test_d02_the_image_of_a_custom_resource_is_found(value: str) -> None:
    assert locators(f"{CUSTOM}spec: {{image: '{value}'}}\n") == ["spec.image"]


@pytest.mark.parametrize("key", ["container", "script", "sidecars", "steps", "stepTemplate", "nodes"])
def test_a_single_word_beside_a_container_is_an_image(key: str) -> None:
    assert locators(f"{CUSTOM}spec: {{{key}: {{image: alpine}}}}\n") == [f"spec.{key}.image"]


def test_c10_a_single_word_elsewhere_may_be_anything() -> None:
    assert why(f"{CUSTOM}spec: {{image: alpine}}\n") == ["ambiguous"]


@pytest.mark.parametrize(
    "value",
    [
        *("https://a.example/b.png", "s3://bucket/disk", "data:image/png;base64,AAAA", "/var/lib/disk.img", "LOGO.PNG"),
        *("projects/a/global/images/b", "disk.qcow2", "debian/12.iso"),
    ],
)
def test_c10_pictures_and_disks_are_no_container_images(value: str) -> None:
    assert why(f"{CUSTOM}spec: {{image: '{value}'}}\n") == ["other-image"]


def test_d02_objects_in_a_list_have_their_own_group() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: x.y/v1, kind: A, image: a/b}\n- {kind: B, image: a/b}\n"
    assert locators(text) == ["items[0].image"]


def test_an_object_in_the_place_of_an_image_belongs_to_its_parent() -> None:
    text = f"{CUSTOM}image: {{apiVersion: v1, kind: Image, image: nginx:1}}\n"
    assert locators(text) == []
    text = f"{CUSTOM}image: {{apiVersion: a.b/v1, kind: Image, image: nginx:1}}\n"
    assert locators(text) == ["image.image"]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\n",
        "\ufeffapiVersion: v1\n",
        "a: b\r\napiVersion: v1\r\n",
        "a: b\rapiVersion: v1\r",
        "- apiVersion : v1\n",
        '{"kind":"Pod","apiVersion":"v1"}',
        "--- {apiVersion: v1}\n",
        "{ 'apiVersion': v1}",
        "a: apiVersion: v1\napiVersion: v1\n",
    ],
)
def test_an_api_version_anywhere_makes_it_kubernetes(text: str) -> None:
    assert is_kubernetes(Source("x.yaml", text))


@pytest.mark.parametrize(
    "text", ["", "a: apiVersion: v1\n", "# apiVersion: v1\n", "myapiVersion: 1\n", "apiVersions: 1\n"]
)
def test_a_text_without_an_api_version_is_something_else(text: str) -> None:
    assert not is_kubernetes(Source("x.yaml", text))


def test_an_alias_has_the_reason_of_each_of_its_places() -> None:
    text = f"{POD}spec:\n  containers: [{{image: &i nginx:1}}]\n  nodeName: *i\n"
    assert why(text) == ["shared-anchor"]
