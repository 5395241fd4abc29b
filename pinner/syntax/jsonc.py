"""JSON with comments and trailing commas to values with exact places, and the proof of edits in it (containers.dev)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.errors import EditError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.rewrites import Rewrite, ValueRewrites, edits_of
from pinner.syntax.yaml_nodes import NOWHERE, Path
from pinner.text import Span, apply_edits

DEEPEST: Final = 200
_SPACE: Final = compile_later(r"(?:[ \t\r\n\ufeff]|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = compile_later(r'"((?:[^"\\\r\n]|\\.)*)"')
_LETTER: Final = compile_later(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\([\"\\/bfnrt])|([^\\])"
)
_LITERAL: Final = compile_later(r"(?:-?[0-9][0-9.eE+-]*|true|false|null)(?![\w.])")
_NAMED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class JsoncSyntaxError(Exception):
    """A text that is no JSON with comments; `offset` is where it ends to be one."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value: `text` of a string, whose letter i stands at `offsets[i]`; `key` is where its key stands.

    Of what is no string, `text` is None and `written` says what stands there: a literal, `{` or `[`.
    """

    path: Path
    text: str | None
    offsets: Sequence[int]
    written: str
    key: Span = NOWHERE


def read(text: str) -> tuple[Value, ...]:
    """Return all values in the order of the text; raise `JsoncSyntaxError`."""
    reader = _Reader(text)
    values = tuple(reader.value((), NOWHERE))
    reader.skip()
    if reader.at < len(text):
        raise reader.problem("something stands behind the value")
    return values


def prove(before: str, after: str, rewrites: Iterable[Rewrite]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these rewrites, and its values say so too."""
    rewrites = tuple(rewrites)
    if apply_edits(before, edits_of(rewrites)) != after:
        message = "text outside the references changed"
        raise EditError(message)
    if not rewrites:
        return
    try:
        old, new = read(before), read(after)
    except JsoncSyntaxError as error:
        message = "the file cannot be read as JSON"
        raise EditError(message) from error
    values = ValueRewrites(rewrites)
    expected = [(one.path, one.written if one.text is None else values.applied(one.text, one.offsets)) for one in old]
    if expected != [(one.path, one.written if one.text is None else one.text) for one in new]:
        message = "a value changed beside its reference"
        raise EditError(message)


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def problem(self, message: str) -> JsoncSyntaxError:
        return JsoncSyntaxError(message, self.at)

    def skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        assert space is not None, "it matches nothing, too"
        self.at = space.end()

    def value(self, path: Path, key: Span) -> Iterator[Value]:
        """Yield the value that stands next, and those in it."""
        self.skip()
        if len(path) > DEEPEST:
            raise self.problem(f"nested deeper than {DEEPEST}")
        sign = self.text[self.at : self.at + 1]
        if sign == '"':
            string, offsets = self.string()
            yield Value(path=path, text=string, offsets=offsets, written="", key=key)
        elif sign in ("{", "["):
            yield Value(path=path, text=None, offsets=(self.at, self.at + 1), written=sign, key=key)
            self.at += 1
            yield from self.members(path) if sign == "{" else self.elements(path)
        else:
            literal = _LITERAL.match(self.text, self.at)
            if literal is None:
                raise self.problem("no value stands where one must be")
            yield Value(path=path, text=None, offsets=literal.span(), written=literal[0], key=key)
            self.at = literal.end()

    def members(self, path: Path) -> Iterator[Value]:
        while not self.takes("}"):
            start = self.at
            if self.text[start : start + 1] != '"':
                raise self.problem("a key in quotes must stand here")
            name, offsets = self.string()
            if not self.takes(":"):
                raise self.problem("a colon must stand behind a key")
            yield from self.value((*path, name), Span(offsets[0], offsets[-1]))
            self.end_item("}")

    def elements(self, path: Path) -> Iterator[Value]:
        index = 0
        while not self.takes("]"):
            yield from self.value((*path, index), NOWHERE)
            self.end_item("]")
            index += 1

    def end_item(self, closer: str) -> None:
        """Pass over a comma; without one, the end must follow."""
        if not self.takes(",") and not self.text.startswith(closer, self.at):
            raise self.problem(f"a comma or {closer!r} must stand here")

    def takes(self, sign: str) -> bool:
        """Return whether a sign stands next, and pass over it."""
        self.skip()
        is_next = self.text.startswith(sign, self.at)
        self.at += len(sign) * is_next
        return is_next

    def string(self) -> tuple[str, Sequence[int]]:
        """Read a string: its letters, where each stands, and where the last one ends."""
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.problem("the string does not end on its line")
        letters: list[str] = []
        offsets: list[int] = []
        at, end = match.span(1)
        while at < end:
            letter = _LETTER.match(self.text, at, end)
            if letter is None:
                self.at = at
                raise self.problem("an escape that JSON does not know")
            letters.append(_decode(letter))
            offsets.append(at)
            at = letter.end()
        self.at = match.end()
        return "".join(letters), (*offsets, end)


def _decode(letter: re.Match[str]) -> str:
    high, low, unit, named, plain = letter.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if unit is not None:
        code = int(unit, 16)
        return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)  # noqa: PLR2004 - the surrogates, which stand alone here
    return plain if plain is not None else _NAMED.get(named, named)
