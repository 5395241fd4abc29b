"""One file a kind of manifest: which files it takes, and where image references stand in them.

The table is ordered: the most particular name comes first, and the first format that takes a file has it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import Final

from pinner.formats.base import Format
from pinner.text import Source

FORMATS: Final = ("dockerfile", "compose", "gitlab_ci", "kubernetes")


@cache
def load_format(module: str) -> Format:
    """Return the format of one module of the table."""
    loaded: Format = import_module(f"pinner.formats.{module}").FORMAT
    return loaded


def candidates(path: str) -> tuple[Format, ...]:
    """Return the formats that may take a file of this name (POSIX), in order."""
    return tuple(one for one in map(load_format, FORMATS) if any(_matches(path, name) for name in one.filenames))


def detect(source: Source) -> Format | None:
    """Return the format that takes this file: by its name first, then by what stands in it."""
    for one in candidates(source.path):
        if one.needles and not any(needle in source.text for needle in one.needles):
            continue
        if one.is_ours is None or one.is_ours(source):
            return one
    return None


def _matches(path: str, pattern: str) -> bool:
    """Match a pattern against as many trailing parts of the path as it has itself."""
    parts = path.lower().split("/")[-1 - pattern.count("/") :]
    return fnmatchcase("/".join(parts), pattern)
