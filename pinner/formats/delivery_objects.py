"""The tool for objects of Kubernetes that say what is delivered: customized manifests, and addresses without a tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from pinner.formats.api_objects import ApiObject, Groups, KindFilter
from pinner.formats.base import Unreadable
from pinner.formats.carriers import CUSTOMIZATION, Customized
from pinner.formats.places import AnyPlace, Place
from pinner.syntax.yaml_nodes import Document, Path

if TYPE_CHECKING:
    from pinner.formats.customizations import CustomizedRoutes

_ARGO: Final = Customized(texts=("spec.**.kustomize.images[]",), patches=("spec.**.kustomize.patches[].patch",))
_POST_RENDERER: Final = "spec.postRenderers[].kustomize"
# By API group and kind: kustomize and its transformers, Flux, Argo CD.
_CUSTOMIZED: Final = {
    ("kustomize.config.k8s.io", "Kustomization"): CUSTOMIZATION,
    ("kustomize.config.k8s.io", "Component"): CUSTOMIZATION,
    ("", "ImageTagTransformer"): Customized(overrides=("imageTag",)),
    ("", "PatchTransformer"): Customized(patches=("patch",)),
    ("", "PatchJson6902Transformer"): Customized(patches=("jsonOp",)),
    ("", "PatchStrategicMergeTransformer"): Customized(patches=("patches",)),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): Customized(
        overrides=("spec.images[]",), patches=("spec.patches[].patch",), operations=("spec.patchesJson6902[].patch",)
    ),
    ("helm.toolkit.fluxcd.io", "HelmRelease"): Customized(
        overrides=(f"{_POST_RENDERER}.images[]",),
        patches=(f"{_POST_RENDERER}.patches[].patch",),
        operations=(f"{_POST_RENDERER}.patchesJson6902[].patch",),
    ),
    ("argoproj.io", "Application"): _ARGO,
    ("argoproj.io", "ApplicationSet"): _ARGO,
}
# The key in `spec`, how its value begins, and why it is left alone.
_ADDRESSES: Final = {
    ("image.toolkit.fluxcd.io", "ImageRepository"): (
        "image", "", Unreadable("repository", "Flux lists the tags of this repository; no image is named")
    ),
    ("source.toolkit.fluxcd.io", "HelmRepository"): (
        "url", "oci://", Unreadable("chart-repository", "charts are found here; a release names chart and version")
    ),
}  # fmt: skip
_KINDS: Final = KindFilter(frozenset({*_CUSTOMIZED, *_ADDRESSES}))


def may_deliver(text: str, groups: Groups) -> bool:
    """Return whether a text may hold such an object: then the nodes under every key are needed."""
    return _KINDS.may_stand_in(text, groups)


def delivery_places(objects: Iterable[ApiObject]) -> tuple[tuple[AnyPlace, ...], frozenset[Path]]:
    """Return the images of these objects, and the paths at which nothing else must be looked for."""
    places: list[AnyPlace] = []
    for one in objects:
        kind = (one.group, one.kind)
        routes = _routes(kind)
        if routes is not None:
            places += routes.places(one.document, one.root)
        elif kind in _ADDRESSES:
            places += _address(one.document, one.root, *_ADDRESSES[kind])
    return tuple(places), frozenset(place.node.path for place in places if isinstance(place, Place))


@cache
def _routes(kind: tuple[str, str]) -> CustomizedRoutes | None:
    customized = _CUSTOMIZED.get(kind)
    return None if customized is None else customized.compile()


def _address(document: Document, root: Path, key: str, scheme: str, verdict: Unreadable) -> Iterator[Place]:
    """Yield the name of a repository that no tag belongs to."""
    for node in document.nodes:
        if node.path == (*root, "spec", key) and node.shape == "scalar" and node.value.startswith(scheme):
            yield Place(node, verdict)
