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

FORMATS: Final = (
    "dockerfile",
    "compose",
    "gitlab_ci",
    "github_actions",
    "circleci",
    "azure_pipelines",
    "bitbucket_pipelines",
    "drone",
    "woodpecker",
    "vela",
    "cloud_build",
    "buildkite",
    "travis",
    "pre_commit",
    "kubernetes",
)


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
    """Match a pattern against as many trailing parts of the path as it has; `/**/` is any folders, or none."""
    parts = path.lower().split("/")
    folder, deep, name = pattern.rpartition("/**/")
    name_start = max(len(parts) - 1 - name.count("/"), 0)
    if not fnmatchcase("/".join(parts[name_start:]), name):
        return False
    depth = folder.count("/") + 1
    return not deep or any(
        fnmatchcase("/".join(parts[start : start + depth]), folder) for start in range(name_start - depth + 1)
    )
