"""CircleCI (circleci.com/docs, "Configuration reference": `docker` of jobs and executors, also within inline orbs).

The image of a `machine` is a virtual machine, and none of ours. A parameter that is an image is pinned in its default,
if nobody gives it another value in this file ("Reusable config reference").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.name_tables import NameTable
from pinner.formats.names import Definition, Name
from pinner.formats.routed import routed_format
from pinner.syntax.yaml_nodes import Document, Path

_CHOICE: Final = Unreadable("choice", "only certain values may be chosen here; pin them by hand")
_MATRIX: Final = Unreadable("matrix", "a value of a matrix; pin it by hand, or name it in a rule")
_OWNERS: Final = ("jobs", "executors", "commands")


def _scope(path: Path, written: str) -> Name:
    """Return where a parameter is known: those of the pipeline everywhere, others in what declares them."""
    if written.startswith("pipeline."):
        return ("", written)
    depth = 4 if path[0] == "orbs" else 2
    return (".".join(map(str, path[:depth])), written)


def _definitions(document: Document) -> Iterator[Definition]:
    enums = {node.path[:-1] for node in document.nodes if node.path[-1] == "enum"}
    for node in document.nodes:
        verdict = _CHOICE if node.path[:-1] in enums else None
        match node.path:
            case ("parameters", str(name), "default"):
                yield Definition(("", f"pipeline.parameters.{name}"), node, verdict)
            case (str(owners), str(owner), "parameters", str(name), "default") if owners in _OWNERS:
                yield Definition((f"{owners}.{owner}", f"parameters.{name}"), node, verdict)
            case ("workflows", _, "jobs", int(), str(job), "matrix", "parameters", str(name), *_):
                yield Definition((f"jobs.{job}", f"parameters.{name}"), node, _MATRIX)
            case ("workflows", _, "jobs", int(), str(job), str(name)):
                yield Definition((f"jobs.{job}", f"parameters.{name}"), node)
            case ("jobs", str(job), "executor", str(name)):
                executor = document.scalar_at(("jobs", job, "executor", "name"))
                yield Definition((f"executors.{executor}", f"parameters.{name}"), node)


FORMAT: Final = routed_format(
    name="circleci",
    places=(
        "jobs.*.docker[].image",
        "executors.*.docker[].image",
        "orbs.*.jobs.*.docker[].image",
        "orbs.*.executors.*.docker[].image",
    ),
    # Under any other key people keep what anchors name.
    sections=frozenset(
        {"version", "setup", "orbs", "commands", "parameters", "executors", "jobs", "job-groups", "workflows"}
    ),
    names=NameTable(
        hole=r"<<\s*((?:pipeline\.)?parameters\.[\w-]+)\s*>>",
        mention=r"((?:pipeline\.)?parameters\.[\w-]+)",
        definitions=_definitions,
        scope=_scope,
    ),
)
