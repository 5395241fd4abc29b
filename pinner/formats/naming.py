"""Which formats know a name. Trees have many files: each costs two look-ups, and a search for words of patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

# `*.yaml`: every file with this ending.
_ENDING: Final = re.compile(r"\*(\.[^.*?/]+)")
_WILD: Final = re.compile(r"[*?/]")
_WORD: Final = re.compile(r"[a-z]+")


class Naming:
    """Formats by the names of their files."""

    def __init__(self, filenames: Mapping[str, Sequence[str]]) -> None:
        """Read the patterns of each format, which stand in the order of the formats."""
        self._order = tuple(filenames)
        self._by_ending: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, tuple[str, ...]] = {}
        # By the longest word of a pattern, which a path must hold.
        self._by_word: dict[str, tuple[tuple[str, str], ...]] = {}
        for one, patterns in filenames.items():
            for pattern in patterns:
                self._add(one, pattern)

    def formats_of(self, path: str) -> tuple[str, ...]:
        """Return the formats that know the name of a file (lowercase, POSIX), in order."""
        name = path.rpartition("/")[2]
        by_ending = self._by_ending.get(name[name.rfind(".") :], ())
        by_name = self._by_name.get(name, ())
        found = [patterns for word, patterns in self._by_word.items() if word in path]
        if not by_name and not found:
            return by_ending
        by_pattern = (one for patterns in found for one, pattern in patterns if matches(pattern, path))
        known = {*by_ending, *by_name, *by_pattern}
        return tuple(one for one in self._order if one in known)

    def _add(self, one: str, pattern: str) -> None:
        ending = _ENDING.fullmatch(pattern)
        if ending is not None:
            self._by_ending[ending[1]] = (*self._by_ending.get(ending[1], ()), one)
        elif _WILD.search(pattern) is None:
            self._by_name[pattern] = (*self._by_name.get(pattern, ()), one)
        else:
            word = max(_WORD.findall(pattern), key=len)
            self._by_word[word] = (*self._by_word.get(word, ()), (one, pattern))


def matches(pattern: str, path: str) -> bool:
    """Return whether a pattern matches as many trailing parts of a path as it has; `/**/` is any folders, or none."""
    return _compile(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    translated = re.escape(pattern).replace(r"/\*\*/", "/(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(rf"(?:.*/)?{translated}", re.DOTALL)
