"""The candidates of a lockfile, read strictly: `[[pending."<key>"]]`, or one `[pending."<key>"]`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from pinner.errors import InputError
from pinner.lock.fields import check_key, read_digest, read_table
from pinner.lock.model import Candidate
from pinner.syntax.toml_places import Route, TomlDocument, show

_FIELDS: Final = frozenset({"digest", "seen"})
_AGAIN: Final = "delete the candidate: `pinner update --min-age` finds it again, and counts its age anew"


def read_candidates(document: TomlDocument, problems: list[InputError]) -> list[tuple[Route, Candidate]]:
    """Return each candidate with its place; what is wrong with one goes to `problems`.

    Raise `LockError` where there are no tables at all.
    """
    found: list[tuple[Route, Candidate]] = []
    for key, value in read_table(document, ("pending",), document.content.get("pending", {})).items():
        try:
            check_key(document, ("pending", key), key)
            found += [(route, _read_candidate(document, route, one)) for route, one in _tables(document, key, value)]
        except InputError as problem:
            problems.append(problem)
    return found


def _tables(document: TomlDocument, key: str, value: object) -> Iterator[tuple[Route, Mapping[str, object]]]:
    """Yield the tables of a key with their places."""
    where: Route = ("pending", key)
    if not isinstance(value, list):
        yield where, read_table(document, where, value)
        return
    for index, one in enumerate(value):
        yield (*where, index), read_table(document, (*where, index), one)


def _read_candidate(document: TomlDocument, route: Route, table: Mapping[str, object]) -> Candidate:
    return Candidate(
        digest=read_digest(document, route, table, hint=_AGAIN),
        seen=_read_day(document, route, table),
        extra={name: value for name, value in table.items() if name not in _FIELDS},
    )


def _read_day(document: TomlDocument, route: Route, table: Mapping[str, object]) -> dt.date:
    if "seen" not in table:
        raise document.problem(route, "seen is missing", hint=_AGAIN)
    seen = table["seen"]
    # A point in time is a date for Python; it has an hour, which would differ from clone to clone.
    if isinstance(seen, dt.datetime) or not isinstance(seen, dt.date):
        message = f"must be a day such as 2026-11-20, not {_show(seen)}"
        raise document.problem((*route, "seen"), message, hint=_AGAIN)
    return seen


def _show(value: object) -> str:
    """Return a value for a message, points in time as TOML writes them."""
    return value.isoformat() if isinstance(value, dt.datetime | dt.time) else show(value)
