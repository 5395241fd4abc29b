"""From the value of a YAML scalar to the letters of the source, one by one.

A value that the source does not hold letter by letter (folded lines) has no such map: then the answer is None, and
nobody edits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Node

_PROPERTY: Final = compile_later(r"(?:[ \t\r\n]+|\#[^\r\n]*|!<[^>\s]*>|[&!][^\s,\[\]{}\"']*)")
_BLOCK_HEADER: Final = compile_later(r"[|>][0-9+-]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
_LINE: Final = compile_later(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_LINE_TEXT: Final = compile_later(r"[^\r\n]*")
_FOLD: Final = compile_later(r"\\(?:\r\n|\r|\n)[ \t]*")
_NAMED: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
# What may stand between the colon and what comes next where a value is missing.
_MISSING: Final = compile_later(r"(?P<colon>:)(?=(?:[ \t]*(?:\#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t]*\Z)")
_LOOK_BACK: Final = 4000
_HEX_LENGTHS: Final = {"x": 2, "u": 4, "U": 8}
# What YAML 1.1 (libyaml, Helm, Compose) or YAML 1.2 reads as null, boolean, number or date when it stands plain.
_NON_STRING: Final = compile_later(
    r"(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N)?"
    r"|[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*)"
    r"|[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+|[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    re.ASCII,
)
_NON_STRING_TAGS: Final = {
    f"tag:yaml.org,2002:{name}" for name in ("binary", "bool", "float", "int", "null", "timestamp")
}

_Decode = Callable[[str, int, int], tuple[str, int] | None]


def scalar_text(node: Node) -> str:
    """Return the value without the line breaks that block scalars end with."""
    return node.value.rstrip("\n") if node.style in ("|", ">") else node.value


def is_string(node: Node) -> bool:
    """Return whether every consumer reads this scalar as a string: `1.10` and `~` are none (YAML 1.1, 1.2)."""
    if node.is_plain and not node.style:
        return is_plain_string(node.value)
    return node.tag not in _NON_STRING_TAGS


def is_plain_string(value: str) -> bool:
    """Return whether every consumer reads a value as a string where it stands without quotes."""
    return _NON_STRING.fullmatch(value) is None


def value_offsets(text: str, node: Node) -> Sequence[int] | None:
    """Return where each letter of `scalar_text(node)` begins in `text`, and where the last one ends; or None."""
    value = scalar_text(node)
    if node.style == "":
        start = node.end - len(value)
        return range(start, node.end + 1) if start >= node.start and text[start : node.end] == value else None
    start = _skip_properties(text, node)
    if node.style in ("|", ">"):
        return _block_offsets(text, start, node.end, value)
    if text[start : start + 1] != node.style or text[node.end - 1] != node.style:
        return None
    return _quoted_offsets(text, (start + 1, node.end - 1), node.style, value)


def is_missing(node: Node) -> bool:
    """Return whether nothing stands where a plain value belongs."""
    return node.value == "" and node.style == ""


def missing_value_offsets(text: str, node: Node) -> Sequence[int] | None:
    """Return the place of a plain value that is missing, directly behind the colon; None where a property stands there.

    libyaml places it there, ruamel.yaml at whatever comes next.
    """
    before = _MISSING.search(text, max(node.start - _LOOK_BACK, 0), node.start)
    return (before.end("colon"),) if before is not None and node.start == node.end else None


def _skip_properties(text: str, node: Node) -> int:
    at = node.start
    while (match := _PROPERTY.match(text, at, node.end)) is not None:
        at = match.end()
    return at


def _block_offsets(text: str, start: int, end: int, value: str) -> Sequence[int] | None:
    header = _BLOCK_HEADER.match(text, start, end)
    if header is None:
        return None
    lines = [match for match in _LINE.finditer(text, header.end(), end) if match.group().strip()]
    if len(lines) == 1 and lines[0].group().strip() == value:
        first = lines[0].start() + lines[0].group().find(value)
        return range(first, first + len(value) + 1)
    return _literal_offsets(text, header.end(), end, value) if lines and text[start] == "|" else None


def _literal_offsets(text: str, start: int, end: int, value: str) -> Sequence[int] | None:
    """Map the lines of a literal scalar: each stands in the source behind the same indentation."""
    offsets: list[int] = []
    indent: int | None = None
    at = start
    for line in value.split("\n"):
        written = _LINE_TEXT.match(text, at, end)
        assert written is not None, "it matches nothing, too"
        if line and indent is None:
            indent = len(written.group()) - len(line)
        first = at + (indent or 0) if line else written.end()
        if text[first : written.end()] != line or text[at:first].strip(" "):
            return None
        offsets += range(first, written.end() + 1)
        at = written.end() + (2 if text.startswith("\r\n", written.end()) else 1)
    return tuple(offsets)


def _quoted_offsets(text: str, span: tuple[int, int], quote: str, value: str) -> Sequence[int] | None:
    start, end = span
    if text[start:end] == value:
        return range(start, end + 1)
    decode: _Decode = _decode_double if quote == '"' else _decode_single
    offsets: list[int] = []
    letters: list[str] = []
    at = last_end = start
    while at < end:
        step = decode(text, at, end)
        if step is None:
            return None
        letter, length = step
        at += length
        if letter:
            letters.append(letter)
            offsets.append(at - length)
            last_end = at
    return (*offsets, last_end) if "".join(letters) == value else None


def _decode_single(text: str, at: int, end: int) -> tuple[str, int] | None:
    if text[at] in "\r\n":
        return None
    return ("'", 2) if text.startswith("''", at) and at + 2 <= end else (text[at], 1)


def _decode_double(text: str, at: int, end: int) -> tuple[str, int] | None:
    """Return the next letter and how long it is written; an escaped line break is no letter (1.2.2, 7.3.1)."""
    if text[at] in "\r\n":
        return None
    if text[at] != "\\":
        return text[at], 1
    fold = _FOLD.match(text, at, end)
    if fold is not None:
        return "", fold.end() - at
    name = text[at + 1 : at + 2]
    length = _HEX_LENGTHS.get(name)
    if length is None:
        letter = _NAMED.get(name)
        return (letter, 2) if letter is not None else None
    try:
        return chr(int(text[at + 2 : at + 2 + length], 16)), 2 + length
    except (ValueError, OverflowError):
        return None
