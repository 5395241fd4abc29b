"""Azure Pipelines (Azure DevOps, "YAML schema reference": `resources.containers`, `jobs.job.container`, `services`).

A job names its container by an alias from `resources`, or as an image. `vmImage` is a virtual machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node

_NAME: Final = compile_later(r"[\w.-]*")
_AMBIGUOUS: Final = Unreadable(
    "ambiguous", "a single word may be the alias of a container in another file; write a registry or a tag"
)
# Jobs stand at the top, in a list, in stages, and in what a template expression (`${{ if … }}`) adds to a list.
_JOBS: Final = ("", "jobs[].", "jobs[].*[].", "stages[].jobs[].", "stages[].*[].jobs[].", "stages[].jobs[].*[].")
_BY_NAME: Final = tuple(f"{job}{key}" for job in _JOBS for key in ("container", "services.*"))


def _no_name(_: Document) -> Callable[[Node], bool]:
    return lambda node: _NAME.fullmatch(node.value) is None


def _undeclared(document: Document) -> Callable[[Node], bool]:
    """Tell the names that no container of this file has as its alias."""
    aliases = {
        one.value
        for one in document.nodes
        if one.path[:2] == ("resources", "containers") and one.path[3:] == ("container",)
    }
    return lambda node: node.shape == "scalar" and node.value not in aliases


FORMAT: Final = routed_format(
    name="azure-pipelines",
    places=(
        "resources.containers[].image",
        *(f"{route}.image" for route in _BY_NAME),
        *(Images(route=route, where=_no_name) for route in _BY_NAME),
        *(Images(route=route, where=_undeclared, verdict=_AMBIGUOUS) for route in _BY_NAME),
    ),
)
