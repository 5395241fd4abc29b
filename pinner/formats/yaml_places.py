"""The tool of all YAML formats: from the nodes that a format calls images to occurrences, and the proof of edits.

A format says which nodes are images; everything that can be wrong with such a node is decided here, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Found, Skipped, Unreadable, rewrites_of
from pinner.formats.own_places import own_places
from pinner.formats.parts import read_parts
from pinner.formats.places import Classify, Parts, Place
from pinner.formats.yaml_reading import NOT_A_SCALAR, locator, read_scalar, refuse_node, skip_place
from pinner.syntax.marks import MARK
from pinner.syntax.yaml_nodes import Node, Path
from pinner.syntax.yaml_proof import prove as prove_texts
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Source, Span

__all__ = ["Parts", "Place", "find_images", "locator", "prove"]

# Where files keep values that are only there to be referred to; no program reads them as anything else.
_TEMPLATE_PREFIXES: Final = ("x-", ".", "_")
_IMAGE_LINE: Final = re.compile(r"""^[ \t-]*["']?image["']?[ \t]*:[ \t]+([^#\r\n]*\S)""", re.MULTILINE)
_SHARED: Final = Unreadable("shared-anchor", "the anchor is also used where no image is expected")
_LOST: Final = Unreadable("shared-anchor", "the document has too many aliases to follow")


def find_images(  # noqa: PLR0913 - the filters of one scan; every one has a default that leaves nothing out
    source: Source,
    classify: Classify,
    context: Context = NO_CONTEXT,
    *,
    keys: frozenset[str] | None,
    wanted: frozenset[str] | None = None,
    lists: frozenset[str] | None = None,
    marker: str | None = None,
    sections: frozenset[str] | None = None,
) -> tuple[Found, ...]:
    """Return every image of a YAML file, in the order in which the file reaches them; an alias reaches one again.

    `classify` sees the nodes under `keys` (None for every key) and the scalars that hold `marker`. With `wanted`,
    documents without a scalar under one of these keys (and without a sequence under one of `lists`) are passed over
    unparsed. `sections` are the keys at the top that mean something to the file's reader: what stands under others is
    only there to be referred to. What rules of `context` and marks in the file name comes to it.
    """
    own = own_places(source, context)
    if own.routed:
        keys = None if keys is None or own.keys is None else keys | own.keys
        wanted = None
    classify = own.join(classify)
    found: list[Found] = list(own.remarks())
    for part in scan(source.text, keys, wanted=wanted, lists=lists, marker=marker, whole=MARK):
        if isinstance(part, Unparsed):
            found.append(_unparsed(source, part))
        else:
            places = tuple(classify(part))
            found += _read_places(source, places, _shared_scalars(places, sections), context.aliases)
    return tuple(found)


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other meaning changed."""
    prove_texts(before.text, after.text, rewrites_of(changes))


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


def _read_places(
    source: Source, places: tuple[Place | Parts, ...], shared: set[Span], aliases: Mapping[str, str]
) -> Iterator[Found]:
    for place in places:
        if isinstance(place, Parts):
            yield read_parts(source, place, _doubt_any(place.rewritable, shared), aliases)
            continue
        verdict = place.verdict or refuse_node(source, place.node, place.collection) or _doubt(place.node, shared)
        if verdict is None:
            yield read_scalar(source, place, aliases)
        elif verdict.reason != NOT_A_SCALAR or verdict.detail:
            yield skip_place(source, place, verdict)


def _shared_scalars(places: tuple[Place | Parts, ...], sections: frozenset[str] | None) -> set[Span]:
    """Return the scalars that aliases also use where no image is expected, or another one; each looked at once."""
    meanings: dict[Path, str] = {}
    uses: dict[Span, tuple[Path, ...]] = {}
    for place in places:
        for node in place.rewritable if isinstance(place, Parts) else (place.node,):
            uses[Span(node.start, node.end)] = node.uses
            if isinstance(place, Parts) or place.verdict is None:
                meanings[node.path] = place.text if isinstance(place, Parts) else ""
    return {
        span
        for span, paths in uses.items()
        if len(paths) > 1
        and (
            not all(path in meanings or _is_template(path, sections) for path in paths)
            or len({meanings[path] for path in paths if path in meanings}) > 1
        )
    }


def _doubt_any(nodes: tuple[Node, ...], shared: set[Span]) -> Unreadable | None:
    return next((doubt for doubt in (_doubt(node, shared) for node in nodes) if doubt), None)


def _doubt(node: Node, shared: set[Span]) -> Unreadable | None:
    """Say why a scalar must not be edited: others use it, too."""
    if node.has_lost_uses:
        return _LOST
    return _SHARED if Span(node.start, node.end) in shared else None


def _is_template(path: Path, sections: frozenset[str] | None) -> bool:
    if not path:
        return False
    return str(path[0]).startswith(_TEMPLATE_PREFIXES) or (sections is not None and path[0] not in sections)
