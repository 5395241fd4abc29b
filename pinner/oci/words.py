"""Texts that strangers wrote, as one line that may be shown (SEC-15)."""

from __future__ import annotations

import unicodedata
from typing import Final

from pinner.patterns import compile_later

LONGEST_TEXT: Final = 512
_SPACES: Final = compile_later(r"\s+")
# Cc control, Cf format (bidi overrides, zero width), Cn unassigned, Co private use, Cs surrogates, Zl, Zp separators.
_REMOVED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def sanitised(text: str) -> str:
    """Return one line of at most 512 visible letters, without control, bidi and zero-width characters."""
    flat = _SPACES.sub(" ", text[: LONGEST_TEXT * 4])
    visible = "".join(letter for letter in flat if unicodedata.category(letter) not in _REMOVED).strip()
    return visible if len(visible) <= LONGEST_TEXT else visible[: LONGEST_TEXT - 1] + "…"
