"""The chunks of a YAML text, and what their letters say of them before a parser is asked.

What is said here may be too much, never too little: a chunk is passed over only where it cannot hold what is wanted.
Every search begins with a letter or a word, so that it runs at the speed of `str.find`, and none costs more than
linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later

_DOCUMENT_START: Final = compile_later(r"---(?<![^\n]---)(?=[ \t\r\n]|\Z)")
_DIRECTIVE: Final = compile_later(r"%(?<![^\r\n\ufeff]%)")
_ESCAPE: Final = compile_later(r"\\[xuU/]")
_LINE_ESCAPE: Final = compile_later(r"\\[\r\n]")
# A key that is an alias, with the first letter of its anchor; these letters at anchors; and an explicit key.
_ALIAS: Final = compile_later(r"\*(?<![^\s,\[\]{}\ufeff]\*)([^\s,\[\]{}])[^\s,\[\]{}]*?\s*:")
_ANCHOR: Final = compile_later(r"&([^\s,\[\]{}])")
_EXPLICIT: Final = compile_later(r"\?(?<![^\s,\[\]{}\ufeff]\?)\s")
# What stands before a key on its line, as far as anybody looks back: what is longer may be blank as well.
_BEFORE_KEY: Final = compile_later(r"(?:\A|[\r\n\x85\u2028\u2029\ufeff,\[{])[ \t]*(?:[-?:][ \t]+)*\Z")
_LOOK_BACK: Final = 99
_LATE_COLON: Final = compile_later(r"[\r\n\x85\u2028\u2029][ \t]*:")
# Behind a key: a value that may be a scalar. Not where the next content line opens a sequence or a plain block mapping.
# Behind the colon of a quoted key no blank is needed (YAML 1.2.2, 7.4.2). What looks ahead is bounded; beyond the
# bounds a chunk counts as a candidate.
_NEXT_LINE: Final = r"(?:[ \t]{0,99}(?:\#[^\r\n\x85\u2028\u2029]{0,299})?[\r\n]){1,99}[ \t]{0,99}"
_FLOW: Final = (
    r"""(?:["']\s*:|\s*:(?=[\s"'\[\]{}&!*|>,?]|\Z))"""
    rf"(?!{_NEXT_LINE}(?:-[ \t\r\n]|[A-Za-z_$][\w./$-]{{0,99}}:[ \t\r\n]))"
)
# A block sequence, which may have an anchor.
_BLOCK: Final = rf"""["']?\s*:(?:[ \t]{{1,99}}&[^\s,\[\]{{}}]{{1,99}})?{_NEXT_LINE}-[ \t\r\n]"""
_SCALAR: Final = compile_later(_FLOW)
_LIST: Final = compile_later(f"(?:{_FLOW})|{_BLOCK}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The text from one document start to the next: always a complete stream of its own, as offsets of the source."""

    start: int
    end: int


def chunks(text: str) -> Iterator[Chunk]:
    """Split at lines that begin with `---`: such a line is no content anywhere in valid YAML (1.2.2, c-forbidden)."""
    # A parser passes over the first byte order mark of what it gets, and does not count it.
    start = len(text) - len(text.lstrip("\ufeff"))
    if "%" not in text or _DIRECTIVE.search(text) is None:
        for match in _DOCUMENT_START.finditer(text):
            if match.start() > start:
                yield Chunk(start, match.start())
                start = match.start()
    yield Chunk(start, len(text))


def is_template(chunk: str) -> bool:
    """Return whether a template may have to be rendered before a chunk is YAML."""
    return "{{" in chunk or ("%" in chunk and ("{%" in chunk or "<%" in chunk))


def may_hide_keys(chunk: str) -> bool:
    """Return whether a key may be written so that nothing else here finds it: who looks for one takes the chunk.

    It has escapes, or is an alias, or is explicit, with a comment before its colon or folded over several lines. Of a
    template nobody knows what it writes before such signs, and behind them.
    """
    if "\\" in chunk and _ESCAPE.search(chunk):
        return True
    aliases, explicit = list(_ALIAS.finditer(chunk)), _EXPLICIT.search(chunk)
    if not aliases and explicit is None:
        return False
    if is_template(chunk):
        return True
    letters = {found[1] for found in aliases if _is_at_key(found)}
    if not letters.isdisjoint(_ANCHOR.findall(chunk) if letters else ()):
        return True
    is_explicit = any(map(_is_at_key, _EXPLICIT.finditer(chunk)))
    return is_explicit and any(pattern.search(chunk) for pattern in (_LATE_COLON, _LINE_ESCAPE))


def _is_at_key(found: re.Match[str]) -> bool:
    return _BEFORE_KEY.search(found.string[max(0, found.start() - _LOOK_BACK) : found.start()]) is not None


def may_hold_scalar(chunk: str, keys: Iterable[str]) -> bool:
    """Return whether one of `keys` may have a scalar or a flow collection, if it is not hidden."""
    return _may_stand_behind(_SCALAR, chunk, keys)


def may_hold_list(chunk: str, keys: Iterable[str]) -> bool:
    """Return whether one of `keys` may have a sequence, if it is not hidden."""
    return _may_stand_behind(_LIST, chunk, keys)


def _may_stand_behind(what: re.Pattern[str], chunk: str, keys: Iterable[str]) -> bool:
    for key in keys:
        at = chunk.find(key)
        while at >= 0:
            behind = at + len(key)
            if what.match(chunk, behind):
                return True
            at = chunk.find(key, at + 1)
    return False
