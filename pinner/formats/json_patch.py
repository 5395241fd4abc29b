"""Files that are a list of operations (RFC 6902), as kustomize and kubectl take them for patches of objects."""

from __future__ import annotations

from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.yaml_places import find_images, prove
from pinner.patterns import compile_later
from pinner.text import Source

# A list of mappings: one of the first lines says which operation it is, or where it goes.
_OPERATIONS: Final = compile_later(
    r"""\ufeff?(?:[ \t]*(?:\#[^\n]*|---[^\n]*)?\r?\n)*[ \t]*[-\[][\s{]*"""
    r"""["']?(?:op["']?\s*:\s*["']?(?:add|replace|remove|test|move|copy)\b|(?:path|from)["']?\s*:\s*["']?/|value["']?\s*:)"""
)


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images that operations write."""
    from pinner.formats.patches import operation_images  # noqa: PLC0415 - start-up: any YAML may be a patch, few are

    return find_images(source, operation_images, context, keys=None)


def _is_patch(source: Source) -> bool:
    return _OPERATIONS.match(source.text) is not None


FORMAT: Final = Format(
    name="json-patch",
    is_ours=_is_patch,
    find=find,
    prove=prove,
)
