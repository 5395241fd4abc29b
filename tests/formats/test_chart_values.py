"""Helm values: what is an image in them, and what might be none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinner.context import NO_CONTEXT
from pinner.formats import detect, load_format
from pinner.formats.base import Found, Occurrence, Skipped, change_to, edits_for
from pinner.oci.digest import Digest
from pinner.syntax.charts import Chart, DigestUse, TagUse, ValueName
from pinner.text import Source, apply_edits

VALUES = load_format("helm_values")
CHART = Chart()


def find(text: str, chart: Chart | None = CHART) -> tuple[Found, ...]:
    return VALUES.find(Source("values.yaml", text), replace(NO_CONTEXT, chart=chart))


def essence(text: str, chart: Chart | None = CHART) -> list[str]:
    """Return the reason of what is left alone, and the full name of what is found."""
    return [one.reason if isinstance(one, Skipped) else one.reference.tagged for one in find(text, chart)]


def taken(path: str, text: str = "image: {repository: ghcr.io/a/b, tag: v1}\n") -> str | None:
    one = detect(Source(path, text))
    return one.name if one else None


# --- the files


@pytest.mark.parametrize(
    "path",
    [
        "values.yaml",
        "charts/shop/values.yml",
        "values-prod.yaml",
        "values.prod.yaml",
        "ci/postgres-values.yaml",
        "prod_values.yaml",
        "helm/values/prod/shop.yaml",
        "values.yaml.gotmpl",
        "VALUES.YAML",
    ],
)
def test_values_are_told_by_their_names(path: str) -> None:
    assert taken(path) == "helm-values"


@pytest.mark.parametrize(
    "path", ["values.json", "values.schema.json", "charts/shop/templates/values.yaml", "value.yaml"]
)
def test_other_files_are_no_values(path: str) -> None:
    assert taken(path) != "helm-values"


def test_an_object_of_kubernetes_is_none_whatever_its_name() -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx}]}\n"
    assert taken("values.yaml", pod) == "kubernetes"
    assert taken("values.yaml", "apiVersion: v1\nimage: nginx:1\n") == "helm-values"


def test_values_without_an_image_are_not_read() -> None:
    assert taken("values.yaml", "replicas: 2\n") is None


# --- what is left alone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("image: {}\n", [], id="C10-mapping"),
        pytest.param("images: [front.png, shop, 1, {a: b:1}, Shop]\n", [], id="C10-list-of-texts"),
        pytest.param("images: {at: '12:30', ports: ['8080:80']}\n", [], id="C10-numbers-in-images"),
        pytest.param("images: [ghcr.io/a/b, $X]\n", ["app-version", "variable"], id="A11-list"),
        pytest.param("image: [a]\n", [], id="C10-list"),
        pytest.param("image: true\n", ["non-string"], id="C10-boolean"),
        pytest.param("image:\n", ["empty"], id="C10-nothing"),
        pytest.param("image: logo.png\n", ["other-image"], id="C10-picture"),
        pytest.param("backgroundImage: https://a.example/b\n", ["other-image"], id="C10-address"),
        pytest.param("osImage: Ubuntu 24.04\n", ["other-image"], id="C10-words"),
        pytest.param("image: Shop\n", ["not-a-reference"], id="A09-capital"),
        pytest.param("image: {name: quay.io/a/b, tag: v1}\n", ["ambiguous"], id="C10-name"),
        pytest.param("image: {repository: quay.io/a, name: b, tag: v1}\n", ["ambiguous"], id="D05-name-beside"),
        pytest.param("image: {repository: quay.io/a/b, tag: v1, tagSuffix: -slim}\n", ["ambiguous"], id="D05-suffix"),
        pytest.param(
            "image: {repository: quay.io/a/b, tag: v1, genericDigest: '', suffix: ''}\n", ["ambiguous"], id="D05-names"
        ),
        pytest.param("images: {repository: quay.io/a, tag: v1}\n", ["ambiguous"], id="D05-several"),
        pytest.param("git: {repository: a/b, tag: v1}\n", ["ambiguous"], id="C10-source-code"),
        pytest.param("git: {repository: github.com/a/b, tag: v1}\n", ["ambiguous"], id="C10-forge"),
        pytest.param("git: {repository: 'https://a.example/b', tag: v1}\n", [], id="C10-repository-address"),
        pytest.param("chart: {repository: a.example/b, version: v1}\n", [], id="C10-chart"),
        pytest.param("repository: {image: ghcr.io/a/b}\n", ["app-version"], id="C10-repository-mapping"),
        pytest.param("image: {repository: {x: 1}, tag: v1}\n", [], id="C10-repository-no-text"),
        pytest.param("image: {tag: v1}\n", ["no-repository"], id="D05-tag-alone"),
        pytest.param("image: {digest: 'sha256:x'}\n", ["no-repository"], id="D05-digest-alone"),
        pytest.param("image: {tag: ''}\n", [], id="D05-nothing-said"),
        pytest.param("image: {repository: ghcr.io/a/b, tag: 1.10}\n", ["non-string"], id="A08-row-85-float"),
        pytest.param("image: {repository: ghcr.io/a/b, version: 16}\n", ["non-string"], id="A08-row-85-int"),
        pytest.param("image: {repository: ghcr.io/a/b, tag: null}\n", ["non-string"], id="row-85-null"),
        pytest.param("image: {repository: ghcr.io/a/b, tag: ''}\n", ["app-version"], id="D05-empty-tag"),
        pytest.param("image: {repository: ghcr.io/a/b, tag: '', version: v1}\n", ["app-version"], id="D05-tag-first"),
        pytest.param("image: ghcr.io/a/b\n", ["app-version"], id="D05-text-without-tag"),
        pytest.param("image: ghcr.io/a/b\ntag: ''\n", ["app-version"], id="D05-text-with-empty-tag"),
        pytest.param("image: ghcr.io/a/b:v1\ntag: v2\n", ["ambiguous"], id="D05-two-tags"),
        pytest.param("image: shop\ntag: v2\n", ["ambiguous"], id="D05-one-word"),
        pytest.param("imageName: shop\n", [], id="C10-a-name"),
        pytest.param("imageName: shop\nimageTag: v1\n", ["ambiguous"], id="D05-one-word-as-name"),
        pytest.param("imageRef: ghcr.io/a/b\n", [], id="C10-untagged-name"),
        pytest.param("image: ghcr.io/a/b:v1\nsha: 5f3c2a1\n", ["not-a-reference"], id="C10-another-sha"),
        pytest.param("imageName: 1\n", [], id="C10-a-number-as-name"),
        pytest.param("imageName: A B\n", [], id="C10-words-as-name"),
        pytest.param("images: {mode: fast, size: 1, icon: a/b.png}\n", [], id="C10-words-in-images"),
        pytest.param("images: {a: ghcr.io/a/b}\n", ["app-version"], id="D05-untagged-in-images"),
        pytest.param("images: {a: '{{ .x }}', b: $X}\n", ["template-value", "variable"], id="A11-A12-in-images"),
        pytest.param("image: '{{ .x }}'\n", ["template-value"], id="A12-text"),
        pytest.param("image: {repository: '$R', tag: v1}\n", ["variable"], id="A11-repository"),
    ],
)
def test_what_might_be_none_is_left_alone(text: str, expected: list[str]) -> None:
    assert essence(text) == expected


# --- what is found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("image: {repository: nginx, tag: v1}\n", "docker.io/library/nginx:v1", id="D05"),
        pytest.param("a: {b: [{image: {repository: ghcr.io/a/b, tag: v1}}]}\n", "ghcr.io/a/b:v1", id="D05-deep"),
        pytest.param("image: {registry: quay.io, repository: a/b, tag: v1}\n", "quay.io/a/b:v1", id="D05-registry"),
        pytest.param("image: {hub: quay.io/x, image: b, tag: v1}\n", "quay.io/x/b:v1", id="D05-hub"),
        pytest.param("image: {repository: ghcr.io/a/b:v1}\n", "ghcr.io/a/b:v1", id="D05-tag-in-repository"),
        pytest.param("image: {repository: ghcr.io/a/b, version: v1}\n", "ghcr.io/a/b:v1", id="D05-version"),
        pytest.param("image: {repo: ghcr.io/a/b, tag: v1}\n", "ghcr.io/a/b:v1", id="D05-repo"),
        pytest.param("x: {repository: ghcr.io/a/b, tag: v1}\n", "ghcr.io/a/b:v1", id="D05-host-tells"),
        pytest.param("x: {repository: a/b, tag: v1, pullPolicy: Always}\n", "docker.io/a/b:v1", id="D05-key-tells"),
        pytest.param("image_repository: ghcr.io/a/b\nimage_tag: v1\n", "ghcr.io/a/b:v1", id="D05-flat"),
        pytest.param("image: a/b\nimageTag: v1\n", "docker.io/a/b:v1", id="D05-text-and-tag"),
        pytest.param("xImage: ghcr.io/a/b\nxImageTag: v1\n", "ghcr.io/a/b:v1", id="D05-other-text-and-tag"),
        pytest.param("image: nginx:1.27\n", "docker.io/library/nginx:1.27", id="D05-text"),
        pytest.param("image: a/b:v1\nregistry: quay.io\n", "quay.io/a/b:v1", id="D05-text-and-registry"),
        pytest.param("image: ghcr.io/a/b:v1\nversion: 3\n", "ghcr.io/a/b:v1", id="D05-another-version"),
        pytest.param("extraContainers: [{image: busybox, tag: x}]\n", "docker.io/library/busybox:latest", id="D02"),
        pytest.param("images: [ghcr.io/a/b:v1]\n", "ghcr.io/a/b:v1", id="D05-list"),
        pytest.param("images: [{source: ghcr.io/a/b:v1, as: web:v1}]\n", "ghcr.io/a/b:v1", id="D05-list-of-mappings"),
        pytest.param("preloadImages: [nginx:1.27]\n", "docker.io/library/nginx:1.27", id="D05-list-of-short-names"),
        pytest.param("imageName: ghcr.io/a/b:v1\n", "ghcr.io/a/b:v1", id="D05-name"),
        pytest.param("imageRef: ghcr.io/a/b:v1\n", "ghcr.io/a/b:v1", id="D05-ref"),
        pytest.param("imageURI: ghcr.io/a/b:v1\n", "ghcr.io/a/b:v1", id="D05-uri"),
        pytest.param("imageName: ghcr.io/a/b\nimageTag: v1\n", "ghcr.io/a/b:v1", id="D05-name-and-tag"),
        pytest.param("image: ghcr.io/a/b:v1\ndigest: ''\n", "ghcr.io/a/b:v1", id="D05-text-and-digest-key"),
        pytest.param("image: nginx:1.27\ndigest: ''\n", "docker.io/library/nginx:1.27", id="D05-short-and-digest-key"),
        pytest.param(f"image: ghcr.io/a/b\ndigest: 'sha256:{'b' * 64}'\n", "ghcr.io/a/b:latest", id="D05-digest-alone"),
        pytest.param("images: {tags: {a: ghcr.io/a/b:v1}}\n", "ghcr.io/a/b:v1", id="D05-images-tags"),
    ],
)
def test_an_image_is_read_as_the_chart_reads_it(text: str, expected: str) -> None:
    assert essence(text) == [expected]


def test_a_flat_image_is_named_by_its_repository() -> None:
    (one,) = find("a: {toolImageRepository: ghcr.io/a/b, toolImageTag: v1}\n")
    assert isinstance(one, Occurrence)
    assert one.locator == "a.toolImageRepository"


# --- what the file and the chart say besides (D05)


@pytest.mark.parametrize("globally", ["imageRegistry: m.example", "image: {registry: m.example}"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: {registry: quay.io, repository: a/b, tag: v1}", "m.example/a/b:v1"),
        ("image: {registry: '', repository: a/b, tag: v1}", "m.example/a/b:v1"),
        ("image: {repository: ghcr.io/a/b, tag: v1}", "ghcr.io/a/b:v1"),
        ("image: {repository: a/b, tag: v1}", "ambiguous"),
        ("image: a/b:v1", "ambiguous"),
        ("image: ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
        ("images: {a: 'a/b:v1'}", "ambiguous"),
    ],
)
def test_a_global_registry_goes_before_that_of_the_image(globally: str, text: str, expected: str) -> None:  # D05
    assert essence(f"global: {{{globally}}}\n{text}\n") == [expected]
    assert essence(f"{text}\nglobal: {{{globally}}}\n") == [expected]


def test_an_empty_global_registry_says_nothing() -> None:  # D05
    assert essence("global: {imageRegistry: ''}\nimage: {repository: a/b, tag: v1}\n") == ["docker.io/a/b:v1"]


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        pytest.param(None, "ambiguous", id="no-chart"),
        pytest.param(Chart(), "docker.io/a/b:v1", id="a-chart-without-registries"),
        pytest.param(Chart(registries=frozenset({("x", "image")})), "ambiguous", id="its-registry"),
        pytest.param(Chart(registries=frozenset({("y", "image")})), "docker.io/a/b:v1", id="another-registry"),
        pytest.param(Chart(registries=frozenset({()})), "ambiguous", id="its-global-registry"),
        pytest.param(Chart(dependencies=frozenset({"x"})), "ambiguous", id="the-values-of-another-chart"),
        pytest.param(Chart(dependencies=frozenset({"y"})), "docker.io/a/b:v1", id="beside-those-of-another-chart"),
    ],
)
def test_a_chart_may_put_a_registry_in_front_of_what_has_none(chart: Chart | None, expected: str) -> None:  # D05
    assert essence("x: {image: {repository: a/b, tag: v1}}\n", chart) == [expected]
    assert essence("x: {image: {repository: ghcr.io/a/b, tag: v1}}\n", chart) == ["ghcr.io/a/b:v1"]


def test_a_global_registry_of_the_chart_is_not_known_in_other_values() -> None:  # D05
    text = "image: {registry: quay.io, repository: a/b, tag: v1}\n"
    globally = Chart(registries=frozenset({()}))
    assert essence(text, globally) == ["ambiguous"]
    assert essence(f"{text}global: {{imageRegistry: m.example}}\n", globally) == ["m.example/a/b:v1"]
    for chart in (None, CHART, Chart(registries=frozenset({("image",)})), Chart(dependencies=frozenset({"image"}))):
        assert essence(text, chart) == ["quay.io/a/b:v1"]


def test_a_digest_has_one_place_where_a_text_stands_beside_a_digest_key() -> None:  # D05
    text = f"image: ghcr.io/a/b:v1\ndigest: 'sha256:{'b' * 64}'\n"
    (one,) = find(text)
    assert isinstance(one, Occurrence)
    (edit,) = edits_for([change_to(one, one.reference.pinned_to(Digest("sha256", "a" * 64)))])
    assert text[edit.span.start : edit.span.end] == "b" * 64


# --- how a digest key is filled (D05)


def pin(text: str, *digest_uses: DigestUse) -> str:
    chart = Chart(digest_uses=digest_uses)
    changes = [
        change_to(one, one.reference.pinned_to(Digest("sha256", "a" * 64)))
        for one in find(text, chart)
        if isinstance(one, Occurrence)
    ]
    return apply_edits(text, edits_for(changes)).replace("a" * 64, "A")


def written(key: str, *, is_bare: bool) -> DigestUse:
    return DigestUse(digest=ValueName(names=("image", key), is_whole=True), is_bare=is_bare)


IMAGE = "image: {repository: ghcr.io/a/b, tag: v1, %s: ''%s}\n"
BEHIND_THE_TAG = "v1@sha256:A"


@pytest.mark.parametrize("key", ["digest", "sha", "sha256"])
def test_a_digest_key_gets_what_the_templates_put_into_the_reference(key: str) -> None:  # D05
    assert pin(IMAGE % (key, ""), written(key, is_bare=True)) == IMAGE.replace("''", "'A'") % (key, "")
    assert pin(IMAGE % (key, ""), written(key, is_bare=False)) == IMAGE.replace("''", "'sha256:A'") % (key, "")


@pytest.mark.parametrize("uses", [(), (written("sha", is_bare=True), written("sha", is_bare=False))])
def test_where_nobody_knows_how_a_hash_is_read_the_digest_goes_behind_the_tag(uses: tuple[DigestUse, ...]) -> None:
    assert pin(IMAGE % ("sha", ""), *uses) == IMAGE.replace("v1", BEHIND_THE_TAG) % ("sha", "")
    assert pin(IMAGE % ("digest", ""), *uses) == IMAGE.replace("''", "'sha256:A'") % ("digest", "")


@pytest.mark.parametrize("parts", ["repository: ghcr.io/a/b, tag: v1, sha: ''", "repository: ghcr.io/a/b:v1, sha256: "])
def test_an_empty_hash_of_a_chart_that_is_not_here_stays_empty(parts: str) -> None:  # D04
    text = f"image: {{{parts}}}\n"
    assert (essence(text, None), essence(text)) == (["ambiguous"], ["ghcr.io/a/b:v1"])


def test_a_hash_in_values_of_a_dependency_is_left_empty() -> None:  # D04
    text = f"x: {{{IMAGE.strip() % ('sha', '')}}}\n"
    assert essence(text, Chart(dependencies=frozenset({"x"}))) == ["ambiguous"]
    assert essence(text, Chart()) == ["ghcr.io/a/b:v1"]


def test_a_hash_that_stands_there_is_read_and_replaced_whatever_is_known() -> None:  # D05
    text = IMAGE.replace("''", f"'{'b' * 64}'") % ("sha", "")
    assert pin(text) == text.replace("b" * 64, "A")


def test_a_digest_key_that_is_switched_off_stays_empty() -> None:  # D05
    text = IMAGE % ("digest", ", useDigest: false")
    assert pin(text) == text.replace("v1", BEHIND_THE_TAG)
    assert essence(text.replace("''", f"'sha256:{'b' * 64}'")) == ["ambiguous"]
    on = IMAGE % ("digest", ", useDigest: true")
    assert pin(on) == on.replace("''", "'sha256:A'")


# --- tags that are used for something else (D04)


TAG = ValueName(names=("x", "image", "tag"), is_whole=True)
USED = Chart(tag_uses=(TagUse(tag=TAG, place="templates/a.yaml:3"),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x: {image: {repository: ghcr.io/a/b, tag: v1}}\n", "tag-used-elsewhere", id="tag"),
        pytest.param("x: {image: {repository: ghcr.io/a/b, tag: v1, digest: ~}}\n", "tag-used-elsewhere", id="null"),
        pytest.param("x: {image: {repository: ghcr.io/a/b, tag: v1, digest: ''}}\n", "ghcr.io/a/b:v1", id="digest-key"),
        pytest.param("x: {image: {repository: 'ghcr.io/a/b:v1', tag: ''}}\n", "ghcr.io/a/b:v1", id="in-the-repository"),
        pytest.param("y: {image: {repository: ghcr.io/a/b, tag: v1}}\n", "ghcr.io/a/b:v1", id="another-image"),
        pytest.param("x: {image: {repository: ghcr.io/a/b, tag: 1.1}}\n", "non-string", id="a-number"),
    ],
)
def test_a_tag_that_is_used_elsewhere_gets_no_digest(text: str, expected: str) -> None:  # D04
    assert essence(text, USED) == [expected]


def test_a_tag_that_has_a_digest_already_is_known_whatever_the_chart_does() -> None:  # D04
    text = f"x: {{image: {{repository: ghcr.io/a/b, tag: 'v1@sha256:{'b' * 64}'}}}}\n"
    assert essence(text, USED) == ["ghcr.io/a/b:v1"]


def test_the_reason_names_the_template() -> None:  # D04
    (one,) = find("x: {image: {repository: ghcr.io/a/b, tag: v1}}\n", USED)
    assert isinstance(one, Skipped)
    assert one.detail.startswith("the chart uses the tag outside of an image reference, at templates/a.yaml:3;")
