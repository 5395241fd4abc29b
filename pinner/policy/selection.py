"""Which images a name or a pattern of the command line means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from pinner.oci.reference import Reference


def is_selected(reference: Reference, glob: str) -> bool:
    """Return whether a pattern means an image by one of its names; a digest is in none of them."""
    return any(fnmatchcase(name, glob) for name in names_of(reference))


def names_of(reference: Reference) -> Iterator[str]:
    """Yield the names that people give an image: canonical or familiar, with or without the tag."""
    plain = reference.unpinned()
    yield from (plain.tagged, plain.name, plain.familiar)
    yield replace(plain, tag=None).familiar
