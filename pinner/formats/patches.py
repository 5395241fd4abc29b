"""The tool for patches of Kubernetes objects that stand in a value: merge patches, and lists of operations (RFC 6902).

An operation says with `path` where its value goes, so that this tells whether the value is an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.places import AnyPlace, Place
from pinner.formats.pod_paths import is_pod_image
from pinner.formats.unknown_kinds import doubt_image
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path

# What only describes an object.
_DESCRIPTIONS: Final = frozenset({"metadata", "status", "data", "stringData", "labels", "annotations"})
_COMPARED: Final = Unreadable("compared", "the operation only compares; it must say what the patched object says")
_NO_REPOSITORY: Final = Unreadable("no-repository", "the repository of this tag stands in the object that is patched")
_INDEX: Final = compile_later(r"[0-9]+|-", re.ASCII)


def patch_images(document: Document) -> Iterator[AnyPlace]:
    """Yield the images in a patch; one that says its kind is read as an object of that kind."""
    # Objects hold patches, and patches are objects: one of the two must load the other late.
    from pinner.formats.known_kinds.lookup import known_of  # noqa: PLC0415 - see above
    from pinner.formats.kubernetes import classify  # noqa: PLC0415 - see above

    yield from operation_images(document)
    version = document.scalar_at(("apiVersion",))
    if version and document.scalar_at(("kind",)):
        yield from classify(document, known_of(version.rpartition("/")[0]))
        return
    for node in document.nodes:
        if not isinstance(node.path[0], int):
            yield from _read(document, node, node.path)


def operation_images(document: Document, root: Path = ()) -> Iterator[Place]:
    """Yield the images in the operations of a list at `root`."""
    for node in document.nodes:
        match node.path[len(root) :]:
            case (int(index), "value", *inside) if node.path[: len(root)] == root:
                pointer = document.scalar_at((*root, index, "path")) or ""
                is_test = document.scalar_at((*root, index, "op")) == "test"
                yield from _read(document, node, (*_steps(pointer), *inside), _COMPARED if is_test else None)


def _steps(pointer: str) -> Path:
    """Return the way of a JSON pointer, with 0 for any index; `-` is the element behind the last one (RFC 6901).

    Its escapes stay: no key that we look for holds `/` or `~`.
    """
    return tuple(0 if _INDEX.fullmatch(step) else step for step in pointer.split("/")[1:])


def _read(document: Document, node: Node, path: Path, verdict: Unreadable | None = None) -> Iterator[Place]:
    if is_pod_image(path):
        yield Place(node, verdict, "the image of a container or of an image volume must be one string")
    elif node.shape != "scalar" or not _DESCRIPTIONS.isdisjoint(path):
        return
    elif path[-1:] == ("image",):
        yield Place(node, verdict or doubt_image(node, path, document))
    elif path[-1:] == ("tag",) and "image" in str(path[-2:-1]).lower() and node.value:
        yield Place(node, verdict or _NO_REPOSITORY)
