"""Overrides of an Argo CD application beside its manifests (argo-cd.readthedocs.io, "Parameter Overrides").

The file is what an Application has under `spec.source`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.carried_values import Carried, carrying_format
from pinner.formats.places import Place
from pinner.oci.reference import Reference
from pinner.syntax.yaml_nodes import Document, Node
from pinner.syntax.yaml_scalars import scalar_text

_NO_TAG: Final = Unreadable("no-tag", "the manifest keeps its tag, which is not written here")


def _kustomize_images(document: Document) -> Iterator[Place]:
    """Yield the entries of `kustomize.images`: `name=other:tag`, or `name:tag`."""
    for node in document.nodes:
        match node.path:
            case ("kustomize", "images", int()):
                if node.shape == "scalar":
                    yield _read_image(node)


def _read_image(node: Node) -> Place:
    value = scalar_text(node)
    part = (value.find("=") + 1, len(value))
    reading = read_reference(value[part[0] :])
    has_no_tag = isinstance(reading, Reference) and reading.tag is None and reading.digest is None
    return Place(node, _NO_TAG if has_no_tag else None, part=part)


FORMAT: Final = carrying_format(
    name="argocd-source",
    filenames=(".argocd-source*.yaml", ".argocd-source*.yml"),
    carried=Carried(values=("helm.valuesObject",), texts=("helm.values",), parameters=("helm.parameters",)),
    more=_kustomize_images,
)
