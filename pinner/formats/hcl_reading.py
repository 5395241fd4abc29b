"""From one value of HCL to what was found in it: a reference with its slot, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pinner.context import Context
from pinner.errors import FormError
from pinner.formats.base import NO_ALIASES, Found, Occurrence, Skipped, Unreadable, read_reference
from pinner.formats.base import is_versioned as is_versioned_text
from pinner.formats.notes import NoNote, Note, note_behind, recall_tag
from pinner.formats.slots import Slot, WholeReference
from pinner.formats.yaml_reading import locator
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.syntax.hcl_leaves import Leaf
from pinner.syntax.hcl_nodes import Text
from pinner.syntax.rewrites import Rewrite
from pinner.text import Source, Span

_WRITE_ALONE: Final = "only the digest can stand here; write the value in quotes, with nothing else on its line"
_HEREDOC: Final = NoNote("the value is a heredoc")
_INSIDE: Final = NoNote("something else stands beside it in its value")
_ELSEWHERE: Final = NoNote("its registry stands in another value")


@dataclass(frozen=True, slots=True)
class HclPlace:
    """A value that holds an image; with `verdict` it is left alone.

    `part` is where the reference begins and ends in the value; without it, it is the whole value. `registry` stands in
    front of it in another value (`ghcr.io/`). `inside` says for people where it is in a value that has places of its
    own.
    """

    leaf: Leaf
    verdict: Unreadable | None = None
    part: tuple[int, int] | None = None
    is_digest_alone: bool = False
    registry: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class DigestAlone:
    """A place whose reader takes a tag or a digest, never both: the tag is kept in a comment, whatever the form."""

    whole: WholeReference

    def rewrites(self, reference: Reference, form: Form) -> tuple[Rewrite, ...]:
        """Return what writes the digest alone."""
        if form is Form.DIGEST_KEY:
            return self.whole.rewrites(reference, form)
        try:
            return self.whole.rewrites(reference, Form.DIGEST)
        except FormError as error:
            raise FormError(error.message, hint=_WRITE_ALONE) from error


def read_place(source: Source, place: HclPlace, aliases: Mapping[str, str] = NO_ALIASES) -> Found:
    """Read the reference that a place holds."""
    text = place.leaf.expression
    if not isinstance(text, Text):
        return _skip(source, place, place.verdict or Unreadable("expression", "the value is no literal"))
    start, end = place.part or (0, len(text.value))
    written = text.value[start:end]
    reading = place.verdict or read_reference(place.registry + written, aliases)
    if isinstance(reading, Unreadable):
        return _skip(source, place, reading)
    note = _find_note(source, place, text)
    whole = WholeReference(written, text.offsets[start : end + 1], base=start, elsewhere=place.registry, note=note)
    slot: Slot = DigestAlone(whole) if place.is_digest_alone else whole
    return Occurrence(
        path=source.path,
        span=Span(text.offsets[start], text.offsets[end]),
        reference=recall_tag(reading, note),
        locator=_locate(place),
        slot=slot,
    )


def is_versioned(text: Text, context: Context) -> bool:
    """Return whether a literal is a reference with a tag or a digest."""
    return text.is_literal and is_versioned_text(text.value, context.aliases)


def _find_note(source: Source, place: HclPlace, text: Text) -> Note | NoNote:
    if text.is_heredoc:
        return _HEREDOC
    if place.part is not None and place.part[1] != len(text.value):
        return _INSIDE
    return _ELSEWHERE if place.registry else note_behind(source.text, text.span.end, is_hcl=True)


def _locate(place: HclPlace) -> str:
    return locator(place.leaf.path) + (f": {place.inside}" if place.inside else "")


def _skip(source: Source, place: HclPlace, verdict: Unreadable) -> Skipped:
    expression = place.leaf.expression
    span = expression.span
    if isinstance(expression, Text):
        start, end = place.part or (0, len(expression.value))
        span = Span(expression.offsets[start], expression.offsets[end])
        written = expression.value[start:end].partition("\n")[0]
    else:
        written = source.text[span.start : span.end].partition("\n")[0].rstrip("\r")
    return Skipped(
        path=source.path,
        span=span,
        locator=_locate(place),
        written=written[:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )
