"""Objects about Helm charts, and names of values as `--set` has them (D07)."""

from __future__ import annotations

import pytest

from pinner.formats import load_format
from pinner.formats.base import Occurrence, Skipped
from pinner.formats.carried_values import read_name
from pinner.syntax.yaml_nodes import Path
from pinner.text import Source

KUBERNETES = load_format("kubernetes")
IMAGE = "{image: {repository: ghcr.io/a/b, tag: v1}}"


def essence(text: str) -> list[str]:
    found = KUBERNETES.find(Source("x.yaml", text))
    return [one.reason if isinstance(one, Skipped) else f"{one.locator} {one.reference.tagged}" for one in found]


@pytest.mark.parametrize(
    ("kind", "spec", "locator"),
    [
        ("helm.toolkit.fluxcd.io/v2 HelmRelease", f"spec: {{values: {IMAGE}}}", "spec.values.image"),
        ("helm.fluxcd.io/v1 HelmRelease", f"spec: {{values: {IMAGE}}}", "spec.values.image"),
        (
            "argoproj.io/v1alpha1 Application",
            f"spec: {{source: {{helm: {{valuesObject: {IMAGE}}}}}}}",
            "spec.source.helm.valuesObject.image",
        ),
        (
            "argoproj.io/v1alpha1 Application",
            f"spec: {{sourceHydrator: {{drySource: {{helm: {{values: '{IMAGE}'}}}}}}}}",
            "spec.sourceHydrator.drySource.helm.values > image",
        ),
        (
            "argoproj.io/v1alpha1 ApplicationSet",
            f"spec: {{template: {{spec: {{sources: [{{helm: {{values: '{IMAGE}'}}}}]}}}}}}",
            "spec.template.spec.sources[0].helm.values > image",
        ),
        ("helm.cattle.io/v1 HelmChart", f"spec: {{valuesContent: '{IMAGE}'}}", "spec.valuesContent > image"),
        ("helm.cattle.io/v1 HelmChartConfig", f"spec: {{valuesContent: '{IMAGE}'}}", "spec.valuesContent > image"),
        ("builtin HelmChartInflationGenerator", f"valuesInline: {IMAGE}", "valuesInline.image"),
        (
            "helm.crossplane.io/v1 Release",
            f"spec: {{forProvider: {{values: {IMAGE}}}}}",
            "spec.forProvider.values.image",
        ),
        (
            "addons.cluster.x-k8s.io/v1alpha1 HelmChartProxy",
            f"spec: {{valuesTemplate: '{IMAGE}'}}",
            "spec.valuesTemplate > image",
        ),
        (
            "config.projectsveltos.io/v1beta1 ClusterProfile",
            f"spec: {{helmCharts: [{{values: '{IMAGE}'}}]}}",
            "spec.helmCharts[0].values > image",
        ),
    ],
)
def test_values_are_found_in_every_object_that_carries_them(kind: str, spec: str, locator: str) -> None:  # D07
    version, _, name = kind.partition(" ")
    assert essence(f"apiVersion: {version}\nkind: {name}\n{spec}\n") == [f"{locator} ghcr.io/a/b:v1"]
    assert essence(f"apiVersion: example.org/v1\nkind: {name}\n{spec.replace('image', 'picture')}\n") == []


def test_an_object_of_another_group_carries_nothing() -> None:
    text = f"apiVersion: example.org/v1\nkind: HelmChart\nspec: {{valuesContent: '{IMAGE}'}}\n"
    assert essence(text) == []


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("", ["no-digest-key"]),
        ("ref: {tag: v1}", ["no-digest-key"]),
        ("ref: {tag: 1.10, digest: ''}", ["non-string"]),
        ("ref: {semver: '>1'}", ["version-range"]),
        ("ref: {semver: '>1', digest: ''}", ["version-range"]),
        ("ref: {tag: v1, digest: ''}", ["spec ghcr.io/a/b:v1"]),
    ],
)
def test_an_artifact_has_its_digest_under_a_key(ref: str, expected: list[str]) -> None:  # D07
    head = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
    assert essence(f"{head}spec:\n  url: oci://ghcr.io/a/b\n  {ref}\n") == expected


def test_an_artifact_without_an_address_is_none() -> None:
    assert essence("apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec: {ref: {tag: v1}}\n") == []


def test_a_digest_alone_names_the_artifact() -> None:  # D07
    head = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
    text = f"{head}spec: {{url: 'oci://ghcr.io/a/b', ref: {{digest: 'sha256:{'b' * 64}'}}}}\n"
    (one,) = KUBERNETES.find(Source("x.yaml", text))
    assert isinstance(one, Occurrence)
    assert text[one.span.start : one.span.end] == "ghcr.io/a/b"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("image.tag", ("image", "tag")),
        ("sidecars[0].image", ("sidecars", 0, "image")),
        ("a[1][2].b", ("a", 1, 2, "b")),
        (r"nodeSelector.kubernetes\.io/os", ("nodeSelector", "kubernetes.io/os")),
        ("", ("",)),
        ("...", ("...",)),
    ],
)
def test_a_name_leads_to_a_value(name: str, path: Path) -> None:
    assert read_name(name) == path
