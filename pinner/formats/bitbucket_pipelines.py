"""Bitbucket Pipelines (Atlassian support, "Docker image options", "Cache and service container definitions", pipes).

A pipe that is named without `docker://` is a repository, which names its image itself.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import Images, routed_format

FORMAT: Final = routed_format(
    name="bitbucket-pipelines",
    places=(
        "image",
        "image.name",
        "definitions.services.*.image",
        "definitions.services.*.image.name",
        # Steps stand at any depth: in branches, stages and parallel groups, and as anchors in `definitions`.
        "**.step.image",
        "**.step.image.name",
        Images(route="**.script[].pipe", prefix="docker://"),
        Images(route="**.after-script[].pipe", prefix="docker://"),
    ),
)
