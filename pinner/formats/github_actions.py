"""GitHub Actions, and their kin in Gitea and Forgejo (docs.github.com, "Workflow syntax", "Metadata syntax").

`container` and `services` of jobs, `docker://` in `uses` of steps and in `runs.image` of an action; there, `Dockerfile`
is no image. A value of a matrix that is used as an image is shown and left alone: job names and conditions may hang on
its text (G07); so is the default of an input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.name_tables import NameTable
from pinner.formats.names import Definition
from pinner.formats.places import Place
from pinner.formats.routed import Images, routed_format
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Path

_MATRIX: Final = Unreadable("matrix", "a value of a matrix; pin it by hand, or name it in a rule")
_INPUT: Final = Unreadable(
    "input", "the default of an input, in whose place a caller may give another image; pin it by hand"
)
_FROM_MATRIX: Final = compile_later(r"\$\{\{\s*matrix\.([\w-]+(?:\.[\w-]+)*)\s*\}\}")


def _matrix_values(document: Document) -> Iterator[Place]:
    """Yield the values of matrices that a job's container or service is, as a whole."""
    images = (node for node in document.nodes if node.shape == "scalar" and _is_image(node.path))
    names = ((node.path[1], _FROM_MATRIX.fullmatch(node.value)) for node in images)
    used = {(job, *name[1].split(".")) for job, name in names if name is not None}
    for node in document.nodes:
        match node.path:
            case ("jobs", str(job), "strategy", "matrix", "include", int(), *key) if (job, *key) in used:
                yield Place(node, _MATRIX)
            case ("jobs", str(job), "strategy", "matrix", str(first), int(), *key) if (job, first, *key) in used:
                yield Place(node, _MATRIX)


def _is_image(path: Path) -> bool:
    match path:
        case ("jobs", _, "container", *inside) | ("jobs", _, "services", _, *inside):
            return inside in ([], ["image"])
    return False


def _inputs(document: Document) -> Iterator[Definition]:
    for node in document.nodes:
        match node.path:
            case ("on", str(_), "inputs", str(name), "default"):
                yield Definition(("", name), node, _INPUT)


FORMAT: Final = routed_format(
    name="github-actions",
    places=(
        "jobs.*.container",
        "jobs.*.container.image",
        "jobs.*.services.*",
        "jobs.*.services.*.image",
        Images(route="jobs.*.steps[].uses", prefix="docker://"),
        Images(route="runs.steps[].uses", prefix="docker://"),
        Images(route="runs.image", prefix="docker://"),
    ),
    more=_matrix_values,
    names=NameTable(hole=r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}", mention=r"inputs\.([\w-]+)", definitions=_inputs),
)
