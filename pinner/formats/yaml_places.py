"""The tool of all YAML formats: from the nodes that a format calls images to occurrences, and the proof of edits.

A format says which nodes are images; everything that can be wrong with such a node is decided here, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from pinner.context import NO_CONTEXT, Context, Templates
from pinner.formats.base import Change, Found, Skipped, Unreadable
from pinner.formats.places import AnyPlace, Classify, Embedded, Look, LookInto, Parts, Place, node_of
from pinner.formats.yaml_reading import FOLDED, NOT_A_SCALAR, locator, read_scalar, refuse_node, skip_place
from pinner.frozen import dataclass
from pinner.syntax.marks import MARK
from pinner.syntax.yaml_chunks import chunks, may_hide_keys, may_hold_scalar
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import is_missing, scalar_text, value_offsets
from pinner.syntax.yaml_scan import Unparsed, scan_chunk
from pinner.text import Source, Span

__all__ = ["Embedded", "Parts", "Place", "find_images", "find_in_chunks", "locator", "prove"]

# Where files keep values that are only there to be referred to; no program reads them as anything else.
_TEMPLATE_PREFIXES: Final = ("x-", ".", "_")
_SHARED: Final = Unreadable("shared-anchor", "the anchor is also used where no image is expected")
_LOST: Final = Unreadable("shared-anchor", "the document has too many aliases to follow")
_MADE: Final = Unreadable("template-value", "the value is made by a template")
_INNER_NAME: Final = "values.yaml"


def find_images(  # noqa: PLR0913 - the filters of one scan; every one has a default that leaves nothing out
    source: Source,
    classify: Classify,
    context: Context = NO_CONTEXT,
    *,
    keys: frozenset[str] | None,
    wanted: frozenset[str] | None = None,
    marker: str | None = None,
    sections: frozenset[str] | None = None,
) -> tuple[Found, ...]:
    """Return every image of a YAML file, in the order in which the file reaches them; an alias reaches one again.

    `classify` sees the nodes under `keys` (None for every key) and the scalars that hold `marker`. With `wanted`,
    documents without a scalar under one of these keys are passed over unparsed. `sections` are the keys at the top that
    mean something to the file's reader: what stands under others is only there to be referred to.
    """
    look = Look(keys, classify)
    return find_in_chunks(
        source,
        lambda chunk: look if wanted is None or may_hold_scalar(chunk, wanted) or may_hide_keys(chunk) else None,
        context,
        marker=marker,
        sections=sections,
    )


def find_in_chunks(
    source: Source,
    look_into: LookInto,
    context: Context = NO_CONTEXT,
    *,
    marker: str | None = None,
    sections: frozenset[str] | None = None,
) -> tuple[Found, ...]:
    """Return what `find_images` does, where each chunk of a file decides how it is looked at.

    What rules of `context` and marks in the file name comes to it.
    """
    remarks, look_into = _with_own_places(source, look_into, context)
    templates = _Templates(source, marker, is_wanted=context.templates is Templates.BEST_EFFORT)
    found: list[Found] = list(remarks)
    for chunk in chunks(source.text):
        look = look_into(source.text[chunk.start : chunk.end])
        if look is None:
            continue
        for part in scan_chunk(source.text, chunk, look.keys, marker=marker):
            for document in templates.open(part, look.keys):
                if isinstance(document, Unparsed):
                    found.append(_say_unparsed(source, document))
                    continue
                reading = _Reading(templates.masked if document is not part else source, source, context)
                places = tuple(look.classify(document))
                found += reading.read(places, _shared_scalars(places, sections))
    return (*found, *templates.say())


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other meaning changed.

    What is no YAML because of a template is compared with its actions masked; an edit in one of them is refused.
    """
    from pinner.formats.edit_proof import prove_edit  # noqa: PLC0415 - start-up: most verbs edit nothing

    prove_edit(before, after, changes)


def _with_own_places(source: Source, look_into: LookInto, context: Context) -> tuple[tuple[Skipped, ...], LookInto]:
    """Return what looks at the places of the project's own, too, and which of its rules do nothing here."""
    if MARK not in source.text and not context.rules_for(source.path):
        return (), look_into
    from pinner.formats.own_places import own_places  # noqa: PLC0415 - start-up: few files have any

    own = own_places(source, context)
    return tuple(own.remarks()), own.widen(look_into)


def _say_unparsed(source: Source, part: Unparsed) -> Found:
    from pinner.formats.yaml_unparsed import say_unparsed  # noqa: PLC0415 - start-up: few files are no YAML

    return say_unparsed(source, part)


@dataclass(slots=True)
class _Templates:
    """The chunks of a file that are no YAML because of a template: opened with their actions masked, or said once."""

    source: Source
    marker: str | None
    is_wanted: bool
    closed: list[Unparsed] = field(default_factory=list)
    _masked: Source | None = None

    @property
    def masked(self) -> Source:
        """The file with the actions of these chunks masked."""
        if self._masked is None:
            from pinner.syntax.template_mask import mask_unparsed  # noqa: PLC0415 - start-up: few files are templates

            self._masked = self.source.with_text(mask_unparsed(self.source.text))
        return self._masked

    def open(self, part: Document | Unparsed, keys: frozenset[str] | None) -> tuple[Document | Unparsed, ...]:
        """Return a part as it is, the documents of a chunk that can be read when it is masked, or nothing."""
        if not isinstance(part, Unparsed) or part.reason != "templated":
            return (part,)
        if self.is_wanted:
            inside = scan_chunk(self.masked.text, part.chunk, keys, marker=self.marker)
            if not any(isinstance(one, Unparsed) for one in inside):
                return inside
        self.closed.append(part)
        return ()

    def say(self) -> Iterator[Found]:
        """Yield what is to be said of the chunks that stay closed."""
        if self.closed:
            from pinner.formats.yaml_unparsed import say_templated  # noqa: PLC0415 - start-up: few files are templates

            yield say_templated(self.source, self.closed, is_tried=self.is_wanted)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the places of a document; in a template, `source` is the masked file and `original` the file."""

    source: Source
    original: Source
    context: Context

    def read(self, places: tuple[AnyPlace, ...], shared: set[Span]) -> Iterator[Found]:
        """Yield what stands at each place."""
        for place in places:
            if not all(map(self._is_literal, _nodes(place))) or self._is_open(place):
                yield self._skip_made(place)
            elif isinstance(place, Parts):
                from pinner.formats.parts import read_parts  # noqa: PLC0415 - start-up: most images stand in one piece

                yield read_parts(self.source, place, _doubt_any(place.rewritable, shared), self.context.aliases)
            elif isinstance(place, Embedded):
                yield from self._read_embedded(place, _doubt(place.node, shared))
            else:
                yield from self._read_place(place, shared)

    def _read_place(self, place: Place, shared: set[Span]) -> Iterator[Found]:
        verdict = place.verdict or refuse_node(self.source, place.node, place.collection) or _doubt(place.node, shared)
        if verdict is None:
            yield read_scalar(self.source, place, self.context.aliases)
        elif verdict.reason != NOT_A_SCALAR or verdict.detail:
            yield skip_place(self.source, place, verdict)

    def _read_embedded(self, place: Embedded, doubt: Unreadable | None) -> Iterator[Found]:
        node = place.node
        if node.shape != "scalar" or not _may_hold_images(node.value):
            return
        offsets = value_offsets(self.source.text, node)
        verdict = refuse_node(self.source, node) or doubt or (FOLDED if offsets is None else None)
        if verdict is not None or offsets is None:
            yield skip_place(self.source, Place(node), verdict or FOLDED)
            return
        from pinner.formats.inner import Inside  # noqa: PLC0415 - start-up: few values are documents

        inside = Inside(Source(_INNER_NAME, scalar_text(node)), offsets, prove, locator(node.path))
        # Rules are about files, not about what stands in a value.
        context = Context(aliases=self.context.aliases, templates=self.context.templates)
        for one in find_images(inside.source, place.classify, context, keys=None):
            yield inside.lift(self.source.path, one)

    def _skip_made(self, place: AnyPlace) -> Found:
        if isinstance(place, Parts):
            from pinner.formats.parts import skip_parts  # noqa: PLC0415 - start-up: most images stand in one piece

            skipped = skip_parts(self.source, place, _MADE)
        else:
            skipped = skip_place(self.source, Place(node_of(place)), _MADE)
        written = self.original.text[skipped.span.start : skipped.span.end].partition("\n")[0]
        return replace(skipped, written=written[:200])

    def _is_literal(self, node: Node) -> bool:
        """Return whether a template leaves a scalar as it is; of a missing one nobody can say."""
        if self.source is self.original or node.shape != "scalar":
            return True
        return not is_missing(node) and _is_same(self.source.text, self.original.text, Span(node.start, node.end))

    def _is_open(self, place: AnyPlace) -> bool:
        """Return whether a template decides which parts an image has."""
        if self.source is self.original or not isinstance(place, Parts):
            return False
        from pinner.syntax.template_mask import may_change_mapping  # noqa: PLC0415 - start-up: few files are templates

        start = min(node.start for node in _nodes(place))
        end = max(node.end for node in _nodes(place))
        return may_change_mapping(self.original.text, self.source.text, start, end)


def _nodes(place: AnyPlace) -> Iterator[Node]:
    candidates = (
        (place.registry, place.repository, place.tag, place.digest) if isinstance(place, Parts) else (place.node,)
    )
    return (node for node in candidates if node is not None)


def _may_hold_images(text: str) -> bool:
    return any(word in text for word in ("mage", "MAGE", "epository"))


def _is_same(one: str, other: str, span: Span) -> bool:
    return one[span.start : span.end] == other[span.start : span.end]


def _shared_scalars(places: tuple[AnyPlace, ...], sections: frozenset[str] | None) -> set[Span]:
    """Return the scalars that aliases also use where no image is expected, or another one; each looked at once."""
    meanings: dict[Path, str] = {}
    uses: dict[Span, tuple[Path, ...]] = {}
    for place in places:
        for node in place.rewritable:
            uses[Span(node.start, node.end)] = node.uses
            if not isinstance(place, Place) or place.verdict is None:
                meanings[node.path] = place.meaning
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
