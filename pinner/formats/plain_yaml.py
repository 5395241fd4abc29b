"""YAML and JSON that no other format takes: only what the project's own rules and marks name."""

from __future__ import annotations

from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.yaml_places import find_in_chunks, prove
from pinner.text import Source


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return what the rules and marks of the project name."""
    return find_in_chunks(source, lambda _: None, context)


FORMAT: Final = Format(
    name="yaml",
    find=find,
    prove=prove,
)
