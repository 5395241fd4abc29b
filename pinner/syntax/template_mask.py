"""Templates of YAML (Go, Jinja, ERB) with their actions masked, so that what is literal can be parsed and proven.

The mask has the same length and the same line ends, so that every offset means the same letter. Actions that fill their
lines become blanks, any others become letters: a scalar that holds one differs from its mask, and is not literal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.patterns import compile_later
from pinner.syntax.yaml_chunks import chunks
from pinner.syntax.yaml_scan import Unparsed, scan_chunk

_NO_KEYS: Final[frozenset[str]] = frozenset()
# Quoted texts may hold the signs that end an action, and comments anything. What is longer is no action of people:
# the bounds keep hostile text from costing more than linear time. Most actions hold nothing quoted: these go faster.
_GO: Final = (
    r"""\{\{(?:-?[ \t]*/\*(?:[^*]|\*(?!/)){0,20000}+\*/\s{0,99}-?\}\}|[^"`}]{0,4000}+\}\}"""
    r"""|(?:[^"`}]|\}(?!\})|"(?:[^"\\\r\n]|\\.){0,2000}+"|`[^`]{0,2000}+`){0,4000}+\}\})"""
)
GO_ACTION: Final = compile_later(_GO)
ACTION: Final = compile_later(
    rf"{_GO}|\{{%(?:[^%]|%(?!\}})){{0,4000}}+%\}}|\{{\#(?:[^\#]|\#(?!\}})){{0,20000}}+\#\}}"
    r"|<%(?:[^%]|%(?!>)){0,4000}+%>"
)
_LINE_ENDS: Final = compile_later(r"([\r\n]+)")
_NOTHING: Final = compile_later(r"[ \t]*")
_NOTHING_MORE: Final = compile_later(r"[ \t]*(?:\#[^\r\n]*)?(?=[\r\n]|\Z)")
# These write nothing themselves.
_SILENT: Final = compile_later(
    r"\{\{-?\s{0,99}(?:/\*|\$\w+\s*:?=|(?:if|else|end|range|with|define|block|break|continue|set|unset|fail)\b)"
    r"|\{[%#]|<%(?!=)"
)
_ON_NEW_LINES: Final = compile_later(r"\bnindent\b")
_LEAD: Final = compile_later(r"[ \t]*(?P<dashes>(?:-[ \t]+)*)")
# What is farther away is not looked for: many parts in one mapping must not cost the square of their number.
_FARTHEST: Final = 20_000
_ACTION_AHEAD: Final = compile_later(r"\s{0,999}(?:\{[{%#]|<%|\Z)")


def mask_unparsed(text: str) -> str:
    """Return the text with the actions masked of every chunk that is no YAML because of them."""
    masked = text
    for chunk in chunks(text):
        if ACTION.search(text, chunk.start, chunk.end):
            parts = scan_chunk(text, chunk, _NO_KEYS)
            if any(isinstance(one, Unparsed) and one.reason == "templated" for one in parts):
                masked = mask_templates(masked, chunk.start, chunk.end)
    return masked


def mask_templates(text: str, start: int, end: int) -> str:
    """Return the whole text with the actions between `start` and `end` masked."""
    pieces = [text[:start]]
    cursor = start
    for actions in _groups(text, start, end):
        fills_lines = _fills_lines(text, actions, start, end)
        for first, last in actions:
            letter = " " if fills_lines and not _joins_lines(text, first, last, end) else "x"
            pieces += (text[cursor:first], _masked(text[first:last], letter))
            cursor = last
    return "".join((*pieces, text[cursor:]))


def may_change_mapping(text: str, masked: str, start: int, end: int) -> bool:
    """Return whether an action may add a key to the mapping of the letters from `start` to `end`, or leave one out.

    `masked` is the text with its actions masked. Actions around the whole mapping change nothing in it.
    """
    first, last = masked.rfind("\n", 0, start) + 1, _line_end(masked, end)
    depth = min(_lead(line)[0] for line in masked[first:last].splitlines() if line.strip())
    while first > 0 and not _lead(masked[first:last])[1] and start - first <= _FARTHEST:
        above = masked.rfind("\n", 0, first - 1) + 1
        column, has_dash = _lead(masked[above:first])
        if masked[above:first].strip() and column < depth:
            break
        first = above
        if has_dash and column == depth:
            break
    while last < len(masked) and last - end <= _FARTHEST:
        below = _line_end(masked, last)
        column, has_dash = _lead(masked[last:below])
        if masked[last:below].strip() and (column < depth or (has_dash and column == depth)):
            break
        last = below
    if max(start - first, last - end) > _FARTHEST:
        return True
    # Behind its last key, a mapping goes on only where an action writes something.
    filled = first + len(masked[first:last].rstrip())
    writes = any(not _SILENT.match(action[0]) for action in ACTION.finditer(text, filled, last))
    return writes or masked[first:filled] != text[first:filled]


def _line_end(text: str, at: int) -> int:
    return (text.find("\n", at) + 1) or len(text)


def _lead(line: str) -> tuple[int, bool]:
    """Return the column of the first key of a line, and whether a sequence begins an element there."""
    lead = _LEAD.match(line)
    assert lead is not None, "it matches nothing, too"
    return lead.end(), bool(lead["dashes"])


def _groups(text: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the places of the actions that share lines with each other."""
    group: list[tuple[int, int]] = []
    for match in ACTION.finditer(text, start, end):
        if group and _LINE_ENDS.search(text, group[-1][1], match.start()):
            yield group
            group = []
        group.append(match.span())
    if group:
        yield group


def _fills_lines(text: str, actions: list[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether nothing but these actions, and a comment, stands on their lines."""
    first = max(text.rfind("\n", start, actions[0][0]), text.rfind("\r", start, actions[0][0]), start - 1) + 1
    gaps = zip((first, *(last for _, last in actions)), (first for first, _ in actions), strict=False)
    return (
        all(_NOTHING.fullmatch(text, before, behind) for before, behind in gaps)
        and _NOTHING_MORE.match(text, actions[-1][1], end) is not None
    )


def _joins_lines(text: str, first: int, last: int, end: int) -> bool:
    """Return whether what an action writes may be joined to the text of another line, which is then not literal."""
    action = text[first:last]
    if _SILENT.match(action):
        return False
    is_joined_before = action.startswith("{{-") and not _ON_NEW_LINES.search(action)
    is_joined_behind = action.endswith(("-}}", "-%>")) and not _ACTION_AHEAD.match(text, last, end)
    return is_joined_before or is_joined_behind


def _masked(action: str, letter: str) -> str:
    return "".join(piece if piece[:1] in ("\r", "\n") else letter * len(piece) for piece in _LINE_ENDS.split(action))
