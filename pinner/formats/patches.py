"""The tool for patches of Kubernetes objects that stand in a value: merge patches, and lists of operations (RFC 6902).

An operation says with `path` where its value goes, so that this tells whether the value is an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.places import Place
from pinner.formats.pod_paths import is_pod_image
from pinner.oci.reference import Reference
from pinner.syntax.yaml_nodes import Document, Node, Path

# What only describes an object.
_DESCRIPTIONS: Final = frozenset({"metadata", "status", "data", "stringData", "labels", "annotations"})
_COMPARED: Final = Unreadable("compared", "the operation only compares; it must say what the patched object says")
_AMBIGUOUS: Final = Unreadable(
    "ambiguous", "a single word under `image` may be any kind of image; write a registry or a tag"
)
_INDEX: Final = re.compile(r"[0-9]+|-", re.ASCII)


def patch_images(document: Document) -> Iterator[Place]:
    """Yield the images in a patch."""
    yield from operation_images(document)
    for node in document.nodes:
        if not isinstance(node.path[0], int):
            yield from _read(node, node.path)


def operation_images(document: Document, root: Path = ()) -> Iterator[Place]:
    """Yield the images in the operations of a list at `root`."""
    for node in document.nodes:
        match node.path[len(root) :]:
            case (int(index), "value", *inside) if node.path[: len(root)] == root:
                pointer = document.scalar_at((*root, index, "path")) or ""
                is_test = document.scalar_at((*root, index, "op")) == "test"
                yield from _read(node, (*_steps(pointer), *inside), _COMPARED if is_test else None)


def _steps(pointer: str) -> Path:
    """Return the way of a JSON pointer, with 0 for any index; `-` is the element behind the last one (RFC 6901).

    Its escapes stay: no key that we look for holds `/` or `~`.
    """
    return tuple(0 if _INDEX.fullmatch(step) else step for step in pointer.split("/")[1:])


def _read(node: Node, path: Path, verdict: Unreadable | None = None) -> Iterator[Place]:
    if is_pod_image(path):
        yield Place(node, verdict, "the image of a container or of an image volume must be one string")
    elif path[-1:] == ("image",) and node.shape == "scalar" and _DESCRIPTIONS.isdisjoint(path):
        yield Place(node, verdict or (None if _is_plain_image(node.value) else _AMBIGUOUS))


def _is_plain_image(text: str) -> bool:
    """Return whether a text can only be a container's image, or is said to be none elsewhere."""
    reading = read_reference(text)
    if not isinstance(reading, Reference):
        return True
    return "/" in text or reading.tag is not None or reading.digest is not None
