"""Read parts of a document that came from outside; a mistake is named with its place, never with its value."""

from __future__ import annotations

from collections.abc import Mapping

from pinner.errors import ConfigError


def read_table(value: object, where: str) -> Mapping[str, object]:
    """Return an object of JSON; raise `ConfigError` for anything else."""
    if not isinstance(value, dict):
        message = f"{where}: not a JSON object"
        raise ConfigError(message)
    return value


def read_text(value: object, where: str) -> str:
    """Return a text; raise `ConfigError` for anything else."""
    if not isinstance(value, str):
        message = f"{where}: not a text"
        raise ConfigError(message)
    return value
