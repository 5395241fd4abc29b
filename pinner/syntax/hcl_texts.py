"""From the tokens of a template to its value, letter by letter (hclsyntax/spec.md, "Template Expressions")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_words import WHITE_SPACE

_ESCAPE: Final = compile_later(r"\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|(?P<named>[nrt\"\\]))")
_QUOTED_STEP: Final = compile_later(rf"(?P<escape>{_ESCAPE.pattern})|(?P<doubled>\$\$\{{|%%\{{)|[^\\$%]+|.", re.DOTALL)
_DOUBLED: Final = compile_later(r"\$\$\{|%%\{")
_NAMED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
# The code points that are letters: no halves of UTF-16's pairs, and none behind the last one.
_LETTERS: Final = (range(0xD800), range(0xE000, 0x110000))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template: letters, or a sequence as it is written. Letter i stands at `offsets[i]`."""

    value: str
    offsets: Sequence[int]
    is_sequence: bool = False

    def cut(self, start: int, end: int | None = None) -> Piece:
        """Return the letters from `start` up to, not including, `end`."""
        return Piece(self.value[start:end], self.offsets[start:end])


def sequence_piece(text: str, start: int, end: int) -> Piece:
    """Return a sequence as it stands in the source."""
    return Piece(text[start:end], range(start, end), is_sequence=True)


def letters_piece(text: str, start: int, *, is_quoted: bool) -> Piece:
    """Return what the letters of one token mean; escapes that HCL does not know stay as they are written."""
    if not ("\\" in text and is_quoted) and _DOUBLED.search(text) is None:
        return Piece(text, range(start, start + len(text)))
    steps = tuple(_steps(text, is_quoted=is_quoted))
    return Piece(
        "".join(value for value, _ in steps),
        tuple(chain.from_iterable((start + at for at in places) for _, places in steps)),
    )


def _steps(text: str, *, is_quoted: bool) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield letters and where they stand."""
    for step in _QUOTED_STEP.finditer(text):
        at = step.start()
        if step["doubled"]:
            yield step[0][1:], (at, at + 2)
        elif is_quoted and step["escape"] and (letter := _unescape(step)) is not None:
            yield letter, (at,)
        else:
            yield step[0], range(at, step.end())


def _unescape(escape: re.Match[str]) -> str | None:
    """Return the letter that an escape stands for; None where Unicode has none."""
    if escape["named"]:
        return _NAMED[escape["named"]]
    number = int(escape["short"] or escape["long"], 16)
    return chr(number) if any(number in letters for letters in _LETTERS) else None


def trim_end(piece: Piece) -> Piece:
    """Return a piece without the white space at its end, which `${~` takes away."""
    return piece.cut(0, len(piece.value.rstrip(WHITE_SPACE)))


def trim_start(piece: Piece) -> Piece:
    """Return a piece without the white space at its beginning, which `~}` takes away."""
    return piece.cut(len(piece.value) - len(piece.value.lstrip(WHITE_SPACE)))


def unindent(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Take away the white space that all lines of a `<<-` heredoc begin with; blank lines do not count, and stay."""
    leading: dict[int, int] = {}
    is_start = True
    for number, piece in enumerate(pieces):
        is_blank = not piece.is_sequence and not piece.value.strip(WHITE_SPACE) and piece.value.endswith("\n")
        if is_start and not is_blank:
            leading[number] = 0 if piece.is_sequence else len(piece.value) - len(piece.value.lstrip(WHITE_SPACE))
        is_start = not piece.is_sequence and piece.value.endswith("\n")
    width = min(leading.values(), default=0)
    return tuple(piece.cut(width) if number in leading and width else piece for number, piece in enumerate(pieces))


def join(pieces: Sequence[Piece], end: int) -> tuple[str, Sequence[int]]:
    """Return the value of all pieces, and the offsets of its letters with `end` behind them."""
    value = "".join(piece.value for piece in pieces)
    offsets = tuple(chain.from_iterable(piece.offsets for piece in pieces))
    is_plain = not offsets or offsets[-1] - offsets[0] + 1 == len(offsets)
    start = offsets[0] if offsets else end
    return value, range(start, end + 1) if is_plain and start + len(value) == end else (*offsets, end)
