"""What a tag looks like: a name that moves, or one that people expect to mean the same bytes for ever.

A registry lets every tag move; this is about what the one who reviews will think of it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from pinner.patterns import compile_later


class TagKind(StrEnum):
    """What a tag looks like; all but the first are expected to stay."""

    MOVING = "moving"
    VERSION = "version"
    DATE = "date"
    COMMIT = "commit"

    @property
    def words(self) -> str:
        """What such a tag is, in a sentence: `a full version`."""
        return _WORDS[self]


_WORDS: Final = {
    TagKind.MOVING: "a moving tag",
    TagKind.VERSION: "a full version",
    TagKind.DATE: "a date",
    TagKind.COMMIT: "a commit",
}
_SEPARATOR: Final = compile_later(r"[-_]")
_NUMBERED: Final = compile_later(r"v?(?P<numbers>[0-9]+(?:\.[0-9]+)*)[0-9A-Za-z.]*", re.ASCII | re.IGNORECASE)
_MAJOR_MINOR_PATCH: Final = 3
# Words of builds that come again and again under one version.
_MOVING_WORDS: Final = frozenset({"snapshot", "latest", "nightly", "edge", "dev", "main", "master", "canary"})
# 2024-11-05, 20241105, 20241105T1015, 20241105101500; and seconds since 1970, as in Red Hat's 9.4-1194.1716824890.
_DATE: Final = compile_later(
    r"(?<![0-9])(?:20[0-9]{2}([-._]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{4}|[0-9]{6})?|1[5-9][0-9]{8})(?![0-9])",
    re.ASCII,
)
# A whole or short name of a commit, as `git describe` (g1a2b3c4) and build systems (sha-1a2b3c4) write it.
_COMMIT: Final = compile_later(r"g?(?:[0-9a-f]{40}|(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,39})", re.ASCII)


def classify_tag(tag: str) -> TagKind:
    """Return what a tag looks like.

    `1.4.2`, `v2.0.1` and `1.4.2-alpine3.20` are full versions; `1.4` and `22-alpine3.20.1` move, for the first number
    is what people choose by; so does `1.4.2-SNAPSHOT`.
    """
    words = _SEPARATOR.split(tag)
    if any(map(_COMMIT.fullmatch, words)):
        return TagKind.COMMIT
    if _DATE.search(tag):
        return TagKind.DATE
    numbered = next(filter(None, map(_NUMBERED.fullmatch, words)), None)
    is_full = numbered is not None and numbered["numbers"].count(".") + 1 >= _MAJOR_MINOR_PATCH
    is_moving = any(word.lower() in _MOVING_WORDS for word in words)
    return TagKind.VERSION if is_full and not is_moving else TagKind.MOVING
