"""Skaffold configurations (skaffold.dev/docs/references/yaml), in `profiles` too.

An artifact is named after what is built here. Images that build it, and those that tests and actions run, are pulled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.build_places import ARGUMENT
from pinner.formats.routed import Images, routed_format
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node
from pinner.text import Source

_API_VERSION: Final = compile_later(r"""^\ufeff?["']?apiVersion["']?[ \t]*:[ \t]*["']?skaffold/""", re.MULTILINE)
_BUILT: Final = Unreadable("build", "the image is built here")
_CACHE: Final = Unreadable("cache", "a cache is taken where it has something; its image may change")
_ARTIFACTS: Final = tuple(f"{at}build.artifacts[]" for at in ("", "profiles[]."))
_BUILDERS: Final = (
    "kaniko.image", "kaniko.initImage", "buildpacks.builder", "buildpacks.runImage", "jib.fromImage", "ko.fromImage",
)  # fmt: skip
# The steps that Cloud Build runs.
_STEPS: Final = ("docker", "kaniko", "maven", "gradle", "pack", "ko", "bazel")
_RUN: Final = tuple(
    f"{at}{route}"
    for at in ("", "profiles[].")
    for route in ("verify[].container.image", "customActions[].containers[].image")
)


def _built(document: Document) -> Callable[[Node], bool]:
    """Tell the images that an artifact of this file is named after."""
    names = {node.value for node in document.nodes if node.path[-3:-2] == ("artifacts",) and node.path[-1] == "image"}
    return lambda node: node.value in names


def _is_skaffold(source: Source) -> bool:
    return _API_VERSION.search(source.text) is not None


FORMAT: Final = routed_format(
    name="skaffold",
    places=(
        *(Images(route=f"{one}.image", verdict=_BUILT) for one in _ARTIFACTS),
        *(Images(route=one, where=_built, verdict=_BUILT) for one in _RUN),
        *(f"{artifact}.{builder}" for artifact in _ARTIFACTS for builder in _BUILDERS),
        *(f"{at}build.googleCloudBuild.{step}Image" for at in ("", "profiles[].") for step in _STEPS),
        *_RUN,
        *(Images(route=f"{one}.docker.cacheFrom[]", verdict=_CACHE) for one in _ARTIFACTS),
        *(
            Images(route=f"{artifact}.{builder}.buildArgs.{key}", verdict=ARGUMENT)
            for artifact in _ARTIFACTS
            for builder in ("docker", "kaniko")
            for key in ("*IMAGE*", "*image*", "*Image*")
        ),
    ),
    is_ours=_is_skaffold,
)
