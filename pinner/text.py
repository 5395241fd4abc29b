"""Text with exact places: sources, spans and edits.

Nothing here may know a format. Offsets count code points, half-open; bytes outside the spans of edits never change.
"""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field
from itertools import accumulate, chain
from typing import Final, Literal

from pinner.errors import EditError, SourceError
from pinner.frozen import dataclass

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be"]

BYTE_ORDER_MARK: Final = "\ufeff"
_UTF16_MARKS: Final[tuple[tuple[bytes, Encoding], ...]] = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points; an empty one is a place to insert."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `replacement` in the place of `span`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Position:
    """A place for people: line and column count from 1, the column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, with everything that makes it up: byte order mark, line endings, no final newline.

    `path` is POSIX and relative to the root. `encode()` gives back the very bytes that `decode` was given.
    """

    path: str
    text: str
    encoding: Encoding = "utf-8"
    _line_starts: list[int] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def decode(cls, path: str, content: bytes) -> Source:
        """Read strict UTF-8, or UTF-16 with a byte order mark; raise `SourceError` naming the first bad byte."""
        encoding: Encoding = next((name for mark, name in _UTF16_MARKS if content.startswith(mark)), "utf-8")
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            readable = content[: error.start].decode(encoding)
            message = f"{cls(path, readable).place(len(readable))}: not {encoding.upper()}: {error.reason}"
            raise SourceError(message, hint="save the file as UTF-8, or exclude it") from error
        return cls(path, text, encoding)

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return self.text.encode(self.encoding)

    @property
    def fingerprint(self) -> bytes:
        """What tells the file's bytes from any others."""
        return fingerprint_of(self.encode())

    def with_text(self, text: str) -> Source:
        """Return the same file with another text."""
        return Source(self.path, text, self.encoding)

    def position(self, offset: int) -> Position:
        """Return line and column of a code point; a byte order mark has no column of its own."""
        starts = self._line_starts
        if not starts:
            starts.extend(_line_starts(self.text))
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        if start == 0 and self.text.startswith(BYTE_ORDER_MARK) and offset > 0:
            start = 1
        return Position(line, offset - start + 1)

    def place(self, offset: int) -> str:
        """Return `path:line:column`, which terminals and editors open."""
        position = self.position(offset)
        return f"{self.path}:{position.line}:{position.column}"


def fingerprint_of(content: bytes) -> bytes:
    """Return what tells `content` from any other: its SHA-256."""
    import hashlib  # noqa: PLC0415 - start-up: who only reads files needs none

    return hashlib.sha256(content).digest()


def _line_starts(text: str) -> Iterable[int]:
    """Return where lines begin: after LF, CRLF or a lone CR, as YAML and every editor count them."""
    if "\r" not in text:
        return accumulate([len(line) + 1 for line in text.split("\n")[:-1]], initial=0)
    ends = (
        index + 1
        for index, letter in enumerate(text)
        if letter == "\n" or (letter == "\r" and text[index + 1 : index + 2] != "\n")
    )
    return chain((0,), ends)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all edits made; equal edits collapse. Raise `EditError` where two overlap."""
    pieces: list[str] = []
    at = 0
    previous: Edit | None = None
    for edit in sorted(set(edits)):
        if not 0 <= edit.span.start <= edit.span.end <= len(text):
            message = f"an edit at {edit.span} lies outside a text of {len(text)} code points"
            raise EditError(message)
        if edit.span.start < at or (previous is not None and edit.span == previous.span):
            message = f"two edits overlap at {edit.span}"
            raise EditError(message)
        pieces += (text[at : edit.span.start], edit.replacement)
        at = edit.span.end
        previous = edit
    pieces.append(text[at:])
    return "".join(pieces)
