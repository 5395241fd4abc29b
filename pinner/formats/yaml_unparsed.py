"""What is said of YAML that no parser takes: why, where, and how much seems to be lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pinner.formats.base import Skipped
from pinner.patterns import compile_later
from pinner.syntax.yaml_scan import Unparsed
from pinner.text import Source, Span

_IMAGE_LINE: Final = compile_later(r"""^[ \t-]*["']?image["']?[ \t]*:[ \t]+([^#\r\n]*\S)""", re.MULTILINE)
_MORE: Final = "; --templates best-effort reads what is literal"


def say_unparsed(source: Source, part: Unparsed) -> Skipped:
    """Return what is said of one chunk."""
    return _skipped(source, part, part.detail + _count_images(source, [part]))


def say_templated(source: Source, parts: Sequence[Unparsed], *, is_tried: bool) -> Skipped:
    """Return what is said, once a file, of all chunks that are no YAML before a template is rendered.

    `is_tried` says that their literal parts could not be read either.
    """
    counted = _count_images(source, parts)
    more = _MORE if "literal" in counted and not is_tried else ""
    return _skipped(source, parts[0], parts[0].detail + counted + more)


def _skipped(source: Source, part: Unparsed, detail: str) -> Skipped:
    line_end = source.text.find("\n", part.offset, part.chunk.end)
    end = line_end if line_end >= 0 else part.chunk.end
    written = source.text[part.offset : end].strip()[:80]
    return Skipped(
        path=source.path,
        span=Span(part.offset, end),
        locator="",
        written=written,
        reason=part.reason,
        detail=detail,
    )


def _count_images(source: Source, parts: Sequence[Unparsed]) -> str:
    """Say how many images a text that was not parsed seems to hold, so that its loss can be weighed."""
    texts = (source.text[part.chunk.start : part.chunk.end] for part in parts)
    values = [value for text in texts for value in _IMAGE_LINE.findall(text)]
    templated = sum("{" in value or "%" in value for value in values)
    if not values:
        return ""
    literal = f", {len(values) - templated} of them literal" if templated < len(values) else ""
    return f" ({len(values)} image line{'' if len(values) == 1 else 's'}{literal})"
