"""A lock as text, always in the same normal form: reviewers and git see what changed and nothing else.

A table an image merges where one line an image does not, and the last line is constant, so that a new last entry
does not conflict with a changed one (H01). Nothing here may write a version of the tool or a path, and no date but the
day on which a candidate was first seen (H02).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pinner.lock.model import VERSION, Candidate, Lock, Pin
from pinner.syntax.toml_places import format_route, quote

if TYPE_CHECKING:
    from pinner.lock.merging import MergedLock

HEADER: Final = (
    "# Managed by pinner. Change it with `pinner update`; solve conflicts with `pinner lock resolve`.\n"
    f"version = {VERSION}\n"
)
FOOTER: Final = "# end\n"


def render_lock(lock: Lock) -> str:
    """Return the file in its normal form: sorted by code point, LF, one final newline."""
    tables = {name: value for name, value in lock.extra.items() if isinstance(value, Mapping)}
    values = {name: value for name, value in lock.extra.items() if name not in tables}
    blocks = [HEADER + "".join(_lines(values))]
    blocks += [_block(("images", key), _fields(pin)) for key, pin in lock.pins.items()]
    blocks += [_candidate(key, one) for key, candidates in lock.pending.items() for one in candidates]
    for name in sorted(tables):
        blocks += _tables(name, tables[name])
    return "\n".join((*blocks, FOOTER))


def render_merged(merged: MergedLock) -> str:
    """Return a merged lock in its normal form, with git's markers around what clashes in an entry."""
    text = render_lock(merged.lock)
    for clash in merged.clashes:
        header = _block(("images", clash.key), ())
        ours, theirs = ("".join(_fields(pin)) for pin in (clash.ours, clash.theirs))
        text = text.replace(header + ours, f"{header}<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n", 1)
    return text


def _fields(pin: Pin) -> Iterator[str]:
    yield f"digest = {quote(str(pin.digest))}\n"
    if pin.media_type is not None:
        yield f"media-type = {quote(pin.media_type)}\n"
    if pin.platforms is not None:
        yield f"platforms = {_value([str(one) for one in pin.platforms])}\n"
    yield from _lines(pin.extra)


def _candidate(key: str, candidate: Candidate) -> str:
    """Return a table of an array: a tag that is rebuilt each day has as many as it takes until one is old enough."""
    fields = f"digest = {quote(str(candidate.digest))}\nseen = {candidate.seen.isoformat()}\n"
    return f"[[pending.{quote(key)}]]\n{fields}" + "".join(_lines(candidate.extra))


def _tables(name: str, table: Mapping[str, object]) -> Iterator[str]:
    """Yield a table that is not ours, with one more level of tables below it."""
    below = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    values = {key: value for key, value in table.items() if key not in below}
    if values or not below:
        yield _block((name,), _lines(values))
    for key in sorted(below):
        yield _block((name, key), _lines(below[key]))


def _block(route: tuple[str, ...], lines: Iterable[str]) -> str:
    # The key of an image is quoted even where it need not be: one pattern finds them all.
    header = f"images.{quote(route[1])}" if route[0] == "images" else format_route(route)
    return f"[{header}]\n" + "".join(lines)


def _lines(table: Mapping[str, object]) -> Iterator[str]:
    for key in sorted(table):
        yield f"{format_route((key,))} = {_value(table[key])}\n"


def _value(value: object) -> str:
    """Return any value that TOML has, on one line (TOML 1.0)."""
    match value:
        case str():
            return quote(value)
        case bool():
            return "true" if value else "false"
        case float() if math.isinf(value) or math.isnan(value):
            return str(value)
        case dt.date() | dt.time():  # a datetime is a date too
            return value.isoformat().replace("+00:00", "Z")
        case Mapping():
            pairs = (f"{format_route((key,))} = {_value(value[key])}" for key in sorted(value))
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return repr(value)
