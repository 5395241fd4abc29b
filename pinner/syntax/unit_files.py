"""Unit files of systemd to settings with exact places, and the proof of edits in them (systemd.syntax(7)).

`#` and `;` begin comments on lines of their own only. A backslash at the end of a line joins the next one; Quadlet and
systemd read that alike unless a comment stands between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.errors import EditError
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrites, edits_of
from pinner.text import apply_edits

_LINE: Final = compile_later(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_SECTION: Final = compile_later(r"[ \t\ufeff]*\[([^\]]*)\]")
_SETTING: Final = compile_later(r"[ \t\ufeff]*(?P<key>[A-Za-z0-9_-]+)[ \t]*=[ \t]*")
_COMMENT: Final = compile_later(r"[ \t\ufeff]*[#;]")
_COMMENT_LINE: Final = compile_later(r"(?:[ \t]*#[^\r\n]*\r?\n)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One assignment: letter i of `value` stands at `offsets[i]`, and the last one ends at the offset behind.

    `start` is where the key begins. `has_comment` says that a comment stands in the middle of the value.
    """

    section: str
    key: str
    start: int
    value: str
    offsets: Sequence[int]
    has_comment: bool = False


def lex(text: str) -> Iterator[Setting]:
    """Yield the settings in order; lines that are none mean nothing."""
    section = ""
    lines = _lines(text)
    for start, end in lines:
        heading = _SECTION.match(text, start, end)
        setting = _SETTING.match(text, start, end)
        if _COMMENT.match(text, start, end):
            continue
        if heading is not None:
            section = heading[1]
        elif setting is not None:
            pieces = [(setting.end(), end)]
            has_comment = False
            while text[pieces[-1][0] : pieces[-1][1]].endswith("\\"):
                following = next(lines, None)
                if following is None:
                    break
                if _COMMENT.match(text, *following):
                    has_comment = True
                else:
                    pieces.append(following)
            value, offsets = _join(text, pieces)
            yield Setting(
                section=section,
                key=setting["key"],
                start=setting.start("key"),
                value=value,
                offsets=offsets,
                has_comment=has_comment,
            )


def prove(before: str, after: str, rewrites: Iterable[Rewrite]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these rewrites, and its settings say so too."""
    rewrites = tuple(rewrites)
    if apply_edits(before, edits_of(rewrites)) != after:
        message = "text outside the references changed"
        raise EditError(message)
    for edit in (one.edit for one in rewrites if isinstance(one, CommentRewrite)):
        pieces = (before[edit.span.start : edit.span.end], edit.replacement)
        if not all(_COMMENT_LINE.fullmatch(piece) for piece in pieces):
            message = "an edit of a comment changes something else"
            raise EditError(message)
    values = ValueRewrites(rewrites)
    expected = [(one.section, one.key, values.applied(one.value, one.offsets)) for one in lex(before)]
    if expected != [(one.section, one.key, one.value) for one in lex(after)]:
        message = "a setting changed beside its reference"
        raise EditError(message)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    return (match.span(1) for match in _LINE.finditer(text) if match.group())


def _join(text: str, pieces: Sequence[tuple[int, int]]) -> tuple[str, Sequence[int]]:
    """Return the value without blanks around it; each backslash at the end of a line is read as a blank."""
    offsets = [at for start, end in pieces for at in range(start, end)]
    joints = {end - 1 for start, end in pieces[:-1]} | (
        {pieces[-1][1] - 1} if text[pieces[-1][0] : pieces[-1][1]].endswith("\\") else set()
    )
    letters = "".join(" " if at in joints else text[at] for at in offsets)
    first = len(letters) - len(letters.lstrip(" \t"))
    last = len(letters.rstrip(" \t"))
    if first >= last:
        return "", (pieces[0][0],)
    return letters[first:last], (*offsets[first:last], offsets[last - 1] + 1)
