"""Which nodes of a Kubernetes object are images."""

from __future__ import annotations

import time

import pytest

from pinner.formats.base import Occurrence, Skipped
from pinner.formats.kubernetes import find, is_kubernetes, look_into
from pinner.syntax import yaml_scan
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
        pytest.param(f"{CUSTOM}spec: {{image: [nginx:1]}}\n", id="C10-list"),
        pytest.param(f"{CUSTOM}spec: {{image: {{tag: {{type: string}}}}}}\n", id="D04-schema"),
        pytest.param(f"{CUSTOM}spec: {{image: {{properties: {{tag: x, repository: y}}}}}}\n", id="D04-deeper"),
        pytest.param(f"{CUSTOM}spec: {{reference: {{tag: v1, repository: a/b}}}}\n", id="D04-another-reference"),
        pytest.param(f"{CUSTOM}spec: {{repository: a/b, tag: v1}}\n", id="D04-no-image-key"),
        pytest.param(f"{CUSTOM}status: {{image: {{repository: a/b, tag: v1}}}}\n", id="D04-status"),
        pytest.param("apiVersion: v1\nkind: A\nspec: {image: {repository: a/b, tag: v1}}\n", id="D04-core-object"),
        pytest.param(
            "apiVersion: apps/v1\nkind: A\nspec: {image: {repository: a/b, tag: v1}}\n", id="D04-built-in-group"
        ),
        pytest.param(f"{POD}spec:\n  containers:\n  - env: [{{name: SIDECAR_IMAGE, value: nginx:1}}]\n", id="D03-env"),
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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("containers:\n  - image: a\n", id="block"),
        pytest.param("containers: # c\n\n  - image: a\n", id="C03-comment"),
        pytest.param("containers: &c\n  - image: a\n", id="C04-anchor"),
        pytest.param("containers: !!seq\n  - image: a\n", id="C09-tag"),
        pytest.param("containers:\n  - &c {image: a}\n", id="C04-anchored-element"),
        pytest.param("x: &k containers\n  *k : [{image: a}]\n", id="C04-alias-as-key"),
        pytest.param("? containers # c\n  : - image: a\n", id="C05-explicit"),
        pytest.param("? containers\n  :\n  - image: a\n", id="C05-explicit-block"),
        pytest.param("'containers' :\n    [{image: a}]\n", id="C05-quoted"),
        pytest.param('"cont\\x61iners": [{image: a}]\n', id="C05-escaped"),
        pytest.param('{? "contai\\\n    ners" : [{image: a}]}\n', id="C05-folded-key"),
        pytest.param("containers:\n  - im\\x61ge: b\n    image: a\n", id="C05-backslash"),
    ],
)
def test_d01_however_a_list_of_containers_is_written_its_images_are_found(text: str) -> None:
    assert locators(f"{POD}spec:\n  {text}") == ["spec.containers[0].image"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{POD}spec: {{image:\n  default: a}}\n", id="C10-no-list"),
        pytest.param(f"{POD}spec:\n  containers:\n    image:\n      default: a\n", id="C10-schema"),
        pytest.param(f"{POD}spec: {{volumes: [{{images: a}}]}}\n", id="C10-no-reference"),
        pytest.param(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "spec:\n  group: argoproj.io\n  names: {kind: Application}\n  image:\n    type: string\n",
            id="row-99-definition-of-a-known-kind",
        ),
        pytest.param("kind: Pod\nspec: {images: [a]}\n", id="C10-no-version"),
    ],
)
def test_a_document_that_can_hold_no_image_is_not_parsed(text: str) -> None:
    assert look_into(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{POD}spec:\n  containers\n  - image: a\n", id="no-colon"),
        pytest.param("api\nVersion: v1\nkind: Pod\nimage: a\n", id="no-version"),
        pytest.param("apiVersion: a.example/v1:\nkind: A\nspec: {image: a}\n", id="colon-behind-the-version"),
    ],
)
def test_a_broken_document_with_an_image_is_said(text: str) -> None:
    assert why(f"{POD}---\n{text}") == ["invalid-yaml"]


@pytest.mark.parametrize(
    "kind",
    [
        *("kind: HelmRelease", "kind:\n  HelmRelease", "kind: # c\n  HelmRelease", "kind: !!str HelmRelease"),
        *("kind: &k HelmRelease", "kind: >-\n  HelmRelease", "'kind' : 'HelmRelease'", '"kind" : "HelmRelease"'),
        *(
            'kind: "Helm\\\n  Release"',
            'kind: "Helm\\x52elease"',
            '"\\x6bind": HelmRelease',
            "? kind # c\n: HelmRelease",
        ),
        *("x: &k HelmRelease\nkind: *k", "x: &k kind\n*k : HelmRelease"),
    ],
)
def test_c04_c05_however_a_kind_is_written_it_is_read(kind: str) -> None:
    text = (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\n{kind}\nspec:\n  values: {{image: {{repository: a.io/b, tag: v1}}}}\n"
    )
    assert locators(text) == ["spec.values.image"]


def test_a_version_that_goes_on_behind_a_blank_hides_its_group() -> None:
    assert locators("apiVersion: a.example b/v1\nkind: A\nspec: {image: nginx:1}\n") == ["spec.image"]


def test_c05_a_slash_may_be_escaped_in_a_key() -> None:
    key = '"sidecar.istio.io\\/proxyImage"'
    text = f'{{"apiVersion":"v1","kind":"Pod","metadata":{{"annotations":{{{key}:"a.io\\/b:1"}}}}}}'
    assert len(find(Source("x.yaml", text))) == 1


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


def test_an_inline_merge_holds_a_container_like_any_other() -> None:
    merges = ("{image: a/b:1}", "&z {image: c/d:2}", "[{image: e:3}, *z]")
    text = f"{POD}spec:\n  containers:\n" + "".join(f"  - <<: {merge}\n" for merge in merges)
    places = [f"spec.containers[{index}].image" for index in (0, 1, 2, 2)]
    assert (locators(text), why(text)) == (places, [])
    assert locators(f"{POD}<<: {{spec: {{<<: {{containers: [{{image: a:1}}]}}}}}}\n") == ["spec.containers[0].image"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("spec: {image: {tag: '1', repository: a/b}}", ("spec.image", "a/b"), id="flow"),
        pytest.param("spec:\n  image:\n    # c\n    repository: a/b\n    tag: '1'", ("spec.image", "a/b"), id="block"),
        pytest.param("spec:\n  image:\n    registry: a\n    tag: v1", ("spec.image", "v1"), id="only-a-tag"),
        pytest.param("spec:\n  image: &i\n    repository: a", ("spec.image", "a"), id="anchor"),
        pytest.param("spec:\n  ? image\n  : repository: a", ("spec.image", "a"), id="explicit-key"),
        pytest.param("spec:\n  image:\n    <<: {repository: a}", ("spec.image", "a"), id="merge"),
        pytest.param("spec: {values: {web: {image: {tag: v1}}}}", ("spec.values.web.image", "v1"), id="values"),
        pytest.param(
            "spec: {source: {helm: {valuesObject: {image: {repository: a}}}}}",
            ("spec.source.helm.valuesObject.image", "a"),
            id="values-object",
        ),
        pytest.param("spec: {containers: [{image: {tag: v1}}]}", ("spec.containers[0].image", "v1"), id="container"),
    ],
)
def test_d04_an_image_in_parts_is_said(text: str, expected: tuple[str, str]) -> None:
    source = Source("x.yaml", f"{CUSTOM}{text}\n")
    (one,) = find(source)
    assert isinstance(one, Skipped)
    assert (one.locator, one.written, one.reason) == (*expected, "not-a-scalar")
    assert source.text[one.span.start : one.span.end] == expected[1]
    assert "repository and tag" in one.detail


def test_d04_an_image_in_parts_is_said_at_every_place_of_its_anchor() -> None:
    text = f"{CUSTOM}a: {{image: &i {{repository: a}}}}\nb: {{image: *i}}\n"
    assert [one.locator for one in find(Source("x.yaml", text))] == ["a.image", "b.image"]


def test_d04_an_image_that_overrides_parts_is_found() -> None:
    text = f"{CUSTOM}a: {{<<: {{image: {{repository: a}}}}, image: nginx:1}}\n"
    assert (locators(text), why(text)) == (["a.image"], ["not-a-scalar"])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("image: {name: nginx}", "{name: nginx}}]}", id="flow"),
        pytest.param("\n  - name: a\n    image:\n      name: nginx # c\n      x: 1", "name: nginx # c", id="block"),
        pytest.param("\n  # c\n\n  - image:\n    - nginx", "- nginx", id="list"),
        pytest.param(" &c\n  - image:\n      repository: nginx", "repository: nginx", id="parts"),
    ],
)
def test_d04_a_container_whose_image_is_no_string_is_said(value: str, written: str) -> None:
    spec = f"spec: {{containers: [{{{value}}}]}}" if value.startswith("image") else f"spec:\n  containers:{value}"
    source = Source("x.yaml", f"{POD}{spec}\n")
    (one,) = find(source)
    assert isinstance(one, Skipped)
    assert (one.locator, one.written, one.reason) == ("spec.containers[0].image", written, "not-a-scalar")
    assert source.text[one.span.start : one.span.end] == written
    assert "one string" in one.detail


def test_d04_a_volume_whose_reference_is_no_string_is_said() -> None:
    assert why(f"{POD}spec: {{volumes: [{{image: {{reference: [a]}}}}]}}\n") == ["not-a-scalar"]


def test_a_template_in_the_place_of_a_container_image_stays_a_template() -> None:
    assert why(f"{POD}spec:\n  containers:\n  - image: {{{{ .x }}}}\n") == ["template-value"]


def schema(size: int) -> str:
    head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  versions:\n  - schema:\n"
    keys = ("apiVersion", "image", "baseImage", "sidecarImage", "repository", "tag", "bundle")
    fields = "".join(f"          {key}:\n            description: {'x' * 99}\n" for key in keys)
    return f"{head}      openAPIV3Schema:\n        properties:\n{fields * (size // len(fields))}"


def test_a_schema_of_three_megabytes_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:  # row 99
    def parse(*_: object, **__: object) -> tuple[()]:
        message = "parsed"
        raise AssertionError(message)

    monkeypatch.setattr(yaml_scan, "scan_chunk", parse)
    assert find(Source("crd.yaml", schema(3_000_000))) == ()


def test_an_embedded_manifest_is_text_beside_a_real_image() -> None:  # row 103
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  pod.yaml: |\n    spec: {containers: [{image: a:1}]}\n---\n"
    assert locators(f"{text}{POD}spec: {{containers: [{{image: b:1}}]}}\n") == ["spec.containers[0].image"]


def test_anchors_of_the_same_name_belong_to_their_own_document() -> None:  # row 102
    text = "{}spec: {{containers: [{{image: &i {}}}, {{image: *i}}]}}\n"
    found = find(Source("x.yaml", "---\n".join(text.format(POD, one) for one in ("a:1", "b:1"))))
    assert [one.reference.written for one in found if isinstance(one, Occurrence)] == ["a:1", "a:1", "b:1", "b:1"]


def test_a_thousand_equal_images_are_a_thousand_places() -> None:  # row 100
    found = find(Source("x.yaml", f"{POD}spec:\n  containers:\n" + "  - image: a:1\n" * 1000))
    assert len({one.span for one in found}) == 1000


def test_many_keys_that_end_alike_are_found_in_bounded_time() -> None:  # C09
    keys = "".join(f"  a{at}Image: a/b:1\n" for at in range(3_000))
    assert len(why(f"{CUSTOM}spec:\n{keys}")) == 3_000


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(
            "{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, spec: {triggers: [{imageChangeParams: "
            "{containerNames: [a]}}], template: {spec: {containers: [{name: a, image: a/b:1}]}}}}",
            id="filled containers",
        ),
        pytest.param(
            "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, "
            "spec: {values: {image: {repository: quay.io/a/b, tag: v1}}}}",
            id="values",
        ),
    ],
)
def test_a_list_of_thousands_is_read_in_linear_time(item: str) -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n" + f"- {item}\n" * 2_000
    started = time.process_time()
    assert len(find(Source("x.yaml", text))) == 2_000
    assert time.process_time() - started < 20
