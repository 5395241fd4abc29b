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

from pinner.commands.project import Project
from pinner.context import Context, Family
from pinner.errors import SourceError
from pinner.formats import detect, including_formats, is_named, load_format
from pinner.formats.table import FORMATS
from pinner.text import Source
from pinner.workspace.listing import Listed, ListedFile

_WILD: Final = re.compile(r"\*+|\?")


def context_of(project: Project, listed: Sequence[Listed], paths: Sequence[Path]) -> Context:
    """Return the project's context with the families of files in it.

    They are those of the whole tree, also where only some `paths` were asked for: a file belongs to its pipeline
    whoever looks at it.
    """
    context = project.config.context
    names = {one.path for one in listed if isinstance(one, ListedFile)}
    if not project.is_whole(paths):
        entries = (entry for one in including_formats() for entry in FORMATS[one].entries)
        if not any(project.workspace.find_above(entry, entry) for entry in entries):
            return context
        everything = project.workspace.list_files(accepts=project.config.paths.accepts)
        names |= {one.path for one in everything if isinstance(one, ListedFile)}
    families = (
        Family(one, tuple(sorted(_members(project, one, sorted(names)), key=lambda source: source.path)))
        for one in including_formats()
    )
    return replace(context, families=tuple(family for family in families if family.sources))


def _members(project: Project, module: str, names: Sequence[str]) -> tuple[Source, ...]:
    """Return the files that have the format's name, and those that they take in, by path."""
    queue = [name for name in names if is_named(module, name)]
    if not queue:
        return ()
    one = load_format(module)
    assert one.included is not None, "only such formats are asked"
    members: list[Source] = []
    known = set(queue)
    waiting = set(names) - known
    while queue:
        name = queue.pop()
        source = _read(project, name)
        if source is None or (name in known and detect(source) is not one):
            continue
        members.append(source)
        named = _named(one.included(source), waiting)
        waiting -= named
        queue += named
    return tuple(sorted(members, key=lambda source: source.path))


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
