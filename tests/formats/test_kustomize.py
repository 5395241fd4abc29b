"""Kustomizations, and the objects of Flux and Argo CD that hold the same (D06, D08, row 86)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.formats import detect, load_format
from pinner.formats.base import Skipped
from pinner.formats.notes import set_part
from pinner.text import Source
from tests.support import cases

KUSTOMIZE = load_format("kustomize")
KUBERNETES = load_format("kubernetes")
PINNED = f"sha256:{'b' * 64}"


def essence(text: str) -> list[str]:
    """Return the reason or the reference of each place."""
    found = KUSTOMIZE.find(Source("kustomization.yaml", text))
    return [one.reason if isinstance(one, Skipped) else one.reference.written for one in found]


def pin(text: str) -> str:
    return cases.pin("kustomize", Source("kustomization.yaml", text)).text


def entry(*fields: str) -> str:
    return f"images:\n- {'  '.join(f'{one}' + chr(10) for one in fields)}"


# --- which files


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("kustomization.yaml", "images: []\n"),
        ("deep/base/kustomization.yml", "images: []\n"),
        ("Kustomization", "images: []\n"),
        ("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nimages: []\n"),
        ("kustomization.yaml", '{"apiVersion": "kustomize.config.k8s.io/v1beta1", "images": []}\n'),
        ("kustomization.yaml", "patches:\n- patch: |\n    apiVersion: v1\n    image: nginx:1\n"),
    ],
)
def test_a_kustomization_is_taken_by_its_name(path: str, text: str) -> None:
    assert detect(Source(path, text)) is KUSTOMIZE


def test_a_kustomization_of_flux_is_an_object_of_kubernetes() -> None:
    text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: []}\n"
    assert detect(Source("kustomization.yaml", text)) is KUBERNETES


# --- images


def test_a_digest_goes_into_one_place_and_never_into_two() -> None:  # row 86, D06
    with_key, without = entry("name: nginx", "newTag: v1 # c", 'digest: ""'), entry("name: nginx", "newTag: v1 # c")
    assert pin(with_key) == with_key.replace('digest: ""', f'digest: "{cases.DIGEST}"')
    assert pin(without) == without.replace("v1 #", f"v1@{cases.DIGEST} #")
    assert pin(pin(with_key)) == pin(with_key)


def test_a_new_tag_beside_a_digest_stays() -> None:  # D06
    text = entry("name: nginx", "newTag: v1", f"digest: {PINNED}")
    updated = cases.update("kustomize", Source("kustomization.yaml", text), cases.WRITTEN_FORMS[0]).text
    assert updated == text.replace(PINNED, str(cases.OTHER_DIGEST))


def test_the_new_name_is_the_one_that_is_looked_up() -> None:
    assert essence(entry("name: nginx", "newName: ghcr.io/acme/web", "newTag: v1")) == ["ghcr.io/acme/web:v1"]
    assert essence(entry("name: nginx", "newName:", "newTag: v1")) == ["nginx:v1"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (["name: nginx"], "no-tag"),
        (["name: nginx", "newName: ghcr.io/acme/web"], "no-tag"),
        (["name: nginx", "tagSuffix: -alpine"], "no-tag"),
        (["name: nginx:1.27", "newTag: '1.28'"], "tagged-name"),
        ([f"name: nginx@{PINNED}", "newTag: '1.28'"], "tagged-name"),
        (["name: nginx", "newName: web:v1"], "tagged-name"),
        (["name: nginx", "newTag: 1.10"], "non-string"),
        (["newTag: v1"], "no-repository"),
        (["name: nginx", "newTag: $TAG"], "variable"),
        (["name: nginx", f"newTag: v1@{PINNED}", f"digest: {cases.DIGEST}"], "ambiguous-digest"),
    ],
)
def test_what_does_not_say_one_image_is_left_alone(fields: list[str], reason: str) -> None:  # D06
    assert essence(entry(*fields)) == [reason]
    assert pin(entry(*fields)) == entry(*fields)


# --- markers of Flux


@pytest.mark.parametrize(
    ("rest", "part"),
    [
        (' # {"$imagepolicy": "flux-system:app:tag"}', "tag"),
        ('" # {"$imagepolicy":"flux-system:app:digest"}\n', "digest"),
        (' # {"$imagepolicy": "flux-system:app"}', None),
        (" # other\n", None),
        ('\n # {"$imagepolicy": "flux-system:app:tag"}', None),
        ("", None),
    ],
)
def test_a_marker_says_which_part_flux_sets(rest: str, part: str | None) -> None:  # D08
    assert set_part(f"v1{rest}", 2) == part


def test_a_digest_that_flux_would_leave_behind_goes_with_the_tag() -> None:  # D08
    marked = entry("name: nginx", 'newTag: v1 # {"$imagepolicy": "a:b:tag"}', 'digest: ""')
    assert pin(marked) == marked.replace("v1 #", f"v1@{cases.DIGEST} #")
    both = entry("name: a", 'newTag: v1 # {"$imagepolicy": "a:b:tag"}', 'digest: "" # {"$imagepolicy": "a:b:digest"}')
    assert pin(both) == both.replace('""', f'"{cases.DIGEST}"')


def test_a_digest_that_flux_leaves_behind_is_said() -> None:  # D08
    assert essence(entry("name: a", 'newTag: v1 # {"$imagepolicy": "a:b:tag"}', f"digest: {PINNED}")) == [
        "image-policy"
    ]


# --- patches


def patched(pointer: str, value: str, operation: str = "replace") -> list[str]:
    inside = f'[{{"op": "{operation}", "path": "{pointer}", "value": {value}}}]'
    return essence(f"patches:\n- patch: '{inside}'\n")


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/spec/template/spec/containers/0/image", '"nginx:1"'),
        ("/spec/template/spec/containers/0/image", '"nginx"'),
        ("/spec/template/spec/containers/-", '{"image": "nginx:1"}'),
        ("/spec/template/spec/initContainers", '[{"image": "nginx:1"}]'),
        ("/spec/template", '{"spec": {"containers": [{"image": "nginx:1"}]}}'),
        ("/spec/volumes/0/image", '{"reference": "nginx:1"}'),
        ("", '{"spec": {"containers": [{"image": "nginx:1"}]}}'),
        ("/spec/image", '"nginx:1"'),
    ],
)
def test_the_path_of_an_operation_says_whether_its_value_is_an_image(pointer: str, value: str) -> None:
    assert patched(pointer, value)[0].startswith("nginx")


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/metadata/annotations/image", '"nginx:1"'),
        ("/metadata/labels", '{"image": "nginx:1"}'),
        ("/spec/template/spec/containers/0/name", '"nginx:1"'),
        ("/data/image", '"nginx:1"'),
        ("/image~1name", '"nginx:1"'),
        ("", '"nginx:1"'),
    ],
)
def test_other_values_of_operations_are_none(pointer: str, value: str) -> None:
    assert patched(pointer, value) == []


def test_an_operation_that_compares_is_left_alone() -> None:
    assert patched("/spec/containers/0/image", '"nginx:1"', "test") == ["compared"]


def test_a_single_word_in_an_unknown_object_is_left_alone() -> None:  # C10
    assert patched("/spec/image", '"ubuntu"') == ["ambiguous"]


def merged(version: str, kind: str, rest: str) -> list[str]:
    return essence(f"patches:\n- patch: |\n    apiVersion: {version}\n    kind: {kind}\n    {rest}\n")


@pytest.mark.parametrize(
    ("version", "kind", "rest"),
    [
        ("infrastructure.cluster.x-k8s.io/v1", "OpenStackMachineTemplate", "spec: {template: {spec: {image: a:1}}}"),
        ("acme.io/v1", "Machine", "spec: {image: projects/debian-cloud/global/images/debian-12}"),
        ("", "", "spec: {image: projects/debian-cloud/global/images/debian-12}"),
    ],
)
def test_a_patch_of_a_machine_is_none_of_an_image(version: str, kind: str, rest: str) -> None:  # C10
    assert merged(version, kind, rest) == ["other-image"]


def test_an_operation_on_a_machine_is_none_on_an_image() -> None:  # C10
    assert patched("/spec/template/spec/image", "projects/x/global/images/y") == ["other-image"]
    assert patched("/spec/bootDisk/initializeParams/image", "debian-cloud/debian-12") == ["ambiguous"]


@pytest.mark.parametrize(
    ("version", "kind", "rest", "image"),
    [
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "spec: {values: {image: {repository: quay.io/a/b, tag: v1}}}", 1),
        ("postgresql.cnpg.io/v1", "Cluster", "spec: {imageName: quay.io/a/b:v1}", 1),
        ("apps/v1", "Deployment", "spec: {containers: [{env: [{name: RELATED_IMAGE_A, value: quay.io/a/b:v1}]}]}", 1),
        ("acme.io/v1", "Shop", "spec: {containers: [{image: quay.io/a/b:v1}], image: quay.io/a/b:v1}", 2),
        ("apps/v1", "Deployment", "spec: {image: quay.io/a/b:v1}", 0),
    ],
)
def test_a_patch_with_a_kind_is_read_as_one_of_it(version: str, kind: str, rest: str, image: int) -> None:
    assert merged(version, kind, rest) == ["quay.io/a/b:v1"] * image


@pytest.mark.parametrize(
    ("key", "kind", "rest"),
    [
        ("transformers", "ImageTagTransformer", "imageTag: {name: quay.io/a/b, newTag: v1}"),
        (
            "transformers",
            "PatchTransformer",
            "patch: '[{op: add, path: /spec/containers/0/image, value: \"quay.io/a/b:v1\"}]'",
        ),
        ("generators", "HelmChartInflationGenerator", "valuesInline: {image: {repository: quay.io/a/b, tag: v1}}"),
    ],
)
def test_plugins_may_stand_in_a_kustomization_themselves(key: str, kind: str, rest: str) -> None:
    text = f"{key}:\n- image-plugin.yaml\n- |-\n  apiVersion: builtin\n  kind: {kind}\n  {rest}\n"
    assert essence(text) == ["quay.io/a/b:v1"]
    assert pin(text).count("@sha256:") == 1


def test_a_tag_whose_repository_stands_elsewhere_is_said() -> None:
    assert patched("/spec/values/image/tag", "v1") == ["no-repository"]
    assert patched("/metadata/labels/tag", "v1") == []


def test_a_file_name_is_no_patch() -> None:
    assert essence("patchesStrategicMerge:\n- patch-image.yaml\npatches:\n- path: image.yaml\n") == []


# --- any text


NAMES = st.sampled_from(["nginx", "ghcr.io/acme/web", "localhost:5000/a/b", "a:1", "$X", "", "~", "UPPER/x"])
TAGS = st.sampled_from(["v1", '"1.10"', "1.10", "''", "", f"v1@{PINNED}", "{{ .tag }}", "*a", "&a v2", "|-\n    v3"])
DIGESTS = st.sampled_from(["", '""', "''", PINNED, "sha256:short", "null"])
COMMENTS = st.sampled_from(["", " # c", ' # {"$imagepolicy": "a:b:tag"}'])
FIELDS = st.one_of(
    st.tuples(st.just("name"), NAMES, COMMENTS),
    st.tuples(st.just("newName"), NAMES, COMMENTS),
    st.tuples(st.just("newTag"), TAGS, COMMENTS),
    st.tuples(st.just("digest"), DIGESTS, COMMENTS),
)
ENTRIES = st.lists(st.lists(FIELDS, min_size=1, max_size=4, unique_by=lambda one: one[0]), max_size=3)


@given(ENTRIES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_entries_come_back_after_pinning(entries: list[list[tuple[str, str, str]]]) -> None:  # C12, row 108
    items = (
        "\n  ".join(f"{key}: {value}{note if chr(10) not in value else ''}" for key, value, note in one)
        for one in entries
    )
    source = Source("kustomization.yaml", "images:\n" + "".join(f"- {one}\n" for one in items))
    for form in cases.WRITTEN_FORMS:
        once = cases.pin("kustomize", source, form)
        assert cases.changes("kustomize", once, cases.with_digest, form) == ()
        assert cases.unpin("kustomize", once) == cases.unpin("kustomize", source)
