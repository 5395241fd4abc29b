"""The files of a project, each under one name: that of the file itself, or of a link where only that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from pinner.commands.project import Project
from pinner.errors import SourceError
from pinner.formats import candidates, detect
from pinner.text import Source
from pinner.workspace.listing import Listed


def list_files(
    project: Project, paths: Sequence[Path] = (), *, accepts: Callable[[str], bool] | None = None
) -> Iterator[Listed]:
    """Yield the files at `paths`, or of the whole tree, that the configuration takes, or that `accepts` does.

    Raise `UsageError` for a path that is missing or outside the root.
    """
    return project.workspace.list_files(
        paths, accepts=accepts or project.config.paths.accepts, rank=partial(_rank, project)
    )


def _rank(project: Project, path: str) -> int:
    """Return how well a file is known under this name: 2 to a format, 1 to the project's rules alone, 0 to nobody."""
    if not project.config.paths.accepts(path):
        return 0
    is_ruled = bool(project.config.context.rules_for(path))
    if not candidates(path):
        return int(is_ruled)
    try:
        source = Source.decode(path, project.workspace.read(path))
    except SourceError:
        return 2  # whoever looks for images in it will say so
    return int(is_ruled) if detect(source) is None else 2
