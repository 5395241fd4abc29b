"""The comment that remembers a tag: `# pinner: tag=1.27`, where a reference is written by its digest alone.

It stands behind the value on its line, or on a line of its own directly above. Comments of people stay in front of it;
those that another program reads as a whole leave no place for it.
"""

from __future__ import annotations

from typing import Final

from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.rewrites import CommentRewrite
from pinner.text import BYTE_ORDER_MARK, Edit, Span

# yamllint wants two blanks in front of a comment.
_BLANKS: Final = "  "
_BREAKS: Final = "\r\n\x85\u2028\u2029"
# Most values are the last of their line, or of the file.
_LINE_ENDS: Final = ("", *_BREAKS)
_OURS: Final = r"\#[ \t]*pinner:[ \t]*tag=(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})"
_REST: Final = compile_later(
    rf"(?P<closers>(?:[ \t]*[\]}},])*)(?P<blanks>[ \t]*)(?P<comment>\#[^{_BREAKS}]*)?(?=[{_BREAKS}]|\Z)"
)
# HCL has three kinds of comments; one over several lines leaves no place for another.
_SLASHES: Final = rf"(?:\#|//)[^{_BREAKS}]*"
_REST_OF_HCL: Final = compile_later(
    rf"(?P<closers>(?:[ \t]*[\]}},])*)(?P<blanks>[ \t]*)"
    rf"(?P<comment>{_SLASHES}|/\*(?:[^*{_BREAKS}]|\*(?!/))*+\*/[ \t]*(?:{_SLASHES})?)?(?=[{_BREAKS}]|\Z)"
)
_BEHIND: Final = compile_later(rf"(?P<blanks>[ \t]{{1,2}}){_OURS}(?=[ \t]*\Z)")
_ABOVE: Final = compile_later(rf"(?P<indent>[ \t]*){_OURS}[ \t]*(?P<ending>\r?\n)")
# Setters of Flux, kpt and release-please, and what Renovate and ratchet are told: read as a whole, or with the value.
_FOREIGN: Final = compile_later(r"(?:\#|//)[ \t]*(?:\{|\$|@|x-release-please|(?:renovate|ratchet|kpt-set)[ \t]*:)")
# What Flux writes into a value: the whole reference, or one part (fluxcd.io/flux/guides/image-update).
_SETTER: Final = compile_later(
    rf"""[^{_BREAKS}#]*\#[ \t]*\{{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"""
    rf""""[^":{_BREAKS}]*:[^":{_BREAKS}]*(?::(?P<part>[a-z]+))?\""""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The comment of a value, or the place where it would stand.

    `span` holds the comment with its blanks, or with its line end; it is empty where there is none. `before` and
    `after` are written around it.
    """

    span: Span
    tag: str | None = None
    before: str = ""
    after: str = ""

    def rewrites(self, tag: str | None) -> tuple[CommentRewrite, ...]:
        """Return what makes the comment remember this tag, or none."""
        if tag == self.tag:
            return ()
        text = "" if tag is None else f"{self.before}# pinner: tag={tag}{self.after}"
        return (CommentRewrite(Edit(self.span, text)),)


@dataclass(frozen=True, slots=True)
class NoNote:
    """Why no comment can remember the tag of a value."""

    reason: str


def recall_tag(reference: Reference, note: Note | NoNote) -> Reference:
    """Return a reference that is written by its digest alone with the tag that its comment remembers."""
    if reference.is_digest_only and isinstance(note, Note) and note.tag is not None:
        return reference.tagged_as(note.tag)
    return reference


def set_part(text: str, end: int) -> str | None:
    """Return which part of a reference Flux sets in the value that ends at `end`: `name`, `tag`, `digest` or None."""
    setter = _SETTER.match(text, end)
    return None if setter is None else setter["part"]


def note_behind(text: str, end: int, *, is_hcl: bool = False) -> Note | NoNote:
    """Return the comment behind a value that ends at `end`: nothing but closing brackets may stand between them.

    In HCL, comments of people may also be `// …` and `/* … */`.
    """
    if text[end : end + 1] in _LINE_ENDS:
        return Note(span=Span(end, end), before=_BLANKS)
    rest = (_REST_OF_HCL if is_hcl else _REST).match(text, end)
    if rest is None or (rest["comment"] and not rest["blanks"]):
        return NoNote("something else stands behind the value on its line")
    start = rest.end("closers")
    line = text[start : rest.end()]
    ours = _BEHIND.search(line)
    foreign = line[: ours.start() if ours else None].rstrip(" \t")
    if _FOREIGN.match(foreign.lstrip(" \t")):
        return NoNote("another program reads the comment behind the value")
    if ours:
        return Note(span=Span(start + ours.start(), start + ours.end()), tag=ours["tag"], before=ours["blanks"])
    at = start + len(foreign)
    return Note(span=Span(at, at), before=" " if foreign else _BLANKS)


def note_above(text: str, start: int) -> Note | NoNote:
    """Return the comment on a line of its own, above the line that begins with what stands at `start`."""
    first = int(text.startswith(BYTE_ORDER_MARK))
    line_start = max(text.rfind("\n", 0, start) + 1, first)
    indent = text[line_start:start]
    if indent.strip(" \t"):
        return NoNote("something else stands before it on its line")
    above = max(text.rfind("\n", 0, max(line_start - 1, 0)) + 1, first)
    ours = _ABOVE.fullmatch(text, above, line_start)
    if ours:
        return Note(span=Span(above, line_start), tag=ours["tag"], before=ours["indent"], after=ours["ending"])
    line_end = text.find("\n", start)
    is_crlf = text[line_end - 1 : line_end] == "\r" if line_end >= 0 else text[above:line_start].endswith("\r\n")
    return Note(span=Span(line_start, line_start), before=indent, after="\r\n" if is_crlf else "\n")
