"""Small projects on the disk."""

from __future__ import annotations

from pathlib import Path

from pinner.commands.project import Project, open_project
from pinner.lock.model import Lock, Pin
from pinner.lock.rendering import render_lock

MARKER = "version = 1\n"


def write(root: Path, **contents: str | bytes) -> None:
    """Write files by keyword; `__` is a folder, `_` a dot: `deploy__api_yaml` is `deploy/api.yaml`."""
    for name, content in contents.items():
        file = root / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def write_lock(root: Path, *pins: Pin) -> str:
    """Write a lockfile and return its text."""
    text = render_lock(Lock.of(pins))
    (root / "pinner.lock").write_text(text, encoding="utf-8")
    return text


def project_at(root: Path, warnings: list[str] | None = None) -> Project:
    """Open the project at `root`, which gets a marker of its own."""
    marker = root / "pinner.toml"
    if not marker.exists():
        marker.write_text(MARKER, encoding="utf-8")
    return open_project((root,), warn=(warnings if warnings is not None else []).append)
