"""Which files are meant, by patterns of .gitignore.

Pure: a path is a text here, POSIX and relative to the root.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Final

from pinner.frozen import dataclass

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


# Each one more may take as many times as long as a name has letters: a pattern of a hundred stars never ends.
_MOST_STARS: Final = 4


@dataclass(frozen=True, slots=True)
class PathFilter:
    """Which paths are taken, by patterns of .gitignore: what `include` has, without what `exclude` has."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    _compiled: dict[str, GitIgnoreSpec] = field(default_factory=dict, init=False, repr=False, compare=False)

    def accepts(self, path: str) -> bool:
        """Return whether a POSIX path, relative to the root, is taken."""
        if self.include and not self._matches("include", self.include, path):
            return False
        return not (self.exclude and self._matches("exclude", self.exclude, path))

    def _matches(self, kind: str, patterns: tuple[str, ...], path: str) -> bool:
        if kind not in self._compiled:
            self._compiled[kind] = _compile(patterns)
        return self._compiled[kind].match_file(path)


def _compile(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """Raise `ValueError` or `re.error` for what is no pattern; `refuse_pattern` tells which."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - start-up: only where there are patterns

    # The simple back end is there on every machine, so that every machine takes the same files.
    return GitIgnoreSpec.from_lines(patterns, backend="simple")


def refuse_pattern(pattern: str) -> str | None:
    """Return why a pattern matches nothing, where it never does: in a list that is always a mistake."""
    if pattern.startswith("#"):
        return "is a comment; write \\# for a name that begins with it"
    if pattern.startswith(("./", "../")):
        return "never matches: patterns are relative to the root, without ./ and ../"
    parts = pattern.split("/")
    if parts.count("**") > _MOST_STARS or any(part.count("*") > _MOST_STARS for part in parts):
        return f"has too many wildcards: a name may have {_MOST_STARS} stars, and a pattern ** {_MOST_STARS} times"
    try:
        compiled = _compile((pattern,)).patterns
    except (ValueError, re.error) as error:
        return f"is not a pattern: {error}"
    return None if any(one.include is not None for one in compiled) else "never matches"
