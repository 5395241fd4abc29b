"""Where a pod names its images (kubernetes.io/docs/reference, PodSpec), told by the end of a path at any depth."""

from __future__ import annotations

from typing import Final

from pinner.syntax.yaml_nodes import Path

CONTAINERS: Final = frozenset({"containers", "initContainers", "ephemeralContainers"})


def is_pod_image(path: Path) -> bool:
    """Return whether this is the image of a container or of an image volume."""
    match path:
        case (*_, str(containers), int(), "image"):
            return containers in CONTAINERS
        case (*_, "volumes", int(), "image", "reference"):
            return True
    return False
