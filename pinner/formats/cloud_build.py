"""Google Cloud Build (cloud.google.com/build/docs, "Build configuration file schema": the `name` of a step).

`images` are what the build pushes. A substitution that is an image is pinned where the file gives it its value. A step
may run what an earlier step made, and that has no digest yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.name_tables import NameTable
from pinner.formats.names import Definition
from pinner.formats.routed import Images, routed_format
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path

_BUILT: Final = Unreadable("build", "the image is made by this build, or used in an argument of it")
# Between the words of a command, and between an option and its value: `-t=image`, `--destination=image`.
_BETWEEN: Final = compile_later(r"""[\s"'=,;&|()]+""")


def _built(document: Document) -> Callable[[Node], bool]:
    """Tell the images that the build pushes, or that an argument or a script names, as `docker build -t` does."""
    pushed = {one.value for one in document.nodes if one.shape == "scalar" and one.path[0] == "images"}
    commands = [one.value for one in document.nodes if one.shape == "scalar" and _is_command(one.path)]
    words = {word for command in commands for word in _BETWEEN.split(command)}
    named = {_with_tag(one) for one in pushed.union(commands)}
    named |= {_with_tag(one) for one in words if "/" in one or ":" in one}
    return lambda node: _with_tag(node.value) in named


def _is_command(path: Path) -> bool:
    return path[2:3] in (("args",), ("script",))


def _with_tag(image: str) -> str:
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def _definitions(document: Document) -> Iterator[Definition]:
    for node in document.nodes:
        match node.path:
            case ("substitutions", str(name)):
                yield Definition(("", name), node)


FORMAT: Final = routed_format(
    name="cloud-build",
    places=(Images(route="steps[].name", where=_built, verdict=_BUILT), "steps[].name"),
    keys=frozenset({"images", "args", "script"}),
    # A script may see a substitution as a variable of its own, by any word that is its name.
    names=NameTable(
        hole=r"\$(?:\{(_[A-Z0-9_]+)\}|(_[A-Z0-9_]+))", mention=r"\b(_[A-Z0-9_]+)\b", definitions=_definitions
    ),
)
