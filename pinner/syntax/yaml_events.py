"""Two YAML parsers behind one event interface: libyaml (fast) and ruamel.yaml (the second opinion).

Events, not nodes: composing a graph expands nothing useful and has crashed on hostile nesting. Offsets count code
points of the text that was given, which must not begin with a byte order mark (libyaml does not count it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import cache
from typing import Any, Final, Literal

from pinner.frozen import dataclass

Backend = Literal["libyaml", "ruamel"]

# In the order in which they are asked.
BACKENDS: Final[tuple[Backend, ...]] = ("libyaml", "ruamel")


class Kind(IntEnum):
    """What an event says; everything a path tracker does not need is `OTHER`."""

    OTHER = 0
    SCALAR = 1
    ALIAS = 2
    MAPPING_START = 3
    MAPPING_END = 4
    SEQUENCE_START = 5
    SEQUENCE_END = 6
    DOCUMENT_START = 7
    DOCUMENT_END = 8


_KINDS: Final = {
    "ScalarEvent": Kind.SCALAR,
    "AliasEvent": Kind.ALIAS,
    "MappingStartEvent": Kind.MAPPING_START,
    "MappingEndEvent": Kind.MAPPING_END,
    "SequenceStartEvent": Kind.SEQUENCE_START,
    "SequenceEndEvent": Kind.SEQUENCE_END,
    "DocumentStartEvent": Kind.DOCUMENT_START,
    "DocumentEndEvent": Kind.DOCUMENT_END,
    "StreamStartEvent": Kind.OTHER,
    "StreamEndEvent": Kind.OTHER,
}


class YamlSyntaxError(Exception):
    """The text is not YAML for this parser; `offset` is where it stopped. It never leaves this room."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Parser:
    """One back end: `events` yields its own event objects, `kinds` tells what each class means."""

    name: Backend
    events: Callable[[str], Iterator[Any]]
    kinds: dict[type, Kind]
    failures: tuple[type[Exception], ...]

    def problem(self, error: Exception, text: str) -> YamlSyntaxError:
        """Translate a parser's own error."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        offset = getattr(mark, "index", None)
        if offset is None:
            position = getattr(error, "position", 0)
            # libyaml's reader counts bytes.
            offset = len(text.encode()[:position].decode(errors="ignore")) if self.name == "libyaml" else position
        message = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
        return YamlSyntaxError(message, min(offset, len(text)))


@cache
def parser(name: Backend) -> Parser | None:
    """Return a back end, or None where PyYAML came without libyaml."""
    return _libyaml() if name == "libyaml" else _ruamel()


def _kinds(module: Any) -> dict[type, Kind]:
    return {getattr(module, class_name): kind for class_name, kind in _KINDS.items()}


def _libyaml() -> Parser | None:
    import yaml.events  # noqa: PLC0415 - start-up: only files that passed the filters need a parser

    try:
        from yaml._yaml import CParser  # noqa: PLC0415 - the C extension is optional in PyYAML
    except ImportError:
        return None

    def events(text: str) -> Iterator[Any]:
        return iter(CParser(text).get_event, None)

    return Parser("libyaml", events, _kinds(yaml.events), (yaml.YAMLError, RecursionError))


def _ruamel() -> Parser:
    import ruamel.yaml  # noqa: PLC0415 - start-up: the fallback is rarely needed
    from ruamel.yaml import events as ruamel_events  # noqa: PLC0415 - as above

    def events(text: str) -> Iterator[Any]:
        parsed: Iterator[Any] = ruamel.yaml.YAML(typ="safe", pure=True).parse(text)
        return parsed

    failures = (ruamel.yaml.error.YAMLError, RecursionError, ValueError, AttributeError)
    return Parser("ruamel", events, _kinds(ruamel_events), failures)
