"""Woodpecker workflows (woodpecker-ci.org, "Workflow syntax": `steps`, `services`, `clone`; before 1.0: `pipeline`).

Each of them is a list, or a mapping by name. Values of a matrix come in as variables
(`${IMAGE}`); those that are images are shown and left alone (G07).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.name_tables import NameTable
from pinner.formats.names import Definition
from pinner.formats.routed import Images, routed_format
from pinner.syntax.yaml_nodes import Document, Node

_MATRIX: Final = Unreadable("matrix", "a value of a matrix; pin it by hand, or name it in a rule")
_SHELL: Final = Unreadable("shell", "agents of the backend `local` take this for a shell or a program")
_SECTIONS: Final = ("steps", "pipeline", "services", "clone")


_ROUTES: Final = tuple(f"{section}{each}.image" for section in _SECTIONS for each in ("[]", ".*"))


def _runs_locally(document: Document) -> Callable[[Node], bool]:
    """Tell whether only agents without containers may run this (woodpecker-ci.org, "Local backend")."""
    is_local = document.scalar_at(("labels", "backend")) == "local"
    return lambda _: is_local


def _definitions(document: Document) -> Iterator[Definition]:
    for node in document.nodes:
        match node.path:
            case ("matrix", str(name), int()) | ("matrix", "include", int(), str(name)):
                yield Definition(("", name), node, _MATRIX)


FORMAT: Final = routed_format(
    name="woodpecker",
    places=(*(Images(route=route, where=_runs_locally, verdict=_SHELL) for route in _ROUTES), *_ROUTES),
    keys=frozenset({"backend"}),
    sections=frozenset(
        {
            *_SECTIONS, "skip_clone", "branches", "when", "workspace", "matrix", "platform", "labels", "depends_on",
            "runs_on", "concurrency", "version", "$schema",
        }
    ),
    names=NameTable(hole=r"\$\{(\w+)\}", mention=r"\$\{?(\w+)", definitions=_definitions),
)  # fmt: skip
