r"""Routes: how tables and users say where values stand in YAML and JSON documents.

=====================================  ==========================================================
``spec.sidecar.image``                 keys, from the top of the document
``jobs.*.docker[].image``              ``*`` and ``?`` stand for letters of a key; ``[]`` is every element
``steps[0].image``                     one element, counted from 0
``env[name=FOO_*].value``              the elements in which that key has such a value
``**.image``                           any depth, none included
``annotations."images.example/app"``   what is quoted is taken letter by letter; ``\"`` and ``\\`` are escapes
=====================================  ==========================================================

A route knows which keys must be looked at, and matching takes time linear in the path, whatever the route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from pinner.errors import InvalidRouteError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path

# Returns the scalar that stands at a path, if one does.
LookUp = Callable[[Path], str | None]

LONGEST: Final = 400
# The letters of `[` are none of a bare text, so that a glob has no other signs than `*` and `?`.
_BARE_KEY: Final = compile_later(r"""[^\s.\[\]{}"'=\\\x00-\x1f\x7f]+""")
_BARE_VALUE: Final = compile_later(r"""[^\s\[\]{}"'\\\x00-\x1f\x7f]+""")
_QUOTED: Final = compile_later(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPE: Final = compile_later(r'\\(["\\])')
_NUMBER: Final = compile_later(r"(?:0|[1-9][0-9]{0,8})(?=\])", re.ASCII)
_WILD: Final = compile_later(r"[*?]")
_ANY_DEPTH: Final = "**"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that must be equal, or with `is_glob` one in which `*` and `?` stand for any letters."""

    written: str
    is_glob: bool = False

    def matches(self, text: str) -> bool:
        """Return whether the whole of `text` is meant."""
        return fnmatchcase(text, self.written) if self.is_glob else text == self.written


@dataclass(frozen=True, slots=True)
class Key:
    """The value of a key in a mapping."""

    name: Text


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a sequence; without `index` every one."""

    index: int | None = None


@dataclass(frozen=True, slots=True)
class ElementWhere:
    """The elements that are mappings in which `key` has a value like this."""

    key: str
    value: Text


@dataclass(frozen=True, slots=True)
class AnyDepth:
    """Any keys and elements, or none."""


Step = Key | Element | ElementWhere | AnyDepth


@dataclass(frozen=True, slots=True)
class Route:
    """The way to some values of a document; `parse_route` reads one, `str` writes it."""

    steps: tuple[Step, ...]

    @property
    def last_key(self) -> str | None:
        """The key under which the values stand, directly or in sequences; None where it can be any."""
        for step in reversed(self.steps):
            if isinstance(step, Key):
                return None if step.name.is_glob else step.name.written
            if isinstance(step, AnyDepth):
                return None
        return None

    @property
    def compared_keys(self) -> frozenset[str]:
        """The keys whose values decide which elements are meant."""
        return frozenset(step.key for step in self.steps if isinstance(step, ElementWhere))

    def matches(self, path: Path, look_up: LookUp) -> bool:
        """Return whether the way leads to `path`; `look_up` is asked for the keys that elements are told by."""
        return self._may_end_at(path) and len(self.steps) in self._reach(path, look_up)

    def passes(self, path: Path, look_up: LookUp) -> bool:
        """Return whether the way leads to `path`, or through it."""
        return bool(self._reach(path, look_up))

    def _may_end_at(self, path: Path) -> bool:
        """Return whether the last parts of `path` agree with the last steps: most routes lead elsewhere."""
        for step, part in zip(reversed(self.steps), reversed(path), strict=False):
            if isinstance(step, AnyDepth):
                break
            if isinstance(step, Key) != isinstance(part, str) or not _is_named(step, part):
                return False
        return True

    def _reach(self, path: Path, look_up: LookUp) -> set[int]:
        """Return the steps that are next behind `path`."""
        reached = self._skip_depth({0})
        for depth, part in enumerate(path, start=1):
            reached = self._skip_depth(
                {
                    at if isinstance(self.steps[at], AnyDepth) else at + 1
                    for at in reached
                    if at < len(self.steps) and _goes_on(self.steps[at], part, path[:depth], look_up)
                }
            )
            if not reached:
                break
        return reached

    def _skip_depth(self, reached: set[int]) -> set[int]:
        """Add the steps behind those that may stand for nothing."""
        return reached | {at + 1 for at in reached if at < len(self.steps) and isinstance(self.steps[at], AnyDepth)}

    def __str__(self) -> str:
        return render_route(self)


def _is_named(step: Step, part: str | int) -> bool:
    return not isinstance(step, Key) or (isinstance(part, str) and step.name.matches(part))


def _goes_on(step: Step, part: str | int, path: Path, look_up: LookUp) -> bool:
    match step:
        case AnyDepth():
            return True
        case Key(name):
            return isinstance(part, str) and name.matches(part)
        case Element(index):
            return isinstance(part, int) and index in (None, part)
    value = look_up((*path, step.key)) if isinstance(part, int) else None
    return value is not None and step.value.matches(value)


def render_route(route: Route) -> str:
    """Return a route as people write it; `parse_route` reads the same from it."""
    written = ""
    for step in route.steps:
        match step:
            case Key(name):
                written += ("." if written else "") + _render_text(name, _BARE_KEY)
            case AnyDepth():
                written += ("." if written else "") + _ANY_DEPTH
            case Element(index):
                written += "[]" if index is None else f"[{index}]"
            case ElementWhere(key, value):
                written += f"[{_render_text(Text(key), _BARE_KEY)}={_render_text(value, _BARE_VALUE)}]"
    return written


def _render_text(text: Text, bare: re.Pattern[str]) -> str:
    if text.is_glob or (bare.fullmatch(text.written) and not _WILD.search(text.written)):
        return text.written
    return '"' + text.written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_route(written: str) -> Route:
    """Read a route; raise `InvalidRouteError` with the column of what is wrong."""
    if len(written) > LONGEST:
        raise InvalidRouteError(f"longer than {LONGEST} letters", column=LONGEST + 1)
    reader = _Reader(written)
    steps: list[Step] = []
    while not steps or reader.at < len(written):
        steps.append(reader.read_step(is_first=not steps))
        if len(steps) > 1 and isinstance(steps[-1], AnyDepth) and isinstance(steps[-2], AnyDepth):
            raise reader.problem("`**` twice means the same as once", "leave one of them out")
    if isinstance(steps[-1], AnyDepth):
        raise reader.problem("a route cannot end with `**`", "name the key of the images, as in `**.image`")
    if isinstance(steps[-1], ElementWhere):
        raise reader.problem("elements told by a key are mappings", "name the key of the image in them")
    return Route(tuple(steps))


class _Reader:
    """One pass over a written route."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.at = 0

    def problem(self, message: str, hint: str | None = None) -> InvalidRouteError:
        return InvalidRouteError(message, hint=hint, column=self.at + 1)

    def read_step(self, *, is_first: bool) -> Step:
        if self._take("["):
            return self._read_element()
        if not is_first and not self._take("."):
            raise self.problem(f"{self._here()} where `.` or `[` must stand", "quote a key that holds other letters")
        start = self.at
        name = self._read_text(_BARE_KEY, "a key")
        if name.is_glob and _ANY_DEPTH in name.written:
            if name.written == _ANY_DEPTH:
                return AnyDepth()
            self.at = start
            raise self.problem(f"{name.written!r} is no key", "`**` stands alone between dots; one `*` is any letters")
        return Key(name)

    def _read_element(self) -> Step:
        if self._take("]"):
            return Element()
        number = _NUMBER.match(self.written, self.at)
        if number is not None:
            self.at = number.end() + 1
            return Element(int(number[0]))
        start = self.at
        key = self._read_text(_BARE_KEY, "an index or a key")
        if key.is_glob or not self._take("="):
            self.at = start
            hint = "write `[]` for every element, `[0]` for one, or `[name=value]`"
            raise self.problem(f"{key.written!r} does not tell an element", hint)
        value = self._read_text(_BARE_VALUE, "a value")
        if not self._take("]"):
            raise self.problem(f"{self._here()} where `]` must stand", "quote a value that holds other letters")
        return ElementWhere(key.written, value)

    def _read_text(self, bare: re.Pattern[str], what: str) -> Text:
        quoted = _QUOTED.match(self.written, self.at)
        if quoted is not None:
            self.at = quoted.end()
            return Text(_ESCAPE.sub(r"\1", quoted[1]))
        found = bare.match(self.written, self.at)
        if found is None:
            if self.written[self.at : self.at + 1] == '"':
                raise self.problem("a quoted text that does not end", r"write \" and \\ for these signs in it")
            raise self.problem(
                f"{self._here()} where {what} must stand", "a route reads like `spec.containers[].image`"
            )
        self.at = found.end()
        return Text(found[0], is_glob=_WILD.search(found[0]) is not None)

    def _take(self, sign: str) -> bool:
        if not self.written.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def _here(self) -> str:
        return repr(self.written[self.at]) if self.at < len(self.written) else "the end"


def followed_keys(routes: Iterable[Route]) -> frozenset[str] | None:
    """Return the keys whose values a walk must give for these routes; None where it must give those of every key."""
    keys: set[str] = set()
    for route in routes:
        if route.last_key is None:
            return None
        keys |= {route.last_key, *route.compared_keys}
    return frozenset(keys)


def nodes_at(document: Document, routes: tuple[Route, ...], root: Path = ()) -> Iterator[Node]:
    """Yield the nodes that these routes lead to from the object at `root`."""

    def look_up(path: Path) -> str | None:
        return document.scalar_at(root + path)

    for node in document.nodes:
        below = node.path[len(root) :]
        if below and node.path[: len(root)] == root and any(one.matches(below, look_up) for one in routes):
            yield node
