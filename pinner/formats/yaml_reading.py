"""From one YAML scalar to what was found in it: a reference with its slot, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pinner.formats.base import NO_ALIASES, Found, Occurrence, Skipped, Unreadable, read_reference
from pinner.formats.notes import NoNote, Note, note_behind, recall_tag
from pinner.formats.places import Place
from pinner.formats.slots import WholeReference
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Node, Path
from pinner.syntax.yaml_scalars import is_missing, is_string, missing_value_offsets, scalar_text, value_offsets
from pinner.text import Source, Span

NOT_A_SCALAR: Final = "not-a-scalar"
FOLDED: Final = Unreadable("unsupported-scalar-form", "the value is folded over several lines")
_TEMPLATE: Final = compile_later(r"\{\{.*?\}\}")
_FIRST_LINE: Final = compile_later(r"[^\r\n]*[^\s]")
# What may follow a reference inside of its value: the end of `${VAR:-nginx:1.27}`.
_CLOSERS: Final = compile_later(r"[\s})\]\"',]*")
_BLOCK: Final = NoNote("the value is a block of lines")
_INSIDE: Final = NoNote("something else stands behind it in its value")
_JSON: Final = NoNote("JSON has no comments")


def locator(path: Path) -> str:
    """Write a path for people: `spec.containers[0].image`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def refuse_node(source: Source, node: Node, collection: str = "") -> Unreadable | None:
    """Say why a node is no text, or None; `collection` is the detail for a mapping or a sequence."""
    if node.shape == "undefined":
        return Unreadable("alias-to-non-scalar", "the alias names nothing")
    if node.shape != "scalar":
        if source.text.startswith("{{", node.start):
            return Unreadable("template-value", "the value is made by a template")
        return Unreadable(NOT_A_SCALAR, collection)
    if is_string(node):
        return None
    if node.value == "":
        return Unreadable("empty", "no image is named")
    return Unreadable("non-string", "YAML reads this value as no string")


def read_scalar(source: Source, place: Place, aliases: Mapping[str, str] = NO_ALIASES) -> Found:
    """Read the reference that stands in a scalar, or in a part of it."""
    value = scalar_text(place.node)
    start, end = place.part or (0, len(value))
    text = value[start:end]
    reference = read_reference(text, aliases)
    if isinstance(reference, Unreadable):
        return skip_place(source, place, reference)
    offsets = value_offsets(source.text, place.node)
    if offsets is None:
        return skip_place(source, place, FOLDED)
    note = find_note(source, place.node, value[end:])
    slot = WholeReference(
        text,
        offsets[start : end + 1],
        base=start,
        note=note,
        no_tag=place.no_tag,
        needs_tag=place.needs_tag,
        taken=place.taken,
    )
    return Occurrence(
        path=source.path,
        span=Span(offsets[start], offsets[end]),
        reference=recall_tag(reference, note),
        locator=_locate(place),
        slot=slot,
    )


def find_note(source: Source, node: Node, behind: str = "") -> Note | NoNote:
    """Return the comment of a scalar; `behind` is what follows the reference in the value."""
    if source.path.lower().endswith(".json"):
        return _JSON
    if node.style in ("|", ">"):
        return _BLOCK
    return note_behind(source.text, node.end) if _CLOSERS.fullmatch(behind) else _INSIDE


def _locate(place: Place) -> str:
    return locator(place.node.path) + (f": {place.inside}" if place.inside else "")


def skip_place(source: Source, place: Place, verdict: Unreadable) -> Skipped:
    """Return a place that is left alone."""
    node = place.node
    if node.shape == "scalar":
        value = scalar_text(node)
        start, end = place.part or (0, len(value))
        offsets = (missing_value_offsets if is_missing(node) else value_offsets)(source.text, node)
        span = Span(offsets[start], offsets[end]) if offsets else Span(node.start, node.end)
        written = value[start:end].partition("\n")[0]
    else:
        shown = _FIRST_LINE if verdict.reason == NOT_A_SCALAR else _TEMPLATE
        match = shown.match(source.text, node.start)
        span = Span(*match.span()) if match else Span(node.start, node.end)
        written = source.text[span.start : span.end]
    return Skipped(
        path=source.path,
        span=span,
        locator=_locate(place),
        written=written[:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )
