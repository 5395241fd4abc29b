"""The tool for `image` in objects of Kubernetes that no table knows: only what can be nothing else is a container's."""

from __future__ import annotations

import re
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import OTHER_IMAGE
from pinner.formats.pod_paths import CONTAINERS
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path

# What stands beside a name that is only one part of an image.
OTHER_PARTS: Final = ("tag", "imageTag", "version", "digest")
# Keys of custom resources whose `image` is a container's, so that a single word is an image too.
_CONTAINER_KEYS: Final = CONTAINERS | {"container", "script", "steps", "sidecars", "stepTemplate", "nodes"}
# Keys of machines and disks, and of what clouds are told in their own words.
_MACHINE_KEYS: Final = frozenset({"forProvider", "initProvider", "bootDisk", "initializeParams", "disks", "osDisk"})
_OTHER_IMAGE: Final = compile_later(
    r"[a-z][a-z0-9+.-]*://|data:[a-z]*[/;,]|projects/|/|.*\.(?:png|svg|jpe?g|gif|webp|ico|iso|qcow2|img|raw|vmdk|ova|vhdx?)$",
    re.IGNORECASE,
)
_WORD: Final = compile_later(r"[\w.-]+")
_AMBIGUOUS: Final = Unreadable(
    "ambiguous", "a single word in a custom resource may be any kind of image; write registry, repository and tag"
)
_IN_KEYS: Final = Unreadable(
    "ambiguous", "the tag may stand in another key beside it; write registry, repository and tag into one"
)
_CLOUD_WORD: Final = Unreadable(
    "ambiguous", "the words of a cloud: this may be the image of a machine or of a container"
)


def doubt_image(node: Node, path: Path, document: Document) -> Unreadable | None:
    """Say why the value of `image` in an unknown object is left alone; `path` is its way in the object."""
    if _OTHER_IMAGE.match(node.value):
        return OTHER_IMAGE
    if _MACHINE_KEYS.intersection(path):
        return _CLOUD_WORD
    if any(step in _CONTAINER_KEYS for step in path):
        return None
    if _WORD.fullmatch(node.value):
        return _AMBIGUOUS
    holder = node.path[:-1]
    is_tagged = "@" in node.value or ":" in node.value.rpartition("/")[2]
    if document.scalar_at((*holder, "repository")) or (
        not is_tagged and any(document.scalar_at((*holder, key)) for key in OTHER_PARTS)
    ):
        return _IN_KEYS
    return None
