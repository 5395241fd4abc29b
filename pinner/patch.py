"""Patches that `git apply` takes: of texts line by line, of other files as a whole.

Nothing here may know a format, or read a file.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from pinner.patterns import compile_later

_NO_NEWLINE: Final = "\\ No newline at end of file\n"
_CONTEXT: Final = 3
_ESCAPED: Final = '"\\'
_UNQUOTABLE: Final = compile_later(r'["\\\x00-\x1f\x7f]')
# How many bytes stand in a line of a binary patch; the line's first letter counts them.
_BINARY_LINE: Final = 52
_LENGTHS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The lines taken out of the old text and the lines put into the new one.
_Change = tuple[range, range]


def unified_diff(path: str, before: str | None, after: str) -> str:
    """Return a patch that `git apply` takes, or an empty text; `before` is None for a new file.

    Lines end at LF only, as git counts them, so CRLF and CR stay in the lines.
    """
    if before == after:
        return ""
    old_path, new_path = _git_path(f"a/{path}"), _git_path(f"b/{path}")
    lines = [f"diff --git {old_path} {new_path}\n"]
    if before is None:
        lines.append("new file mode 100644\n")
    lines.append("--- /dev/null\n" if before is None else f"--- {_until_tab(old_path)}\n")
    lines.append(f"+++ {_until_tab(new_path)}\n")
    lines += _hunks(_diff_lines(before or ""), _diff_lines(after))
    return "".join(lines)


def binary_diff(path: str, before: bytes, after: bytes) -> str:
    """Return a patch of a file that git does not take for text, or an empty text.

    git wants the ids of both contents in full, and has both in the patch, so that it can be undone. (gitformat-patch)
    """
    if before == after:
        return ""
    old_path, new_path = _git_path(f"a/{path}"), _git_path(f"b/{path}")
    return (
        f"diff --git {old_path} {new_path}\nindex {_blob_id(before)}..{_blob_id(after)}\n"
        f"GIT binary patch\n{_literal(after)}{_literal(before)}"
    )


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _literal(content: bytes) -> str:
    packed = zlib.compress(content)
    pieces = (packed[at : at + _BINARY_LINE] for at in range(0, len(packed), _BINARY_LINE))
    lines = (f"{_LENGTHS[len(one) - 1]}{base64.b85encode(one, pad=True).decode()}\n" for one in pieces)
    return f"literal {len(content)}\n{''.join(lines)}\n"


def _git_path(path: str) -> str:
    """Quote a path as git does: letters outside ASCII stay, quotes and control characters do not."""
    if not _UNQUOTABLE.search(path):
        return path
    quoted = _UNQUOTABLE.sub(lambda found: f"\\{found[0] if found[0] in _ESCAPED else f'{ord(found[0]):03o}'}", path)
    return f'"{quoted}"'


def _until_tab(path: str) -> str:
    """Mark the end of a path that holds spaces, as git and patch expect."""
    return f"{path}\t" if " " in path and not path.startswith('"') else path


def _diff_lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()
    return [*lines, last[:-1]] if last != "\n" else lines


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield hunks; changes whose contexts would touch share one."""
    together: list[_Change] = []
    for change in _changes(old, new):
        if together and change[0].start - together[-1][0].stop > 2 * _CONTEXT:
            yield _hunk(together, old, new)
            together = []
        together.append(change)
    if together:
        yield _hunk(together, old, new)


def _hunk(changes: Sequence[_Change], old: Sequence[str], new: Sequence[str]) -> str:
    lead = min(_CONTEXT, changes[0][0].start)
    tail = min(_CONTEXT, len(old) - changes[-1][0].stop)
    at = changes[0][0].start - lead
    old_range = _range(at, changes[-1][0].stop + tail)
    new_range = _range(changes[0][1].start - lead, changes[-1][1].stop + tail)
    lines = [f"@@ -{old_range} +{new_range} @@\n"]
    for removed, added in changes:
        lines += _marked(" ", old[at : removed.start])
        lines += _marked("-", old[removed.start : removed.stop])
        lines += _marked("+", new[added.start : added.stop])
        at = removed.stop
    lines += _marked(" ", old[at : at + tail])
    return "".join(lines)


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    """Yield the ranges that differ: between the lines that stand once in both texts, as patience diff does it.

    The standard library's matcher takes minutes for a long file of similar lines.
    """
    i = j = 0
    for next_i, next_j in (*_anchors(old, new), (len(old), len(new))):
        yield from _changes_between(old, new, range(i, next_i), range(j, next_j))
        i, j = next_i, next_j


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest run of pairs of equal lines, each unique in its text, that goes forward in both."""
    places = _unique(new)
    pairs = [(i, places[line]) for line, i in _unique(old).items() if line in places]
    ends: list[int] = []
    runs: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs:
        at = bisect_left(ends, pair[1])
        before[pair] = runs[at - 1] if at else None
        ends[at : at + 1] = [pair[1]]
        runs[at : at + 1] = [pair]
    chain: list[tuple[int, int]] = []
    one = runs[-1] if runs else None
    while one is not None:
        chain.append(one)
        one = before[one]
    return chain[::-1]


def _unique(lines: Sequence[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {line: at for at, line in enumerate(lines) if counts[line] == 1}


def _changes_between(old: Sequence[str], new: Sequence[str], olds: range, news: range) -> Iterator[_Change]:
    """Yield what differs in a gap: line by line where both sides have as many, else all but the common ends."""
    if len(olds) == len(news):
        start: int | None = None
        for at, (i, j) in enumerate(zip(olds, news, strict=True)):
            if old[i] == new[j]:
                if start is not None:
                    yield olds[start:at], news[start:at]
                start = None
            elif start is None:
                start = at
        if start is not None:
            yield olds[start:], news[start:]
        return
    lead = _common(map(old.__getitem__, olds), map(new.__getitem__, news))
    olds, news = olds[lead:], news[lead:]
    tail = _common(map(old.__getitem__, reversed(olds)), map(new.__getitem__, reversed(news)))
    yield olds[: len(olds) - tail], news[: len(news) - tail]


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many lines agree from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _range(start: int, end: int) -> str:
    length = end - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}"
