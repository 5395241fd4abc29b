"""Kubernetes objects: everything with `apiVersion` and `kind` (kubernetes.io/docs/reference, PodSpec)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.chart_values import is_below
from pinner.formats.delivery_objects import delivery_places, may_deliver
from pinner.formats.helm_objects import chart_places, may_be_about_charts
from pinner.formats.places import AnyPlace
from pinner.formats.pod_paths import CONTAINERS, is_pod_image
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.text import Source

_IMAGES: Final = frozenset({"image", "reference"})
# Beside each other in a mapping under `image`, as charts have it; the one that says most comes first.
_PARTS: Final = ("repository", "tag")
_WANTED: Final = _IMAGES.union(_PARTS)
_KEYS: Final = _WANTED | {"apiVersion", "kind"}
_API_VERSION: Final = re.compile(r"""apiVersion["']?[ \t]*:""")
_BEFORE_KEY: Final = re.compile(r"""(?:^|[\r\n{,\ufeff])[ \t-]*["']?\Z""")
_LOOK_BACK: Final = 99
# What people and controllers write about an object; its values only describe.
_DESCRIPTIONS: Final = frozenset({"metadata", "status", "data", "stringData", "binaryData"})
_LABELS: Final = frozenset({"labels", "annotations", "matchLabels"})
# The groups of Kubernetes itself: in these, only a pod's containers and volumes hold images.
_BUILT_IN: Final = frozenset(
    {
        "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps",
        "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io",
        "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io",
        "scheduling.k8s.io", "storage.k8s.io",
    }
)  # fmt: skip
# Keys of custom resources whose `image` is a container's, so that a single word is an image too.
_CONTAINER_KEYS: Final = CONTAINERS | {"container", "script", "steps", "sidecars", "stepTemplate", "nodes"}
_OTHER_IMAGE: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|data:[a-z]*[/;,]|projects/|/|.*\.(?:png|svg|jpe?g|gif|webp|ico|iso|qcow2|img|raw|vmdk|ova|vhdx?)$",
    re.IGNORECASE,
)
_NO_CONTAINER_IMAGE: Final = Unreadable("other-image", "the value names a picture, a disk or a machine image")
_IN_PARTS: Final = Unreadable(
    "not-a-scalar", "the image is written in parts (repository and tag); this version does not pin such parts"
)
_NO_STRING: Final = "the image of a container or of an image volume must be one string"
_AMBIGUOUS: Final = Unreadable(
    "ambiguous", "a single word in a custom resource may be any kind of image; write registry, repository and tag"
)


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of pods at any depth, and the `image` keys of custom resources (D01, D02, D04)."""
    if may_be_about_charts(source.text) or may_deliver(source.text):
        return find_images(source, _classify, context, keys=None)
    return find_images(source, _classify, context, keys=_KEYS, wanted=_WANTED, lists=CONTAINERS)


def is_kubernetes(source: Source) -> bool:
    """Return whether an `apiVersion` key stands in the text."""
    text = source.text
    return any(
        _BEFORE_KEY.search(text[max(0, match.start() - _LOOK_BACK) : match.start()])
        for match in _API_VERSION.finditer(text)
    )


def _classify(document: Document) -> Iterator[AnyPlace]:
    groups = _groups(document)
    if () not in groups:
        return
    parts = _parts(document)
    charted, owned = chart_places(document, groups)
    delivered, named = delivery_places(document, groups)
    yield from charted
    yield from delivered
    for node in document.nodes:
        if node.path[-1] not in _IMAGES or any(is_below(node.path, one) for one in owned) or node.path in named:
            continue
        root = next(node.path[:length] for length in reversed(range(len(node.path))) if node.path[:length] in groups)
        place = _classify_node(node, node.path[len(root) :], groups[root], parts.get(node.path))
        if place is not None:
            yield place


def _groups(document: Document) -> dict[Path, str]:
    """Return the API group of every object in the document, by the path of the object (lists hold several)."""
    kinds = {node.path[:-1] for node in document.nodes if node.path[-1] == "kind" and node.shape == "scalar"}
    return {
        node.path[:-1]: node.value.rpartition("/")[0]
        for node in document.nodes
        if node.path[-1] == "apiVersion" and node.path[:-1] in kinds
    }


def _parts(document: Document) -> dict[Path, Node]:
    """Return the part that names each image that is written in parts, by the path of the image."""
    return {
        node.path[:-1]: node
        for part in reversed(_PARTS)
        for node in document.nodes
        if node.path[-1] == part and node.shape == "scalar"
    }


def _classify_node(node: Node, path: Path, group: str, part: Node | None) -> Place | None:
    if path[0] in _DESCRIPTIONS or _LABELS.intersection(path):
        return None
    is_custom = bool(group) and group not in _BUILT_IN
    if is_custom and part is not None and path[-1] == "image" and node.shape == "mapping":
        return Place(replace(part, path=node.path), _IN_PARTS)
    if is_pod_image(path):
        return Place(node, collection=_NO_STRING)
    if path[-1] != "image" or not is_custom:
        return None
    if node.shape != "scalar":
        return Place(node)
    if _OTHER_IMAGE.match(node.value):
        return Place(node, _NO_CONTAINER_IMAGE)
    if re.fullmatch(r"[\w.-]+", node.value) and not any(step in _CONTAINER_KEYS for step in path):
        return Place(node, _AMBIGUOUS)
    return Place(node)


FORMAT: Final = Format(
    name="kubernetes",
    filenames=("*.yaml", "*.yml", "*.json"),
    needles=("mage", "epository"),
    is_ours=is_kubernetes,
    find=find,
    prove=prove,
)
