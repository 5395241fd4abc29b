"""YAML, and JSON with it, as plain values with their places: for files that are read whole and never edited.

Scalars are texts, whatever YAML would make of them. What no program writes into such files is refused: aliases, keys
that are no texts, and a key twice in one table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pinner.frozen import dataclass
from pinner.syntax.yaml_events import BACKENDS, Kind, Parser, YamlSyntaxError, parser
from pinner.text import BYTE_ORDER_MARK

MAXIMUM_DEPTH: Final = 64
_ENDS: Final = (Kind.MAPPING_END, Kind.SEQUENCE_END)


@dataclass(frozen=True, slots=True)
class PlacedValue:
    """A text, a list or a table, and the offset in the source where it begins."""

    start: int
    value: str | tuple[PlacedValue, ...] | Mapping[str, PlacedValue]

    @property
    def table(self) -> Mapping[str, PlacedValue]:
        """The value, where it is a table; else an empty one."""
        return self.value if isinstance(self.value, Mapping) else {}


class _Composer:
    """Makes values of events, one after the other."""

    def __init__(self, backend: Parser, text: str, base: int) -> None:
        self._kinds = backend.kinds
        self._events: Iterator[Any] = backend.events(text)
        self._base = base

    def read_documents(self) -> Iterator[PlacedValue]:
        """Yield the value of each document."""
        for event in self._events:
            if self._kinds[event.__class__] not in {Kind.OTHER, Kind.DOCUMENT_START, Kind.DOCUMENT_END}:
                yield self._read_value(event, 0)

    def _read_value(self, event: Any, depth: int) -> PlacedValue:
        kind, start = self._kinds[event.__class__], event.start_mark.index
        if kind is Kind.ALIAS:
            raise YamlSyntaxError("an alias has no place here", start)
        if depth > MAXIMUM_DEPTH:
            raise YamlSyntaxError(f"values are nested deeper than {MAXIMUM_DEPTH}", start)
        if kind is Kind.SCALAR:
            return PlacedValue(start + self._base, event.value)
        if kind is Kind.SEQUENCE_START:
            return PlacedValue(start + self._base, tuple(self._read_items(depth)))
        return PlacedValue(start + self._base, self._read_table(depth))

    def _read_items(self, depth: int) -> Iterator[PlacedValue]:
        for event in self._events:
            if self._kinds[event.__class__] in _ENDS:
                return
            yield self._read_value(event, depth + 1)

    def _read_table(self, depth: int) -> Mapping[str, PlacedValue]:
        table: dict[str, PlacedValue] = {}
        for event in self._events:
            kind = self._kinds[event.__class__]
            if kind in _ENDS:
                break
            if kind is not Kind.SCALAR:
                raise YamlSyntaxError("a key must be a text", event.start_mark.index)
            if event.value in table:
                raise YamlSyntaxError(f"the key {event.value[:80]!r} stands twice", event.start_mark.index)
            table[event.value] = self._read_value(next(self._events), depth + 1)
        return table


def read_values(text: str) -> tuple[PlacedValue, ...]:
    """Return the value of each document; raise `YamlSyntaxError` for what is no YAML, or more than plain values."""
    bare = text.removeprefix(BYTE_ORDER_MARK)
    base = len(text) - len(bare)
    backend = next(one for one in map(parser, BACKENDS) if one is not None)
    try:
        return tuple(_Composer(backend, bare, base).read_documents())
    except YamlSyntaxError as error:
        problem = error
    except backend.failures as error:
        problem = backend.problem(error, bare)
    raise YamlSyntaxError(problem.message, problem.offset + base)
