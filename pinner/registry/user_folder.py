"""Where a user's configuration stands (XDG base directory specification)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def config_folder(environ: Mapping[str, str]) -> Path | None:
    """Return `$XDG_CONFIG_HOME`, which must be absolute to count, or else `~/.config`; None without a home."""
    home, xdg = environ.get("HOME"), environ.get("XDG_CONFIG_HOME")
    if xdg and Path(xdg).is_absolute():
        return Path(xdg)
    return Path(home, ".config") if home else None
