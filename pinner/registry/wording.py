"""Words for people about what a registry said; everything it sent is hostile text (SEC-15). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from pinner.oci.words import sanitised

_MINUTE: Final = 60
_HOUR: Final = 3600


def duration(seconds: float) -> str:
    """Return a length of time in the largest unit that it has two of: `90 seconds`, `2 minutes`, `1.5 hours`."""
    if seconds >= _HOUR:
        return f"{round(seconds / _HOUR, 1):g} hour{'' if seconds == _HOUR else 's'}"
    return f"{seconds / _MINUTE:.0f} minutes" if seconds >= 2 * _MINUTE else f"{seconds:.0f} seconds"


def error_codes(content: bytes) -> tuple[str, ...]:
    """Return the codes of a registry's error document (distribution-spec, "Error codes"); anything else has none."""
    return tuple(code for code, _ in _errors(content))


def error_text(content: bytes, hidden: Iterable[str] = ()) -> str:
    """Return what the registry said, ready to be shown, or an empty text for pages and noise.

    `hidden` are the secrets of the request: some servers repeat what they refuse (SEC-29).
    """
    parts = [": ".join(part for part in (code, message) if part) for code, message in _errors(content)]
    return sanitised(masked("; ".join(part for part in parts if part), hidden))


def masked(text: str, hidden: Iterable[str]) -> str:
    """Return a text without these secrets; before it is cut, so that no half of one is left."""
    for secret in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _errors(content: bytes) -> list[tuple[str, str]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    entries = document.get("errors")
    if not isinstance(entries, list):
        # Token servers say it in other words: {"details": "incorrect username or password"}.
        entries = [{"message": document.get(key)} for key in ("details", "error_description", "message", "error")]
        entries = [entry for entry in entries if isinstance(entry["message"], str)][:1]
    return [
        (str(entry.get("code") or ""), str(entry.get("message") or ""))
        for entry in entries[:4]
        if isinstance(entry, dict)
    ]
