"""What the tables of the configuration share: how they are read, and how a mistake in them is said.

A mistake is told to `complain` with its place; what comes out is what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pinner.path_filter import refuse_pattern
from pinner.syntax.toml_places import Route, show

# Says what is wrong with a key, and what to do.
Complain = Callable[[Route, str, str | None], None]
Table = Mapping[str, object]

_PATTERNS: Final = "patterns follow the syntax of .gitignore"


def read_tables(content: Table, name: str, keys: Sequence[str], complain: Complain) -> Iterator[tuple[Table, Route]]:
    """Yield the tables of `[[name]]` with their places, and complain of keys that are none of `keys`."""
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        complain((name,), f"must be tables, not {show(tables)}", f"write [[{name}]] in front of each of them")
        return
    for index, table in enumerate(tables):
        where = (name, index)
        for key in table:
            if key not in keys:
                complain((*where, key), "unknown key", suggest(key, keys))
        yield table, where


def read_patterns(table: Table, key: str, where: Route, complain: Complain, example: str) -> tuple[str, ...] | None:
    """Return the patterns of paths under a key that must be there, or None where one is wrong."""
    value = table.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        message = f"{key} is missing" if value is None else f"must be a list of patterns, not {show(value)}"
        complain(where if value is None else (*where, key), message, f'write for example {key} = ["{example}"]')
        return None
    reasons = [refuse_pattern(pattern) for pattern in value]
    for index, reason in enumerate(reasons):
        if reason is not None:
            complain((*where, key, index), f"{value[index]!r} {reason}", _PATTERNS)
    return None if any(reasons) else tuple(value)


def suggest(name: str, names: Sequence[str], noun: str = "keys") -> str:
    """Return the hint for an unknown name: the one that was meant, or all that there are."""
    from difflib import get_close_matches  # noqa: PLC0415 - start-up: only a mistake comes here

    close = get_close_matches(name.lower().replace("_", "-"), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"the {noun} are {', '.join(names)}"
