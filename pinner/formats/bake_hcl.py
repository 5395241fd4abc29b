"""Bake files in HCL (docs.docker.com/build/bake, "Bake file reference"): contexts that are images, inline Dockerfiles.

What a target is tagged with, pushes to or caches in is no image that it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from pinner.formats.base import Format, Unreadable
from pinner.formats.build_places import ARGUMENT, CONTEXT_SCHEME, Builds, context_names, is_image_argument
from pinner.formats.hcl_places import HclImages, HclTable, HclValues, prove_with
from pinner.formats.hcl_reading import HclPlace
from pinner.syntax.hcl_leaves import Leaf
from pinner.syntax.hcl_nodes import Text
from pinner.syntax.yaml_nodes import Node, Path

_VARIABLE: Final = Unreadable("variable", "Bake or the Dockerfile replaces the variable")
_DIRECTIVES: Final = Unreadable("template-value", "directives (`%{`) decide how this Dockerfile reads")
_CONTEXTS: Final = "contexts"


def _define(names: Sequence[str]) -> Path | None:
    """Return where a variable is defined: it is called by its name alone."""
    return ("variable", names[0], "default") if len(names) == 1 else None


def _read_inline(place: HclPlace, values: HclValues) -> Iterator[HclPlace]:
    """Yield the images of a Dockerfile that stands in a text."""
    text = place.leaf.expression
    if not isinstance(text, Text):
        return
    if text.has_directives:
        yield replace(place, verdict=_DIRECTIVES)
        return
    builds = Builds(variable=_VARIABLE, narrow=_find_no_default, contexts=_contexts_of(values))
    for one in builds.inline_places(_node_of(place.leaf)):
        yield replace(place, verdict=one.verdict, part=one.part, inside=one.inside)


@lru_cache(maxsize=1)
def _contexts_of(values: HclValues) -> frozenset[str]:
    """Return the names of all contexts of a file: for one Dockerfile in it after the other they are the same."""
    leaves = (leaf for leaf in values.leaves if leaf.path[:1] == ("target",) and leaf.path[2:3] == (_CONTEXTS,))
    return context_names(map(_node_of, leaves))


def _is_image_argument(leaf: Leaf) -> bool:
    return isinstance(leaf.expression, Text) and is_image_argument(leaf.expression.value)


def _node_of(leaf: Leaf) -> Node:
    """Return a text as the tool for builds sees it."""
    text = leaf.expression
    span, value = text.span, text.value if isinstance(text, Text) else ""
    return Node(path=leaf.path, shape="scalar", start=span.start, end=span.end, value=value, style='"')


def _find_no_default(_: str, __: int, ___: int) -> None:
    """Find nothing: Bake has no defaults inside of strings."""


_TABLE: Final = HclTable(
    places=(
        HclImages(route=f"target.*.{_CONTEXTS}.*", prefixes=(CONTEXT_SCHEME,), is_prefixed=True),
        HclImages(route="target.*.dockerfile-inline", read=_read_inline, reads_templates=True),
    ),
    define=_define,
    doubtful=(HclImages(route="target.*.args.*", verdict=ARGUMENT, where=_is_image_argument),),
)

FORMAT: Final = Format(
    name="bake",
    find=_TABLE.find,
    prove=prove_with(_TABLE.find),
)
