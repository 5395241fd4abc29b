"""Where a pod names its images (kubernetes.io/docs/reference, PodSpec), told by the end of a path at any depth."""

from __future__ import annotations

from typing import Final

from pinner.syntax.yaml_chunks import may_hold_list
from pinner.syntax.yaml_nodes import Path

CONTAINERS: Final = frozenset({"containers", "initContainers", "ephemeralContainers"})
_COMMON_END: Final = ("ontainers",)
_VOLUMES: Final = ("volumes",)


def is_pod_image(path: Path) -> bool:
    """Return whether this is the image of a container or of an image volume."""
    match path:
        case (*_, str(containers), int(), "image"):
            return containers in CONTAINERS
        case (*_, "volumes", int(), "image", "reference"):
            return True
    return False


def may_hold_pod_images(text: str) -> bool:
    """Return whether such a list of containers or of volumes may stand in a text in which no key is hidden."""
    return may_hold_containers(text) or ("reference" in text and may_hold_list(text, _VOLUMES))


def may_hold_containers(text: str) -> bool:
    """Return whether a list of containers may stand in a text in which no key is hidden."""
    return may_hold_list(text, _COMMON_END)
