"""The tool for objects of Kubernetes that are about Helm charts: those with values, and those that fetch artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from pinner.formats.api_objects import ApiObject, Groups, KindFilter
from pinner.formats.base import Unreadable
from pinner.formats.carriers import Carried
from pinner.formats.places import AnyPlace, Parts, Place, node_of, text_of
from pinner.syntax.yaml_nodes import Document, Node, Path

if TYPE_CHECKING:
    from pinner.formats.carried_values import CarriedRoutes

_ARGO: Final = Carried(
    values=("spec.**.helm.valuesObject",), texts=("spec.**.helm.values",), parameters=("spec.**.helm.parameters",)
)
# By API group and kind: Flux, Argo CD, the Helm controller of k3s, kustomize, Crossplane, Cluster API, Sveltos.
_CARRIERS: Final = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): Carried(values=("spec.values",)),
    ("helm.fluxcd.io", "HelmRelease"): Carried(values=("spec.values",)),
    ("argoproj.io", "Application"): _ARGO,
    ("argoproj.io", "ApplicationSet"): _ARGO,
    ("helm.cattle.io", "HelmChart"): Carried(
        values=("spec.values",), texts=("spec.valuesContent",), sets=("spec.set",)
    ),
    ("helm.cattle.io", "HelmChartConfig"): Carried(values=("spec.values",), texts=("spec.valuesContent",)),
    ("", "HelmChartInflationGenerator"): Carried(values=("valuesInline",)),
    ("helm.crossplane.io", "Release"): Carried(
        values=("spec.forProvider.values",), parameters=("spec.forProvider.set",)
    ),
    ("addons.cluster.x-k8s.io", "HelmChartProxy"): Carried(texts=("spec.valuesTemplate",)),
    ("config.projectsveltos.io", "ClusterProfile"): Carried(texts=("spec.helmCharts[].values",)),
    ("config.projectsveltos.io", "Profile"): Carried(texts=("spec.helmCharts[].values",)),
}
_ARTIFACT: Final = ("source.toolkit.fluxcd.io", "OCIRepository")
_KINDS: Final = KindFilter(frozenset({*_CARRIERS, _ARTIFACT}))
_NO_KEY: Final = Unreadable(
    "no-digest-key", "Flux takes a digest under a key of its own: write `digest:` beside the tag to have it filled"
)
_RANGE: Final = Unreadable("version-range", "Flux picks the newest tag of a range; write a tag to have it pinned")


def may_be_about_charts(text: str, groups: Groups) -> bool:
    """Return whether a text may hold such an object: then the nodes under every key are needed."""
    return _KINDS.may_stand_in(text, groups)


def chart_places(objects: Iterable[ApiObject]) -> tuple[tuple[AnyPlace, ...], frozenset[Path]]:
    """Return the images of these objects, and the mappings in which nothing else is one."""
    places: list[AnyPlace] = []
    owned: set[Path] = set()
    for one in objects:
        routes = _routes(one.group, one.kind)
        if routes is not None:
            places += routes.places(one.document, one.root)
            owned.update(routes.mappings(one.document, one.root))
        elif (one.group, one.kind) == _ARTIFACT:
            places += _artifact(one.document, one.root)
    return tuple(sorted(places, key=lambda place: node_of(place).start)), frozenset(owned)


@cache
def _routes(group: str, kind: str) -> CarriedRoutes | None:
    carried = _CARRIERS.get((group, kind))
    return None if carried is None else carried.compile()


def _artifact(document: Document, root: Path) -> Iterator[AnyPlace]:
    """Yield the artifact of an OCIRepository: its digest has a key of its own, and goes before a tag (D07)."""
    nodes: dict[Path, Node] = {
        node.path[len(root) :]: node for node in document.nodes if node.path[: len(root)] == root
    }
    url, tag = nodes.get(("spec", "url")), nodes.get(("spec", "ref", "tag"))
    digest, semver = nodes.get(("spec", "ref", "digest")), nodes.get(("spec", "ref", "semver"))
    if url is None:
        return
    if text_of(semver) and not text_of(digest) and semver is not None:
        yield Place(semver, _RANGE)
        return
    yield Parts(
        repository=url,
        tag=tag,
        digest=digest,
        untagged=_NO_KEY,
        tag_alone=_NO_KEY,
        scheme="oci://",
        path=(*root, "spec"),
    )
