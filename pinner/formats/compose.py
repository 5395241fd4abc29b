"""Compose files (compose-spec, `services.<name>.image`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.syntax.yaml_tracker import Document, Path
from pinner.text import Source

_KEYS: Final = frozenset({"services", "image", "build"})
_BUILT: Final = Unreadable("build", "the service is built from source; the image only names the result")
# What stands at the top beside the services; a file of only these is no file of the old form.
_SECTIONS: Final = frozenset({"configs", "include", "networks", "secrets", "volumes"})


def find(source: Source) -> tuple[Found, ...]:
    """Return the image of every service; a service that also has `build` is left alone (F01)."""
    return find_images(source, _classify, keys=_KEYS)


def _classify(document: Document) -> Iterator[Place]:
    built = {node.path[:-1] for node in document.nodes if node.path[-1] == "build"}
    # Files from before 2014 have their services at the top.
    is_legacy = not any(node.path == ("services",) for node in document.nodes)
    for node in document.nodes:
        if node.path[-1] == "image" and _is_service(node.path[:-1], is_legacy=is_legacy):
            yield Place(node, _BUILT if node.path[:-1] in built else None)


def _is_service(path: Path, *, is_legacy: bool) -> bool:
    match path:
        case (str(name),) if is_legacy:
            return name not in _SECTIONS and not name.startswith("x-")
        case ("services", _):
            return True
    return False


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
    needles=("image",),
    find=find,
    prove=prove,
)
