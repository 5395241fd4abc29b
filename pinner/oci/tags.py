"""Pages of a repository's tags, and the order in which people want to see them (distribution-spec, "Listing Tags")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pinner.errors import IntegrityError
from pinner.frozen import dataclass
from pinner.oci.bounded_json import read_object
from pinner.oci.reference import is_tag
from pinner.patterns import compile_later

MAXIMUM_SIZE: Final = 8 * 1024 * 1024
# Registries that know no pages send everything at once: eight MiB of tags of fifteen letters.
MAXIMUM_PARTS: Final = 500_000
_PIECES: Final = compile_later(r"[0-9]+|[^0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagList:
    """Tags in the registry's order, once each; incomplete where it had more than it was asked for."""

    tags: tuple[str, ...]
    is_complete: bool = True


def parse_tags(content: bytes) -> tuple[str, ...]:
    """Read one page of tags, in its order and once each.

    Nexus says `null` for none, and Artifactory lists digests among the tags: what is no tag is left out (RES-22).
    Raise `IntegrityError` for what is no page of tags.
    """
    tags = read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=MAXIMUM_PARTS).get("tags", ...)
    if tags is None:
        return ()
    if not isinstance(tags, list):
        message = "the page has no list of tags"
        raise IntegrityError(message)
    return tuple(dict.fromkeys(tag for tag in tags if isinstance(tag, str) and is_tag(tag)))


def sort_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags by words and numbers: `1.9` before `1.10`, `1.27` before `1.27-alpine` and `1.27.1`."""
    return tuple(sorted(tags, key=_natural))


def _natural(tag: str) -> tuple[list[tuple[int, int, str]], str]:
    pieces = [(0, int(one), "") if one.isdigit() else (1, 0, one) for one in _PIECES.findall(tag)]
    # The tag itself tells `1.0` from `1.00`.
    return pieces, tag
