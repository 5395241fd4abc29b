"""The tool for what kustomize calls images: names, tags and digests that replace those of the manifests.

A kustomization has mappings of `name`, `newName`, `newTag` and `digest`; Argo CD writes `name=other:tag` for one. A new
tag or digest replaces both of the manifests', and where both are new, the reference gets both (kustomize before 4.5.3:
the digest alone). A digest behind `newTag` reads the same in every version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.places import AnyPlace, Parts, Place, text_of
from pinner.oci.reference import Reference
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text

_FIELDS: Final = frozenset({"name", "newName", "newTag", "digest", "tagSuffix"})
_NO_TAG: Final = Unreadable("no-tag", "the manifests keep their tag, which is not written here")
_NO_NAME: Final = Unreadable("no-repository", "no name says which image is meant")
_TAGGED_NAME: Final = Unreadable(
    "tagged-name",
    "kustomize writes tag and digest behind this name; one in `name` only selects",
)


def override_mappings(document: Document, mappings: Iterable[Node]) -> Iterator[AnyPlace]:
    """Yield the image of each of these mappings."""
    fields: dict[Path, dict[str, Node]] = {node.path: {} for node in mappings}
    for node in document.nodes:
        if node.path[-1] in _FIELDS and node.path[:-1] in fields:
            fields[node.path[:-1]][str(node.path[-1])] = node
    yield from (_read_fields(one) for one in fields.values() if one)


def _read_fields(fields: Mapping[str, Node]) -> AnyPlace:
    names = [fields[key] for key in ("newName", "name") if key in fields]
    repository = next((node for node in names if node.shape != "scalar" or text_of(node)), None)
    if repository is None:
        return Place(next(iter(fields.values())), _NO_NAME, _NO_NAME.detail)
    if _is_versioned(text_of(repository)):
        return Place(repository, _TAGGED_NAME)
    return Parts(repository=repository, tag=fields.get("newTag"), digest=fields.get("digest"), untagged=_NO_TAG)


def override_text(node: Node) -> Place:
    """Return the image of a text like `name=other:tag` or `name:tag`."""
    if node.shape != "scalar":
        return Place(node)
    value = scalar_text(node)
    start = value.find("=") + 1
    reading = read_reference(value[start:])
    is_name = isinstance(reading, Reference) and not _is_versioned(value[start:])
    return Place(node, _NO_TAG if is_name else None, part=(start, len(value)))


def _is_versioned(text: str) -> bool:
    reading = read_reference(text)
    return isinstance(reading, Reference) and (reading.tag is not None or reading.digest is not None)
