"""The tool of all YAML formats: from the nodes that a format calls images to occurrences, and the proof of edits.

A format says which nodes are images; everything that can be wrong with such a node is decided here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pinner.formats.base import Change, Found, Occurrence, Skipped, Unreadable, read_reference
from pinner.formats.slots import WholeReference
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_proof import Replacement
from pinner.syntax.yaml_proof import prove as prove_texts
from pinner.syntax.yaml_scalars import is_string, scalar_text, value_offsets
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Source, Span

# Where files keep values that are only there to be referred to; no program reads them as anything else.
_TEMPLATE_PREFIXES: Final = ("x-", ".", "_")
_IMAGE_LINE: Final = re.compile(r"""^[ \t-]*["']?image["']?[ \t]*:[ \t]+([^#\r\n]*\S)""", re.MULTILINE)
_SHARED: Final = Unreadable("shared-anchor", "the anchor is also used where no image is expected")
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")
_FIRST_LINE: Final = re.compile(r"[^\r\n]*[^\s]")
_NOT_A_SCALAR: Final = "not-a-scalar"
_LOST: Final = Unreadable("shared-anchor", "the document has too many aliases to follow")


@dataclass(frozen=True, slots=True)
class Place:
    """A node that holds an image; with `verdict` it is one that must be left alone.

    `collection` is what to say where a mapping or a sequence stands in the place; without it nothing is said (C10).
    """

    node: Node
    verdict: Unreadable | None = None
    collection: str = ""


# Yields the nodes of a document that are images.
Classify = Callable[[Document], Iterable[Place]]


def find_images(
    source: Source,
    classify: Classify,
    *,
    keys: frozenset[str],
    wanted: frozenset[str] | None = None,
    lists: frozenset[str] | None = None,
    marker: str | None = None,
) -> tuple[Found, ...]:
    """Return every image of a YAML file, in the order in which the file reaches them; an alias reaches one again.

    `keys` are the mapping keys whose nodes `classify` sees, besides the scalars that hold `marker`. With `wanted`,
    documents without a scalar under one of these keys (and without a sequence under one of `lists`) are passed over
    unparsed.
    """
    found: list[Found] = []
    for part in scan(source.text, keys, wanted=wanted, lists=lists, marker=marker):
        if isinstance(part, Unparsed):
            found.append(_unparsed(source, part))
        else:
            found += _read_places(source, tuple(classify(part)))
    return tuple(found)


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other meaning changed."""
    prove_texts(
        before.text,
        after.text,
        [
            Replacement(
                edit=change.occurrence.slot.edit(change.occurrence.reference, change.reference),
                old=change.occurrence.reference.written,
                new=change.reference.written,
            )
            for change in changes
        ],
    )


def locator(path: Path) -> str:
    """Write a path for people: `spec.containers[0].image`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _unparsed(source: Source, part: Unparsed) -> Skipped:
    line_end = source.text.find("\n", part.offset, part.chunk.end)
    end = line_end if line_end >= 0 else part.chunk.end
    written = source.text[part.offset : end].strip()[:80]
    return Skipped(
        path=source.path,
        span=Span(part.offset, end),
        locator="",
        written=written,
        reason=part.reason,
        detail=part.detail + _count_image_lines(source.text[part.chunk.start : part.chunk.end]),
    )


def _count_image_lines(text: str) -> str:
    """Say how many images a text that was not parsed seems to hold, so that its loss can be weighed."""
    values = _IMAGE_LINE.findall(text)
    templated = sum("{" in value or "%" in value for value in values)
    if not values:
        return ""
    literal = f", {len(values) - templated} of them literal" if templated < len(values) else ""
    return f" ({len(values)} image line{'' if len(values) == 1 else 's'}{literal})"


def _read_places(source: Source, places: tuple[Place, ...]) -> Iterator[Found]:
    shared = _shared_scalars(places)
    for place in places:
        verdict = place.verdict or _verdict(source, place, shared)
        if verdict is None:
            yield _read_scalar(source, place.node)
        elif verdict.reason != _NOT_A_SCALAR or verdict.detail:
            yield _skip(source, place.node, verdict)


def _shared_scalars(places: tuple[Place, ...]) -> set[Span]:
    """Return the scalars that aliases also use where no image is expected, each looked at once."""
    accepted = {place.node.path for place in places if place.verdict is None}
    uses = {Span(place.node.start, place.node.end): place.node.uses for place in places}
    return {
        span
        for span, paths in uses.items()
        if len(paths) > 1 and not all(path in accepted or _is_template(path) for path in paths)
    }


def _verdict(source: Source, place: Place, shared: set[Span]) -> Unreadable | None:
    """Say why a node is left alone although it stands where an image belongs, or None."""
    node = place.node
    if node.shape == "undefined":
        return Unreadable("alias-to-non-scalar", "the alias names nothing")
    if node.shape != "scalar":
        if source.text.startswith("{{", node.start):
            return Unreadable("template-value", "the value is made by a template")
        return Unreadable(_NOT_A_SCALAR, place.collection)
    if not is_string(node):
        reason = "empty" if node.value == "" else "non-string"
        return Unreadable(reason, "no image is named" if reason == "empty" else "YAML reads this value as no string")
    if node.has_lost_uses:
        return _LOST
    return _SHARED if Span(node.start, node.end) in shared else None


def _is_template(path: Path) -> bool:
    return bool(path) and str(path[0]).startswith(_TEMPLATE_PREFIXES)


def _read_scalar(source: Source, node: Node) -> Found:
    reference = read_reference(scalar_text(node))
    if isinstance(reference, Unreadable):
        return _skip(source, node, reference)
    offsets = value_offsets(source.text, node)
    if offsets is None:
        return _skip(source, node, Unreadable("unsupported-scalar-form", "the value is folded over several lines"))
    return Occurrence(
        path=source.path,
        span=Span(offsets[0], offsets[-1]),
        reference=reference,
        locator=locator(node.path),
        slot=WholeReference(offsets),
    )


def _skip(source: Source, node: Node, verdict: Unreadable) -> Skipped:
    if node.shape == "scalar":
        offsets = value_offsets(source.text, node)
        span = Span(offsets[0], offsets[-1]) if offsets else Span(node.start, node.end)
        written = scalar_text(node).partition("\n")[0]
    else:
        shown = _FIRST_LINE if verdict.reason == _NOT_A_SCALAR else _TEMPLATE
        match = shown.match(source.text, node.start)
        span = Span(*match.span()) if match else Span(node.start, node.end)
        written = source.text[span.start : span.end]
    return Skipped(
        path=source.path,
        span=span,
        locator=locator(node.path),
        written=written[:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )
