"""What the spelling of a tag says of a version, and what it does not: tags have no grammar of versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from pinner.oci.tags import sort_tags
from pinner.patterns import compile_later

_VERSION: Final = compile_later(r"v?(?P<numbers>[0-9]+(?:\.[0-9]+)*)(?:[-_].*)?", re.ASCII)
# A lone number may count builds or majors; only dotted ones are surely versions.
_DOTTED: Final = 2
_FIRST_YEAR: Final = 1900


def numbers_of(tag: str) -> tuple[int, ...]:
    """Return the numbers that a tag begins with, `(1, 27)` of `v1.27-alpine`; none where it is no version."""
    found = _VERSION.fullmatch(tag)
    return tuple(map(int, found["numbers"].split("."))) if found else ()


def contradicts(tag: str, other: str) -> bool:
    """Return whether an image of version `other` can never have been what `tag` meant, as `1.27.3` and `1.28`.

    Two ways of counting (`2024.11` and `3.2`) contradict each other as little as words or lone numbers do, and what
    stands behind the numbers counts for nothing: `1.27` may have meant `1.27-alpine`.
    """
    ours, theirs = numbers_of(tag), numbers_of(other)
    if not ours or len(theirs) < _DOTTED or (ours[0] >= _FIRST_YEAR) != (theirs[0] >= _FIRST_YEAR):
        return False
    return not agrees(tag, other)


def agrees(tag: str, other: str) -> bool:
    """Return whether both are versions of which one is the other, or a part of it, as `1.27` and `1.27.3`."""
    ours, theirs = numbers_of(tag), numbers_of(other)
    shared = min(len(ours), len(theirs))
    return shared > 0 and ours[:shared] == theirs[:shared]


def nearest_to(tag: str, others: Iterable[str]) -> tuple[str, ...]:
    """Return the other tags, those first that begin with the most numbers in common, then those next in order."""
    ordered = sort_tags({*others, tag})
    here, ours = ordered.index(tag), numbers_of(tag)

    def distance(place: int) -> tuple[int, int]:
        pairs = zip(ours, numbers_of(ordered[place]), strict=False)
        return -len(list(takewhile(lambda pair: pair[0] == pair[1], pairs))), abs(place - here)

    return tuple(ordered[place] for place in sorted(range(len(ordered)), key=distance) if place != here)
