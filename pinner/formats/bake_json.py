"""Bake files in JSON (docs.docker.com/build/bake, "Bake file reference"): contexts that are images, inline Dockerfiles.

Strings are templates of HCL there: what holds a `$` is made by Bake, or by the Dockerfile's own arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Format, Found, Unreadable
from pinner.formats.build_places import Builds, context_names
from pinner.formats.build_proof import prove_images
from pinner.formats.yaml_places import Place, find_images
from pinner.formats.yaml_places import prove as prove_yaml
from pinner.syntax.yaml_nodes import Document, Path
from pinner.text import Source

_VARIABLE: Final = Unreadable("variable", "Bake or the Dockerfile replaces the variable")

# target, name, args, name.
_ARGUMENT_DEPTH: Final = 4


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of every target."""
    return find_images(source, _classify, context, keys=None)


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes, in inline Dockerfiles, too."""
    prove_yaml(before, after, changes)
    prove_images(find(before), find(after), changes)


def _classify(document: Document) -> Iterator[Place]:
    contexts = [node for node in document.nodes if _is_context(_steps(node.path))]
    builds = Builds(variable=_VARIABLE, narrow=_find_no_default, contexts=context_names(contexts))
    for node in document.nodes:
        steps = _steps(node.path)
        if _is_context(steps):
            yield from builds.context_places(node)
        elif steps[:1] == ("target",) and steps[2:3] == ("args",) and len(steps) == _ARGUMENT_DEPTH:
            yield from builds.argument_places(node)
        elif steps[:1] == ("target",) and steps[2:] == ("dockerfile-inline",):
            yield from builds.inline_places(node)


def _steps(path: Path) -> Path:
    """Return the path without the lists in which HCL's JSON may wrap every block; nothing for a list's own value."""
    return tuple(step for step in path if isinstance(step, str)) if isinstance(path[-1], str) else ()


def _is_context(steps: Path) -> bool:
    match steps:
        case ("target", _, "contexts", _):
            return True
    return False


def _find_no_default(_: str, __: int, ___: int) -> None:
    """Find nothing: Bake has no defaults inside of strings."""


FORMAT: Final = Format(
    name="bake-json",
    find=find,
    prove=prove,
)
