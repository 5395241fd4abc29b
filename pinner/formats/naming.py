"""Which formats know a name. Trees have many files: each costs two look-ups, and a search for words of patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pinner.patterns import compile_later

# `*.yaml`: every file with this ending.
_ENDING: Final = compile_later(r"\*(\.[^.*/]+)")
_WILD: Final = compile_later(r"[*/]")
_WORD: Final = compile_later(r"[a-z]+")


class Naming:
    """Formats by the names of their files."""

    def __init__(self, filenames: Mapping[str, Sequence[str]]) -> None:
        """Read the patterns of each format, which stand in the order of the formats."""
        self._order = tuple(filenames)
        self._by_ending: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, tuple[str, ...]] = {}
        # By the longest word of a pattern, which a path must hold; with the letters in which it must end.
        self._by_word: dict[str, tuple[tuple[str, str, str], ...]] = {}
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
        likely = (row for patterns in found for row in patterns if path.endswith(row[2]))
        by_pattern = (one for one, pattern, _ in likely if matches(pattern, path))
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
            self._by_word[word] = (*self._by_word.get(word, ()), (one, pattern, pattern.rpartition("*")[2]))


def matches(pattern: str, path: str) -> bool:
    """Return whether a pattern matches as many trailing parts of a path as it has.

    `*` is any letters of a part; `/**/`, which may stand there once, is any folders, or none.
    """
    folders, _, name = pattern.rpartition("/**/")
    parts, last = path.split("/"), name.split("/")
    above, below = parts[: -len(last)], parts[-len(last) :]
    if not _are_like(last, below):
        return False
    wanted = folders.split("/")
    return not folders or any(_are_like(wanted, above[at : at + len(wanted)]) for at in range(len(above)))


def _are_like(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    return len(patterns) == len(parts) and all(map(_is_like, patterns, parts))


def _is_like(pattern: str, part: str) -> bool:
    """Return whether a part of a path is a pattern in which `*` is any letters; no expression is compiled for it."""
    start, *middle, end = pattern.split("*") if "*" in pattern else ("", pattern)
    if "*" not in pattern or len(part) < len(start) + len(end):
        return part == pattern
    at, stop = len(start), len(part) - len(end)
    for text in middle:
        at = part.find(text, at, stop) + len(text)
        if at < len(text):
            return False
    return part.startswith(start) and part.endswith(end)
