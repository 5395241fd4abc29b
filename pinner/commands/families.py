"""Files that other files take in: pipelines of several files, whose parts may have any name.

A pipeline begins in a file that a format knows by its name, and names the others. What it names twice, in a circle, or
in vain does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from pinner.commands.listing import list_files
from pinner.commands.project import Project
from pinner.context import Context, Family
from pinner.errors import SourceError
from pinner.formats import detect, including_formats, is_named, load_format
from pinner.formats.base import Format
from pinner.formats.table import FORMATS
from pinner.patterns import compile_later
from pinner.text import Source
from pinner.workspace.listing import Listed, ListedFile

_WILD: Final = compile_later(r"\*+|\?")


def context_of(project: Project, listed: Sequence[Listed], paths: Sequence[Path]) -> Context:
    """Return the project's context with the families of files in it.

    They are those of the whole tree, also where only some `paths` were asked for: a file belongs to its pipeline
    whoever looks at it.
    """
    context = project.config.context
    asked = frozenset(one.path for one in listed if isinstance(one, ListedFile))
    names = asked
    if not project.is_whole(paths):
        entries = (entry for one in including_formats() for entry in FORMATS[one].entries)
        if not any(project.workspace.find_above(entry, entry) for entry in entries):
            return context
        names |= {one.path for one in list_files(project) if isinstance(one, ListedFile)}
    families = [_read_family(project, one, asked, sorted(names)) for one in including_formats()]
    return replace(context, families=tuple(family for family in families if family.sources))


def _read_family(project: Project, module: str, asked: frozenset[str], names: Sequence[str]) -> Family:
    """Return the files of a format that are read together; none where no file that is asked for can be one of them."""
    named = [name for name in names if is_named(module, name)]
    if asked.isdisjoint(named) and not _takes_in_others(project, module, named):
        return Family(module, ())
    return Family(module, _members(project, module, named, names))


def _takes_in_others(project: Project, module: str, named: Sequence[str]) -> bool:
    # A key may be written with escapes.
    signs = (FORMATS[module].includes, "\\")
    sources = (_read(project, name) for name in named)
    return any(sign in source.text for source in sources if source is not None for sign in signs)


def _members(project: Project, module: str, named: Sequence[str], names: Sequence[str]) -> tuple[Source, ...]:
    """Return the files that have the format's name, and those that they take in, by path."""
    queue = list(named)
    one = load_format(module)
    assert one.included is not None, "only such formats are asked"
    members: list[Source] = []
    known = set(queue)
    waiting = set(names) - known
    while queue:
        name = queue.pop()
        source = _read(project, name)
        if source is None or (name in known and not _is_taken(source, one)):
            continue
        members.append(source)
        taken = _named(one.included(source), waiting)
        waiting -= taken
        queue += taken
    return tuple(sorted(members, key=lambda source: source.path))


def _is_taken(source: Source, by: Format) -> bool:
    """Return whether a format takes a file that has its name; most have only the name, and it is asked first."""
    return (by.is_ours is None or by.is_ours(source)) and detect(source) is by


def _named(patterns: Iterable[str], names: set[str]) -> set[str]:
    """Return the names that patterns mean."""
    named: set[str] = set()
    for pattern in patterns:
        if _WILD.search(pattern):
            named |= set(filter(_translate(pattern), names))
        elif pattern in names:
            named.add(pattern)
    return named


@lru_cache(maxsize=64)
def _translate(pattern: str) -> Callable[[str], object]:
    """Return the test of a pattern: `*` is any letters but `/`, `**` is any letters."""
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*|\*|\?)", pattern)
    return re.compile("".join(wild.get(piece) or re.escape(piece) for piece in pieces), re.DOTALL).fullmatch


def _read(project: Project, path: str) -> Source | None:
    try:
        return Source.decode(path, project.workspace.read(path))
    except SourceError:
        # Whoever looks for images in it will say so.
        return None
