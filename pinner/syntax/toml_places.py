"""TOML with the places of its keys, so that a message about a value can name its line.

The standard library's parser decides what is TOML and what it means; the scan below only finds where things stand,
and runs only when there is something to complain about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final, NoReturn

from pinner.errors import InputError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.text import BYTE_ORDER_MARK

Route = tuple[str | int, ...]

_BLANK: Final = compile_later(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING: Final = compile_later(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two more quotes belong to the text
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_VALUE: Final = compile_later(r"[^,\]}#\r\n]+")
_BARE_KEY: Final = compile_later(r"[A-Za-z0-9_-]+", re.ASCII)
_DOT: Final = compile_later(r"[ \t]*\.[ \t]*")
_EQUALS: Final = compile_later(r"[ \t]*=[ \t]*")
_CONTROL: Final = compile_later(r"[\x00-\x1f\x7f]")
_SHORT_ESCAPES: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_PLACE_IN_ERROR: Final = compile_later(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LONG_NUMBER: Final = compile_later(r"[0-9_]{4000}")
_LONGEST: Final = 80
MAXIMUM_DEPTH: Final = 64
_TOO_DEEP: Final = f"tables and lists are nested deeper than {MAXIMUM_DEPTH}"
_TWICE: Final = compile_later(r"Cannot declare .* twice|Cannot overwrite a value|Duplicate inline table key", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlDocument:
    """What a TOML file means, and where it says so; `error` is the class of every complaint about it."""

    path: str
    text: str
    content: Mapping[str, object]
    error: type[InputError]
    _places: dict[Route, int] = field(default_factory=dict, repr=False, compare=False)

    def line(self, route: Sequence[str | int]) -> int:
        """Return the line of a key, of an element, or of the nearest thing around it that is there."""
        if not self._places:
            self._places.update(find_places(self.text))
        for length in range(len(route), 0, -1):
            offset = self._places.get(tuple(route[:length]))
            if offset is not None:
                return self.text.count("\n", 0, offset) + 1
        return 1

    def problem(self, route: Sequence[str | int], message: str, *, hint: str | None = None) -> InputError:
        """Return the error that something is wrong at `route`: `path:line: route: message`."""
        where = f"{self.path}:{self.line(route)}"
        label = f"{format_route(route)}: " if route else ""
        return self.error(f"{where}: {label}{message}", hint=hint)


def read_toml(text: str, path: str, *, error: type[InputError], hint: str) -> TomlDocument:
    """Parse TOML 1.0, with or without a byte order mark; raise `error` with `path:line:column` and `hint`."""
    import tomllib  # noqa: PLC0415 - start-up: not every verb reads a file of ours

    bare = text.removeprefix(BYTE_ORDER_MARK)
    try:
        content = tomllib.loads(bare)
    except RecursionError as cause:
        raise error(f"{path}:1: {_TOO_DEEP}", hint=hint) from cause
    except ValueError as cause:
        raise _translate(cause, bare, path, error=error, hint=hint) from cause
    if _is_too_deep(content):
        raise error(f"{path}:1: {_TOO_DEEP}", hint=hint)
    return TomlDocument(path=path, text=bare, content=content, error=error)


def raise_together(problems: Sequence[InputError]) -> NoReturn:
    """Raise several problems of one class as one error: a line each, and every hint once."""
    hints = dict.fromkeys(problem.hint for problem in problems if problem.hint)
    message = "\n".join(problem.message for problem in problems)
    raise type(problems[0])(message, hint="; ".join(hints) or None)


def show(value: object) -> str:
    """Return a value for a message, cut where it is long."""
    written = repr(value)
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"


def format_route(route: Sequence[str | int]) -> str:
    """Return a route as TOML writes it: `images."nginx:1.27".digest`, `exclude[1]`."""
    written = ""
    for part in route:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            written += ("." if written else "") + (part if _BARE_KEY.fullmatch(part) else quote(part))
    return written


def quote(text: str) -> str:
    """Return `text` as a basic string (TOML 1.0, "String")."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_CONTROL.sub(_escape_control, escaped)}"'


def _escape_control(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"


def _is_too_deep(content: object) -> bool:
    """Return whether something is nested so deeply that walking it could exhaust the stack."""
    level = [content]
    for _ in range(MAXIMUM_DEPTH):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [child for children in inner for child in children if isinstance(child, dict | list)]
    return bool(level)


def _translate(cause: ValueError, text: str, path: str, *, error: type[InputError], hint: str) -> InputError:
    """Turn the parser's words into ours: the place first, and a double table by its name."""
    reason = str(cause)
    place = _PLACE_IN_ERROR.search(reason)
    if place is None:
        number = _LONG_NUMBER.search(text)  # Python converts no more than 4300 digits
        line = text.count("\n", 0, number.start() if number else 0) + 1
        return error(f"{path}:{line}: not TOML: a value that cannot be read", hint=hint)
    reason = reason[: place.start()]
    lines = text.removesuffix("\n").split("\n")
    line, column = (int(place[1]), int(place[2])) if place[1] else (len(lines), len(lines[-1]) + 1)
    if _TWICE.match(reason):
        written = lines[line - 1].strip()
        return error(f"{path}:{line}: {written} stands twice", hint="keep the one that is right")
    return error(f"{path}:{line}:{column}: not TOML: {reason[:1].lower()}{reason[1:]}", hint=hint)


def find_places(text: str) -> dict[Route, int]:
    """Return where every key, table and element of valid TOML begins."""
    scan = _Scan(text, {}, {})
    at = _skip(_BLANK, text, 0)
    while at < len(text):
        at = _skip(_BLANK, text, scan.read_statement(at))
    return scan.places


@dataclass(slots=True)
class _Scan:
    text: str
    places: dict[Route, int]
    array_lengths: dict[Route, int]
    table: Route = ()

    def read_statement(self, at: int) -> int:
        """Read a table header or a key with its value; return where it ends."""
        if self.text.startswith("[[", at):
            return self._read_header(at, 2)
        if self.text.startswith("[", at):
            return self._read_header(at, 1)
        return self._read_pair(at, self.table)

    def _read_header(self, at: int, brackets: int) -> int:
        keys, end = self._read_key(_skip(_BLANK, self.text, at + brackets))
        route = self._enter(keys[:-1], at)
        route = (*route, keys[-1])
        self.places.setdefault(route, at)
        if brackets == 2:  # noqa: PLR2004 - the brackets of an array of tables
            index = self.array_lengths.get(route, 0)
            self.array_lengths[route] = index + 1
            route = (*route, index)
            self.places[route] = at
        self.table = route
        return _skip(_BLANK, self.text, end) + brackets

    def _enter(self, keys: Sequence[str], at: int, start: Route = ()) -> Route:
        """Return the route below `keys`: the last element where one of them is an array of tables."""
        route = start
        for key in keys:
            route = (*route, key)
            self.places.setdefault(route, at)
            if route in self.array_lengths:
                route = (*route, self.array_lengths[route] - 1)
        return route

    def _read_pair(self, at: int, table: Route) -> int:
        keys, end = self._read_key(at)
        route = (*self._enter(keys[:-1], at, table), keys[-1])
        self.places.setdefault(route, at)
        return self._read_value(_skip(_EQUALS, self.text, end), route)

    def _read_key(self, at: int) -> tuple[list[str], int]:
        keys = []
        while True:
            match = _STRING.match(self.text, at) or _BARE_KEY.match(self.text, at)
            assert match is not None  # the parser has taken this text
            keys.append(_decode_key(match[0]))
            dot = _DOT.match(self.text, match.end())
            if dot is None:
                return keys, match.end()
            at = dot.end()

    def _read_value(self, at: int, route: Route) -> int:
        if self.text[at] == "[":
            return self._read_items(at, "]", lambda at, index: self._read_element(at, (*route, index)))
        if self.text[at] == "{":
            return self._read_items(at, "}", lambda at, _: self._read_pair(at, route))
        match = _STRING.match(self.text, at) or _BARE_VALUE.match(self.text, at)
        assert match is not None  # the parser has taken this text
        return match.end()

    def _read_element(self, at: int, route: Route) -> int:
        self.places[route] = at
        return self._read_value(at, route)

    def _read_items(self, at: int, closing: str, read: Callable[[int, int], int]) -> int:
        at, index = _skip(_BLANK, self.text, at + 1), 0
        while self.text[at] != closing:
            at = _skip(_BLANK, self.text, read(at, index))
            index += 1
            if self.text[at] == ",":
                at = _skip(_BLANK, self.text, at + 1)
        return at + 1


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _decode_key(written: str) -> str:
    """Return what a written key says: bare, literal or with escapes."""
    if not written.startswith('"'):
        return written.strip("'")
    import tomllib  # noqa: PLC0415 - only a message about an error comes here

    return next(iter(tomllib.loads(f"{written} = 0")))
