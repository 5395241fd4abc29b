"""Where a work tree begins, and where its configuration stands."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from pinner.errors import ConfigError, SourceError, UsageError
from pinner.patterns import compile_later
from pinner.text import Source
from pinner.workspace.listing import relative_inside
from pinner.workspace.reading import MAXIMUM_SETTINGS_SIZE, read_regular

CONFIG_NAMES: Final = ("pinner.toml", ".pinner.toml")
PYPROJECT: Final = "pyproject.toml"
LOCK_NAME: Final = "pinner.lock"
_TABLE: Final = ("tool", "pinner")
_HEADER: Final = compile_later(rb"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*pinner[ \t]*[.\]]", re.MULTILINE)


class ConfigText(NamedTuple):
    """A configuration that was found; `table` is where it stands in the file."""

    path: str
    text: str
    table: tuple[str, ...]


def find_root(start: Path) -> Path:
    """Return the nearest folder from `start` upward that has a configuration, a lockfile or a `.git`.

    Where there is none, it is the current folder if `start` lies in it, otherwise `start` or the folder of that file.
    """
    folder = start.resolve() if start.is_dir() else start.parent.resolve()
    for one in (folder, *folder.parents):
        if _is_root(one):
            return one
    current = Path.cwd().resolve()
    return current if folder.is_relative_to(current) else folder


def find_config(root: Path) -> ConfigText | None:
    """Return the configuration of a work tree.

    Raise `ConfigError` where two files claim to be it, `SourceError` where it is a link that leaves the tree: its
    errors would show the lines of a foreign file.
    """
    found = [name for name in CONFIG_NAMES if (root / name).exists()]
    if len(found) > 1:
        message = f"{' and '.join(found)} are both there"
        raise ConfigError(message, hint="keep one of them, or name it with --config")
    if found:
        return _read_inside(root, found[0], ())
    if _has_table(root / PYPROJECT):
        return _read_inside(root, PYPROJECT, _TABLE)
    return None


def read_named_config(file: Path) -> ConfigText:
    """Return the configuration that the user named; raise `UsageError` where there is none."""
    if not file.is_file():
        message = f"{str(file)!r} is not a file"
        raise UsageError(message, hint="--config takes the path of a configuration file")
    return _read(file, file.as_posix(), _TABLE if file.name == PYPROJECT else ())


def _is_root(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*CONFIG_NAMES, LOCK_NAME, ".git")) or _has_table(
        folder / PYPROJECT
    )


def _read_inside(root: Path, name: str, table: tuple[str, ...]) -> ConfigText:
    if relative_inside(Path(os.path.realpath(root)), Path(os.path.realpath(root / name))) is None:
        message = f"{name}: leads out of the work tree"
        raise SourceError(message, hint="replace the link by the file, or name the file with --config")
    return _read(root / name, name, table)


def _read(file: Path, path: str, table: tuple[str, ...]) -> ConfigText:
    return ConfigText(path, Source.decode(path, _read_settings(file, path)).text, table)


def _read_settings(file: Path, path: str) -> bytes:
    return read_regular(Path(os.path.realpath(file)), path, limit=MAXIMUM_SETTINGS_SIZE)


def _has_table(file: Path) -> bool:
    """Return whether a pyproject.toml has our table; one that is broken counts if it looks like it."""
    try:
        content = _read_settings(file, PYPROJECT)
    except SourceError:  # a device or a pipe would never end (SEC-31)
        return False
    if b"pinner" not in content:
        return False
    import tomllib  # noqa: PLC0415 - start-up: most pyproject files never name pinner

    try:
        tool = tomllib.loads(content.decode()).get("tool")
    except (ValueError, RecursionError):
        return _HEADER.search(content) is not None
    return isinstance(tool, dict) and "pinner" in tool
