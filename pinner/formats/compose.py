"""Compose files (compose-spec, `services.<name>.image`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.text import Source

_KEYS: Final = frozenset({"services", "image", "build", "dockerfile_inline", "type", "source"})
_CONTEXT_SCHEME: Final = "docker-image://"
_BUILT: Final = Unreadable("build", "the service is built from source; the image only names the result")
_CONTEXT: Final = Unreadable(
    "additional-context", "this version does not pin the images of additional build contexts; pin this one by hand"
)
_IMAGE_VOLUME: Final = Unreadable(
    "image-volume", "this version does not pin images that are mounted as volumes; pin this one by hand"
)
_STAGE: Final = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*+(?!scratch(?:\s|$))(\S+)(?:[ \t]+AS[ \t]+(\S+))?", re.MULTILINE | re.IGNORECASE
)
_COPIED: Final = re.compile(r"\bfrom=([^\s,]+[:/][^\s,]+)")
# What stands at the top beside the services; a file of only these is no file of the old form.
_SECTIONS: Final = frozenset({"configs", "include", "networks", "secrets", "volumes"})


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the image of every service; a service that also has `build` is left alone (F01, F03)."""
    return find_images(source, _classify, context, keys=_KEYS, marker=_CONTEXT_SCHEME)


def _classify(document: Document) -> Iterator[Place]:
    # Files from before 2014 have their services at the top.
    is_legacy = not any(node.path == ("services",) for node in document.nodes)
    built = {node.path[:-1] for node in document.nodes if node.path[-1] == "build"}
    image_volumes = {node.path[:-1] for node in document.nodes if node.path[-1] == "type" and node.value == "image"}
    for node in document.nodes:
        match _within_service(node.path, is_legacy=is_legacy):
            case ("image",):
                yield Place(node, _BUILT if node.path[:-1] in built else None)
            case ("build", "dockerfile_inline"):
                yield from _inline(node)
            case ("build", "additional_contexts", _) if _CONTEXT_SCHEME in node.value:
                yield Place(node, _CONTEXT)
            case ("volumes", int(), "source") if node.path[:-1] in image_volumes:
                yield Place(node, _IMAGE_VOLUME)


def _within_service(path: Path, *, is_legacy: bool) -> Path:
    """Return the path inside of the service, or nothing."""
    match path:
        case (str(name), *inside) if is_legacy and name not in _SECTIONS and not name.startswith("x-"):
            return tuple(inside)
        case ("services", _, *inside):
            return tuple(inside)
    return ()


def _inline(node: Node) -> Iterator[Place]:
    """Yield a Dockerfile in a value if it names images other than `scratch`."""
    stages = _STAGE.findall(node.value)
    names = dict.fromkeys([*(image for image, _ in stages), *_COPIED.findall(node.value)])
    images = [name for name in names if name not in {stage for _, stage in stages}]
    if images:
        detail = f"this version does not pin the images of an inline Dockerfile ({', '.join(images)}); pin them by hand"
        yield Place(node, Unreadable("dockerfile-inline", detail))


FORMAT: Final = Format(
    name="compose",
    filenames=(
        "compose.yaml",
        "compose.yml",
        "compose.*.yaml",
        "compose.*.yml",
        "compose-*.yaml",
        "compose-*.yml",
        "docker-compose*.yaml",
        "docker-compose*.yml",
        "podman-compose*.yaml",
        "podman-compose*.yml",
        "*.compose.yaml",
        "*.compose.yml",
    ),
    needles=("image", "dockerfile_inline"),
    find=find,
    prove=prove,
)
