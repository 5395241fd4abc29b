"""Buildkite pipelines (buildkite.com/docs, "Docker plugin", "Agent Stack for Kubernetes": `image` and `kubernetes`).

A plugin is named with its version (`docker#v5.13.0`), with its owner, or by the address of its repository. The Docker
Compose plugin names services and what it pushes; its images stand in the Compose file.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format

_DOCKER: Final = ("docker", "docker#*", "*/docker#*", "*docker-buildkite-plugin*")
_KUBERNETES: Final = ("containers[]", "initContainers[]")
_OTHER: Final = Unreadable("ambiguous", "only this plugin knows what it does with its image; name it in a rule")

FORMAT: Final = routed_format(
    name="buildkite",
    places=(
        # Plugins are a list, or in old files a mapping, in steps and in the steps of groups.
        *(f"**.plugins{each}.{plugin}.image" for each in ("[]", "") for plugin in _DOCKER),
        *(
            f"**.plugins[].kubernetes.{spec}.{each}.image"
            for spec in ("podSpec", "podSpecPatch")
            for each in _KUBERNETES
        ),
        "**.plugins[].kubernetes.sidecars[].image",
        *(Images(route=f"**.plugins{each}.*.image", verdict=_OTHER) for each in ("[]", "")),
        "image",
        "steps[].image",
        "steps[].steps[].image",
    ),
    # Under any other key people keep what anchors name.
    sections=frozenset({"steps", "env", "agents", "image", "notify", "priority", "secrets", "cache"}),
)
