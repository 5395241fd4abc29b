"""Conflict markers in a lockfile: the sides that git could not join, read and written.

(git-merge, "HOW CONFLICTS ARE PRESENTED"; the three styles `merge`, `diff3` and `zdiff3`)
"""

from __future__ import annotations

from typing import Final

from pinner.errors import LockError
from pinner.frozen import dataclass
from pinner.lock.merging import MergedLock
from pinner.lock.rendering import render_lock, render_pin
from pinner.patterns import compile_later

_MARKER: Final = compile_later(r"(?P<sign><{7}|\|{7}|={7}|>{7})(?:[ \t].*)?\r?\n?")
_RESTORE: Final = "a marker was lost: take the file from one of the branches, then run `pinner lock resolve` again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What a text with conflicts says on each side; `base` is None where the markers do not tell."""

    ours: str
    theirs: str
    base: str | None


def has_conflicts(text: str) -> bool:
    """Return whether a line of the text is a conflict marker."""
    return any(_MARKER.fullmatch(line) for line in text.splitlines(keepends=True))


def split_sides(text: str, path: str) -> Sides:
    """Return the sides of a text with conflicts; raise `LockError` with `path:line` where a marker is missing."""
    sides: dict[str, list[str]] = {"ours": [], "base": [], "theirs": []}
    into: tuple[str, ...] = tuple(sides)
    seen = ""
    has_base = True
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        marker = _MARKER.fullmatch(line)
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


def render_merged(merged: MergedLock, *, ours: str = "ours", theirs: str = "theirs") -> str:
    """Return a merged lock as text: in its normal form, with markers around each entry that clashes."""
    text = render_lock(merged.lock)
    for clash in merged.clashes:
        mine, other = render_pin(clash.ours), render_pin(clash.theirs)
        header = mine[: mine.index("\n") + 1]
        fields = (one.removeprefix(header) for one in (mine, other))
        both = f"<<<<<<< {ours}\n{next(fields)}=======\n{next(fields)}>>>>>>> {theirs}\n"
        text = text.replace(mine, header + both, 1)
    return text
