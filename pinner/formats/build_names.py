"""The names in builds: what may be a stage, and what an image is called without its digest."""

from __future__ import annotations

from typing import Final

from pinner.patterns import compile_later

_STAGE_NAME: Final = compile_later(r"[a-z][a-z0-9_.-]*")


def bare_name(text: str) -> str:
    """Return what taking the digest away would leave of a reference; nothing where it has none."""
    name, has_digest, _ = text.partition("@")
    return name if has_digest else ""


def is_stage_name(text: str) -> bool:
    """Return whether a stage could have this name."""
    return _STAGE_NAME.fullmatch(text) is not None
