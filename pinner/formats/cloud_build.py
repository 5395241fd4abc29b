"""Google Cloud Build (cloud.google.com/build/docs, "Build configuration file schema": the `name` of a step).

`images` are what the build pushes. A step may run what an earlier step made, and that has no digest yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format
from pinner.syntax.yaml_nodes import Document, Node

_BUILT: Final = Unreadable("build", "the image is made by this build")


def _built(document: Document) -> Callable[[Node], bool]:
    """Tell the images that the build pushes, or that an argument of a step names, as `docker build -t` does."""
    named = {
        one.value
        for one in document.nodes
        if one.shape == "scalar" and (one.path[0] == "images" or one.path[2:3] == ("args",))
    }
    return lambda node: node.value in named


FORMAT: Final = routed_format(
    name="cloud-build",
    filenames=(
        "cloudbuild*.yaml",
        "cloudbuild*.yml",
        "cloudbuild*.json",
        "*.cloudbuild.yaml",
        "*.cloudbuild.yml",
        "*.cloudbuild.json",
        ".cloudbuild/**/*.yaml",
        ".cloudbuild/**/*.yml",
    ),
    places=(Images(route="steps[].name", where=_built, verdict=_BUILT), "steps[].name"),
    keys=frozenset({"images", "args"}),
    needles=("steps",),
)
