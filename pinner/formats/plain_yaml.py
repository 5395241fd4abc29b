"""YAML and JSON that no other format takes: only what the project's own rules and marks name."""

from __future__ import annotations

from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.marks import MARK
from pinner.text import Source


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return what the rules and marks of the project name."""
    return find_images(source, lambda _: (), context, keys=frozenset(), wanted=frozenset({MARK}))


FORMAT: Final = Format(
    name="yaml",
    find=find,
    prove=prove,
)
