"""Regular expressions that are compiled when they are first used: start-up is a feature, and most runs need few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

__all__ = ["compile_later"]


class _Later:
    """Stands for a pattern, and has what it has."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._written = (pattern, flags)

    def __getattr__(self, name: str) -> object:
        value = getattr(re.compile(*self._written), name)
        # From now on it is found here, as fast as in a pattern.
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    from re import compile as compile_later
else:
    compile_later = _Later
