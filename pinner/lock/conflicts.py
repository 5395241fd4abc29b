"""Conflict markers in a lockfile: the sides that git could not join.

(git-merge, "HOW CONFLICTS ARE PRESENTED"; the three styles `merge`, `diff3` and `zdiff3`)
"""

from __future__ import annotations

import re
from typing import Final

from pinner.errors import LockError
from pinner.frozen import dataclass
from pinner.patterns import compile_later

_MARKER: Final = compile_later(r"^(?P<sign><{7}|\|{7}|={7}|>{7})(?:[ \t][^\n]*)?\r?$", re.MULTILINE)
_HEADER: Final = compile_later(r'\[\[?(?:images|pending)\."(?P<key>[^"\\]+)"\]')
_LINE: Final = compile_later(r"[^\n]*\n|[^\n]+")
_RESTORE: Final = "a marker was lost: take the file from one of the branches, then run `pinner lock resolve` again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What a text with conflicts says on each side; `base` is None where the markers do not tell."""

    ours: str
    theirs: str
    base: str | None


def find_conflict(text: str) -> int | None:
    """Return the line of the first conflict marker in a text, counted from 1; None where there is none."""
    marker = _MARKER.search(text)
    return None if marker is None else text.count("\n", 0, marker.start()) + 1


def list_conflicts(text: str) -> tuple[tuple[int, str], ...]:
    """Return the line of each conflict, and the key of the entry in which it begins; an empty one between entries.

    Where only other markers are left, the first of them counts.
    """
    found: list[tuple[int, str]] = []
    first = find_conflict(text)
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header or not line.strip():
            key = header["key"] if header else ""
        elif line.startswith("<<<<<<<") and _MARKER.match(line):
            found.append((number, key))
    return tuple(found) or (() if first is None else ((first, ""),))


def split_sides(text: str, path: str) -> Sides:
    """Return the sides of a text with conflicts; raise `LockError` with `path:line` where a marker is missing."""
    sides: dict[str, list[str]] = {"ours": [], "base": [], "theirs": []}
    into: tuple[str, ...] = tuple(sides)
    seen = ""
    has_base = True
    for number, line in enumerate(_LINE.findall(text), 1):
        marker = _MARKER.match(line)
        if marker is None:
            for side in into:
                sides[side].append(line)
            continue
        seen += marker["sign"][0]
        if seen not in {"<", "<|", "<|=", "<=", "<|=>", "<=>"}:
            message = f"{path}:{number}: a conflict marker that fits to no other one"
            raise LockError(message, hint=_RESTORE)
        has_base = has_base and seen != "<="
        into = {"<": ("ours",), "|": ("base",), "=": ("theirs",), ">": tuple(sides)}[seen[-1]]
        seen = "" if seen.endswith(">") else seen
    if seen:
        message = f"{path}: the last conflict has no end"
        raise LockError(message, hint=_RESTORE)
    ours, base, theirs = ("".join(sides[side]) for side in ("ours", "base", "theirs"))
    return Sides(ours=ours, theirs=theirs, base=base if has_base else None)
