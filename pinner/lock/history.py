"""Which digests a lockfile has had, read from the patches of its commits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.patterns import compile_later

# What stands in front of the name of each commit; no line of a patch begins with it.
COMMIT_MARK: Final = "\x01"
_ENTRY: Final = compile_later(r'^[ +]\[images\."(?P<key>[^"\\]+)"\]$')
_DIGEST: Final = compile_later(r'^\+digest = "(?P<digest>[^"\\]+)"$')


def recorded_in(patches: str) -> dict[tuple[str, str], str]:
    """Return the commit that recorded each digest for each key, the first one where several did.

    `patches` has the newest commit first, each behind a line with its mark and name, with at least one line of context.
    """
    return {(key, digest): commit for commit, key, digest in _added_in(patches)}


def _added_in(patches: str) -> Iterator[tuple[str, str, str]]:
    commit = key = ""
    # What else ends a line in Unicode could begin one with the mark.
    for line in patches.split("\n"):
        if line.startswith(COMMIT_MARK):
            commit, key = line.removeprefix(COMMIT_MARK), ""
        elif line.startswith("@@") or line[1:2] == "[":
            entry = _ENTRY.match(line)
            key = entry["key"] if entry else ""
        elif (added := _DIGEST.match(line)) and key:
            yield commit, key, added["digest"]
