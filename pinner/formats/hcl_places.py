"""The tool of formats in HCL: from the places of a table to what was found there, and the proof of edits.

A variable is followed to the literal that it stands for in the same file. That literal is edited only where nothing but
images is made of it there; nobody is guessed for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Find, Format, Found, Skipped, Unreadable, rewrites_of
from pinner.formats.build_proof import prove_images
from pinner.formats.hcl_own import OwnHcl
from pinner.formats.hcl_reading import HclPlace, is_versioned, read_place
from pinner.formats.hcl_variables import Define, HclUse, Variables, find_use
from pinner.formats.inner import Inside, prove_inside
from pinner.formats.yaml_reading import locator
from pinner.frozen import dataclass
from pinner.syntax.hcl_leaves import Leaf, leaves
from pinner.syntax.hcl_lexer import Malformed
from pinner.syntax.hcl_nodes import Call, Expression, File, Operation, Text
from pinner.syntax.hcl_proof import prove as prove_texts
from pinner.syntax.hcl_reader import read
from pinner.syntax.routes import Route, parse_route
from pinner.syntax.yaml_nodes import Path
from pinner.text import Source

# Looks at one text and what the file says besides; yields the place as it is, or changed, or places in it.
Read = Callable[[HclPlace, "HclValues"], Iterable[HclPlace]]
Routes = tuple[tuple[Route, "HclImages"], ...]

_MADE: Final = "expression"
_IMAGE_LINE: Final = r'^[ \t]*"?image"?[ \t]*[=:][ \t]*"'
# Places inside of what these are given have routes of their own, and a file that is read whole has its own format.
_FOLLOWED: Final = frozenset({"concat", "file", "jsonencode", "merge", "yamldecode", "yamlencode"})
_OPERATION: Final = Unreadable(_MADE, "the value is made of an expression, which is not evaluated here")
_TEMPLATE: Final = Unreadable("variable", "the text holds variables or directives; only a whole literal is pinned")


@dataclass(frozen=True, slots=True, eq=False)
class HclValues:
    """All values of one file; told apart by identity, so that what is made of them can be kept at no cost."""

    leaves: Sequence[Leaf]


@dataclass(frozen=True, slots=True, kw_only=True)
class HclImages:
    """The values at a route that are images, as in `pinner.formats.routed.Images`.

    `where` tells which of them are meant. `prefixes` may stand in front of a reference, and one must where
    `is_prefixed`. `is_digest_alone` where what reads the file takes no tag beside a digest. `read` looks at each text,
    at those with sequences only where it `reads_templates`. `document` is the format of texts that are documents
    themselves, and `document_name` how such a file would be called.
    """

    route: str
    verdict: Unreadable | None = None
    where: Callable[[Leaf], bool] | None = None
    is_digest_alone: bool = False
    prefixes: tuple[str, ...] = ()
    is_prefixed: bool = False
    read: Read | None = None
    reads_templates: bool = False
    document: Format | None = None
    document_name: str = "inner.yaml"

    def part_of(self, value: str) -> tuple[int, int] | None:
        """Return which part of a value is the reference, or None where it is no image."""
        prefix = next((one for one in self.prefixes if value.startswith(one)), None)
        return None if prefix is None and self.is_prefixed else (len(prefix or ""), len(value))

    def may_mean(self, text: str) -> bool:
        """Return whether an expression that is not evaluated could be an image."""
        return not self.is_prefixed or any(one in text for one in self.prefixes)


@dataclass(frozen=True)
class HclTable:
    """All places of a format, and the ways to what variables stand for.

    Of two places for one value, the first decides. Whatever begins with one of the `known` names is found, or said,
    where it is defined. `doubtful` places come last: what stands there is only said, unless it was found before.
    """

    places: Sequence[HclImages]
    define: Define
    known: frozenset[str] = frozenset()
    doubtful: Sequence[HclImages] = ()

    @cached_property
    def routes(self) -> Routes:
        """The places with their routes; compiled where they are needed first."""
        return tuple((parse_route(one.route), one) for one in self.places)

    @cached_property
    def doubtful_routes(self) -> Routes:
        """The doubtful places with their routes."""
        return tuple((parse_route(one.route), one) for one in self.doubtful)

    def find(self, source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
        """Return the images of a file, and what is left alone."""
        file = read(source.text)
        if isinstance(file, Malformed):
            return (_skip_file(source, file),)
        return _Search(self, source, file, context).found()


def prove_with(find: Find) -> Callable[[Source, Source, Sequence[Change]], None]:
    """Return the proof for a format that finds in this way."""

    def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
        prove_texts(before.text, after.text, rewrites_of(changes))
        prove_inside(changes)
        prove_images(find(before), find(after), changes)

    return prove


@dataclass(frozen=True)
class _Search:
    """One file, and what its values say of each other."""

    table: HclTable
    source: Source
    file: File
    context: Context

    def found(self) -> tuple[Found, ...]:
        own = OwnHcl(self.source, self.file, self._leaves, self.context)
        places: dict[tuple[int, int, int], HclPlace] = {}
        for place in (*own.places(), *self._places(), *self._doubtful()):
            span = place.leaf.expression.span
            places.setdefault((span.start, span.end, place.part[0] if place.part else 0), place)
        found = [read_place(self.source, place, self.context.aliases) for place in places.values()]
        return tuple(sorted((*own.remarks(), *found, *self._inside()), key=lambda one: one.span))

    @cached_property
    def _leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaves(self.file))

    @cached_property
    def _values(self) -> HclValues:
        return HclValues(self._leaves)

    @cached_property
    def _meant(self) -> tuple[tuple[Leaf, HclImages], ...]:
        return tuple(_meant_by(self.table.routes, self._leaves))

    def _places(self) -> Iterator[HclPlace]:
        for leaf, images in self._meant:
            place = HclPlace(leaf, verdict=images.verdict, is_digest_alone=images.is_digest_alone)
            use = find_use(leaf.expression, images.prefixes)
            yield from self._follow(place, images, use) if use is not None else self._read(place, images)

    def _read(self, place: HclPlace, images: HclImages) -> Iterator[HclPlace]:
        """Yield what a value without a variable to follow holds."""
        text = place.leaf.expression
        verdict = _refuse(text, images)
        if images.reads_templates and images.read is not None:
            yield from images.read(place, self._values)
        elif verdict is not None:
            if images.may_mean(self.source.text[text.span.start : text.span.end]):
                yield replace(place, verdict=images.verdict or verdict)
        elif isinstance(text, Text) and images.document is None and (part := images.part_of(text.value)) is not None:
            placed = replace(place, part=part) if part[0] else place
            yield from (placed,) if images.read is None or images.verdict else images.read(placed, self._values)

    def _follow(self, place: HclPlace, images: HclImages, use: HclUse) -> Iterator[HclPlace]:
        """Yield the literal that a variable stands for, or the variable with the reason why it is left alone."""
        if use.names[0] in self.table.known:
            return
        defined = self._variables.definition(use)
        if defined is not None:
            leaf, text = defined
            part = (0, len(text.value)) if use.has_prefix else images.part_of(text.value)
            if part is not None:
                doubt = place.verdict or self._variables.doubt(use)
                yield replace(place, leaf=leaf, verdict=doubt, part=part if part[0] else None)
        elif use.has_prefix or not images.is_prefixed:
            yield replace(place, verdict=Unreadable("variable", f"{use.name} is not defined as a literal in this file"))

    @cached_property
    def _variables(self) -> Variables:
        uses = (
            replace(use, is_plain=self._is_plain(leaf, images), is_digest_alone=images.is_digest_alone)
            for leaf, images in self._meant
            if (use := find_use(leaf.expression, images.prefixes)) is not None
        )
        return Variables(self.file, self._leaves, self.table.define, tuple(uses))

    def _is_plain(self, leaf: Leaf, images: HclImages) -> bool:
        """Return whether nothing in a place speaks against a digest in it, and nothing stands in front of it."""
        place = HclPlace(leaf)
        read_as = (place,) if images.read is None else tuple(images.read(place, self._values))
        return images.verdict is None and images.document is None and read_as == (place,)

    def _doubtful(self) -> Iterator[HclPlace]:
        for leaf, images in _meant_by(self.table.doubtful_routes, self._leaves):
            if isinstance(leaf.expression, Text) and is_versioned(leaf.expression, self.context):
                yield HclPlace(leaf, images.verdict)

    def _inside(self) -> Iterator[Found]:
        """Yield what stands in texts that are documents themselves."""
        for leaf, images in self._meant:
            text = leaf.expression
            if images.document is not None and isinstance(text, Text) and text.is_literal:
                inner = Source(images.document_name, text.value)
                inside = Inside(inner, text.offsets, images.document.prove, locator(leaf.path))
                for one in images.document.find(inner, Context(aliases=self.context.aliases)):
                    yield inside.lift(self.source.path, one)


def _meant_by(routes: Routes, found: Iterable[Leaf]) -> Iterator[tuple[Leaf, HclImages]]:
    # Most resources are named by no route: they are looked at once, not once a value.
    likely: dict[tuple[Path, str | int], Routes] = {}
    for leaf in found:
        ends = leaf.path[:2], 0 if isinstance(leaf.path[-1], int) else leaf.path[-1]
        if ends not in likely:
            likely[ends] = tuple(one for one in routes if _may_lead(one[0], *ends))
        for route, images in likely[ends]:
            if route.matches(leaf.path, _no_value) and (images.where is None or images.where(leaf)):
                yield leaf, images
                break


def _may_lead(route: Route, start: Path, end: str | int) -> bool:
    """Return whether a route could lead to something that begins and ends like this."""
    return (isinstance(end, int) or route.last_key in (None, end)) and route.passes(start, _no_value)


def _refuse(expression: Expression, images: HclImages) -> Unreadable | None:
    """Say why an expression is no literal, or None; what can hold no image is left to the caller."""
    is_document = images.document is not None
    match expression:
        case Text(is_literal=False, value=value):
            return None if is_document and "image" not in value else _TEMPLATE
        case Call(name=name):
            if is_document and name in _FOLLOWED:
                return None
            return Unreadable(_MADE, f"the value is made by {name}(), which is not evaluated here")
        case Operation():
            return _OPERATION
    return None


def _no_value(_: Path) -> None:
    """Return no value: routes of tables tell nothing by what stands beside."""


def _skip_file(source: Source, malformed: Malformed) -> Skipped:
    span = malformed.span
    return Skipped(
        path=source.path,
        span=span,
        locator=f"line {source.position(span.start).line}",
        written=source.text[span.start : span.end],
        reason=malformed.reason,
        detail=malformed.detail + _count_images(source.text),
    )


def _count_images(text: str) -> str:
    """Say how many images a file that was not read seems to hold, so that its loss can be weighed."""
    count = len(re.findall(_IMAGE_LINE, text, re.MULTILINE))
    return f" ({count} image line{'' if count == 1 else 's'})" if count else ""
