"""The comment that says of the line below it: here is an image.

It stands alone in its line, behind the sign of a comment: `# pinner: image`, `// pinner: image`, `; pinner: image`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pinner.frozen import dataclass

MARK: Final = "pinner: image"
_COMMENT: Final = rf"(?P<sign>#|//|/\*|;)[ \t]*{MARK}[ \t]*(?:\*/)?[ \t]*\Z"
_LINE_END: Final = r"\r\n|\r|\n|\Z"


@dataclass(frozen=True, slots=True)
class Mark:
    """A comment, from its sign to the end of its line; `below` is where the next line begins."""

    start: int
    end: int
    below: int
    sign: str
    is_alone: bool


def find_marks(text: str, start: int = 0, end: int | None = None) -> Iterator[Mark]:
    """Yield the marks in a part of a text; where these words are no comment's only ones, they mean nothing."""
    limit = len(text) if end is None else end
    at = text.find(MARK, start, limit)
    while at >= 0:
        line_start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
        line_end = re.compile(_LINE_END).search(text, at)
        assert line_end is not None, "every text ends"
        comment = re.search(_COMMENT, text[line_start : line_end.start()])
        if comment is not None:
            sign = line_start + comment.start()
            is_alone = not text[line_start:sign].strip(" \t\ufeff")
            yield Mark(sign, line_end.start(), line_end.end(), comment["sign"], is_alone)
        at = text.find(MARK, line_end.end(), limit) if line_end.end() > at else -1
