"""Woodpecker workflows (woodpecker-ci.org, "Workflow syntax": `steps`, `services`, `clone`; before 1.0: `pipeline`).

Each of them is a list, or a mapping by name. Values of a matrix come in as variables
(`${IMAGE}`); those that are images are shown and left alone (G07).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.name_tables import NameTable
from pinner.formats.names import Definition
from pinner.formats.routed import routed_format
from pinner.syntax.yaml_nodes import Document

_MATRIX: Final = Unreadable("matrix", "a value of a matrix; pin it by hand, or name it in a rule")
_SECTIONS: Final = ("steps", "pipeline", "services", "clone")


def _definitions(document: Document) -> Iterator[Definition]:
    for node in document.nodes:
        match node.path:
            case ("matrix", str(name), int()) | ("matrix", "include", int(), str(name)):
                yield Definition(("", name), node, _MATRIX)


FORMAT: Final = routed_format(
    name="woodpecker",
    filenames=(".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/**/*.yml", ".woodpecker/**/*.yaml"),
    places=tuple(f"{section}{each}.image" for section in _SECTIONS for each in ("[]", ".*")),
    sections=frozenset(
        {
            *_SECTIONS, "skip_clone", "branches", "when", "workspace", "matrix", "platform", "labels", "depends_on",
            "runs_on", "concurrency", "version", "$schema",
        }
    ),
    names=NameTable(hole=r"\$\{(\w+)\}", mention=r"\$\{?(\w+)", definitions=_definitions),
)  # fmt: skip
