"""Documents made from the routes of a table: images where they lead, and texts just like them elsewhere."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Final

import pytest
from hypothesis import strategies as st

from pinner.formats import routed
from pinner.formats.base import Format
from pinner.formats.routed import Images
from pinner.formats.table import FORMATS
from pinner.syntax.routes import AnyDepth, Element, ElementWhere, Key, Route, Step, Text, parse_route

# A document as it is read: mappings, sequences and texts.
Data = Any
Path = tuple[str | int, ...]

_REFERENCES: Final = ("nginx:1.27", "redis", "localhost:5000/a/b", "ghcr.io/acme/api:2.1", "quay.io/x/y-z:v1_2")
_KEYS: Final = ("a", "name", "image", "images", "services", "steps", "jobs", "x-y", "container", "docker#v5", "entry")


@dataclass(frozen=True, slots=True)
class Table:
    """The places of a format that is a table, in their order."""

    format: Format
    places: tuple[tuple[Images, Route], ...]

    def first_place(self, document: Data, path: Path) -> Images | None:
        """Return the first place that leads to a path."""

        def look_up(other: Path) -> str | None:
            value = value_at(document, other)
            return value if isinstance(value, str) else None

        return next((images for images, route in self.places if route.matches(path, look_up)), None)


@cache
def tables() -> dict[str, Table]:
    """Return the tables by their module."""
    read = {module: _read_table(module) for module in FORMATS}
    return {module: table for module, table in read.items() if table is not None}


def _read_table(module: str) -> Table | None:
    """Run a module once more, and take down what it hands to `routed_format`."""
    origin = find_spec(f"pinner.formats.{module}")
    assert origin is not None
    recorded: list[Table] = []
    original = routed.routed_format

    def record(*, places: tuple[str | Images, ...], **columns: Any) -> Format:
        listed = tuple(Images(route=one) if isinstance(one, str) else one for one in places)
        one = original(places=places, **columns)
        recorded.append(Table(one, tuple((images, parse_route(images.route)) for images in listed)))
        return one

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routed, "routed_format", record)
        content = runpy.run_path(str(origin.origin))
    return next((one for one in recorded if one.format is content["FORMAT"]), None)


def value_at(document: Data, path: Path) -> Data:
    """Return what stands at a path, or None."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return None
        elif not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


def leaves(document: Data, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text of a document with its path."""
    if isinstance(document, str):
        yield path, document
    else:
        for step, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from leaves(value, (*path, step))


@st.composite
def documents(draw: st.DrawFn, table: Table) -> Data:
    """Return a mapping with some images of the table, and some texts at other places."""
    tops = {isinstance(route.steps[0], Element | ElementWhere) for _, route in table.places}
    document: Data = [] if draw(st.sampled_from(sorted(tops))) else {}
    chosen = draw(st.lists(st.sampled_from(table.places), min_size=1, max_size=5))
    for images, route in chosen:
        reference = images.prefix + draw(st.sampled_from(_REFERENCES))
        _put(draw, document, route.steps, reference)
    for _ in range(draw(st.integers(0, 6))):
        _, route = draw(st.sampled_from(table.places))
        _put(draw, document, _lead_astray(draw, route), draw(st.sampled_from(_REFERENCES)))
    return document


def _lead_astray(draw: st.DrawFn, route: Route) -> tuple[Step, ...]:
    """Return steps that are nearly those of a route: one more, one less, or another key; they may still lead there."""
    other = Key(Text(draw(st.sampled_from(_KEYS))))
    at = draw(st.integers(0, len(route.steps) - 1))
    match draw(st.integers(0, 3)):
        case 0:
            return (other, *route.steps)
        case 1:
            return (*route.steps[:at], other, *route.steps[at:])
        case 2:
            return (*route.steps[:at], other, *route.steps[at + 1 :])
    return (*route.steps[:at], *route.steps[at + 1 :]) or (other,)


def _put(draw: st.DrawFn, document: Data, steps: tuple[Step, ...], value: str) -> None:
    """Put a text where the steps lead; where something else stands in the way, nothing is put."""
    step, rest = steps[0], steps[1:]
    if isinstance(step, AnyDepth):
        keys = draw(st.lists(st.sampled_from(_KEYS), max_size=2))
        steps = (*(Key(Text(key)) for key in keys), *rest)
        if steps:
            _put(draw, document, steps, value)
        return
    if isinstance(step, Key):
        if isinstance(document, dict):
            key = _spell(draw, step.name)
            _put_below(draw, document, key, rest, value)
        return
    if isinstance(document, list):
        index = draw(st.integers(0, len(document)))
        if isinstance(step, ElementWhere) and index == len(document):
            document.append({step.key: _spell(draw, step.value)})
        _put_below(draw, document, index, rest, value)


def _put_below(draw: st.DrawFn, document: Data, at: Any, rest: tuple[Step, ...], value: str) -> None:
    missing = at >= len(document) if isinstance(document, list) else at not in document
    if not rest:
        if missing:
            document.append(value) if isinstance(document, list) else document.__setitem__(at, value)
        return
    if missing:
        inner: Data = [] if isinstance(rest[0], Element | ElementWhere) else {}
        document.append(inner) if isinstance(document, list) else document.__setitem__(at, inner)
    _put(draw, document[at], rest, value)


def _spell(draw: st.DrawFn, text: Text) -> str:
    """Return a text that is meant: a glob with letters in it."""
    if not text.is_glob:
        return text.written
    return re.sub(r"[*?]", lambda _: draw(st.sampled_from(("x", "build", "q"))), text.written)
