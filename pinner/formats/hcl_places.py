"""The tool of formats in HCL: from the places of a table to what was found there, and the proof of edits.

A variable is followed to the literal that it stands for in the same file. That literal is edited only where nothing but
images is made of it there; nobody is guessed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Find, Format, Found, Skipped, Unreadable, rewrites_of
from pinner.formats.build_proof import prove_images
from pinner.formats.hcl_own import OwnHcl
from pinner.formats.hcl_reading import HclPlace, is_versioned, read_place
from pinner.formats.inner import Inside, prove_inside
from pinner.formats.yaml_reading import locator
from pinner.syntax.hcl_leaves import Leaf, expressions, leaves
from pinner.syntax.hcl_lexer import Malformed
from pinner.syntax.hcl_nodes import Call, Expression, File, Operation, Text, Variable
from pinner.syntax.hcl_proof import prove as prove_texts
from pinner.syntax.hcl_reader import read
from pinner.syntax.routes import Route, parse_route
from pinner.syntax.yaml_nodes import Path
from pinner.text import Source

# What may be followed: the first name, and where what the other names mean is defined.
Definitions = Mapping[str, Callable[[Sequence[str]], Path]]
Routes = tuple[tuple[Route, "HclImages"], ...]

_MADE: Final = "expression"
# Places inside of what these are given have routes of their own, and a file that is read whole has its own format.
_FOLLOWED: Final = frozenset({"concat", "file", "jsonencode", "merge", "yamldecode", "yamlencode"})
_OPERATION: Final = Unreadable(_MADE, "the value is made of an expression, which is not evaluated here")
_TEMPLATE: Final = Unreadable("variable", "the text holds variables or directives; only a whole literal is pinned")


@dataclass(frozen=True, slots=True, kw_only=True)
class HclImages:
    """The values at a route that are images, as in `pinner.formats.routed.Images`.

    `where` tells which of them are meant. `is_digest_alone` where what reads the file takes no tag beside a digest.
    `read` looks at one text and what stands around it: it returns the place as it is, or changed. `document` is the
    format of texts that are documents themselves, and `document_name` how such a file would be called.
    """

    route: str
    verdict: Unreadable | None = None
    where: Callable[[Leaf], bool] | None = None
    is_digest_alone: bool = False
    read: Callable[[HclPlace], Iterable[HclPlace]] | None = None
    document: Format | None = None
    document_name: str = "inner.yaml"


@dataclass(frozen=True)
class HclTable:
    """All places of a format, and the ways to what variables stand for.

    Of two places for one value, the first decides. Whatever begins with one of the `known` names is found, or said,
    where it is defined. `doubtful` places come last: what stands there is only said, unless it was found before.
    """

    places: Sequence[HclImages]
    definitions: Definitions
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
    def _meant(self) -> tuple[tuple[Leaf, HclImages], ...]:
        return tuple(_meant_by(self.table.routes, self._leaves))

    def _places(self) -> Iterator[HclPlace]:
        uses: dict[tuple[str, ...], list[HclImages]] = {}
        for leaf, images in self._meant:
            if (names := names_of(leaf.expression)) is not None:
                uses.setdefault(names, []).append(images)
        for leaf, images in self._meant:
            place = HclPlace(leaf, verdict=images.verdict, is_digest_alone=images.is_digest_alone)
            names = names_of(leaf.expression)
            if names is not None:
                yield from self._follow(place, names, uses[names])
            elif (verdict := _refuse(leaf.expression, images)) is not None:
                yield replace(place, verdict=images.verdict or verdict)
            elif isinstance(leaf.expression, Text) and images.document is None:
                yield from (place,) if images.read is None or images.verdict else images.read(place)

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

    def _follow(self, use: HclPlace, names: tuple[str, ...], uses: Sequence[HclImages]) -> Iterator[HclPlace]:
        """Yield the literal that a variable stands for, or the variable with the reason why it is left alone."""
        if names[0] in self.table.known:
            return
        defined = self._definition(names)
        if defined is None:
            detail = f"{'.'.join(names)} is not defined as a literal in this file"
            yield replace(use, verdict=Unreadable("variable", detail))
            return
        doubt = use.verdict or self._doubt(names, uses)
        yield HclPlace(defined, verdict=doubt, is_digest_alone=use.is_digest_alone)

    def _definition(self, names: tuple[str, ...]) -> Leaf | None:
        """Return the one literal that a variable stands for."""
        find_path = self.table.definitions.get(names[0])
        path = find_path(names[1:]) if find_path is not None and len(names) > 1 else None
        defined = [leaf for leaf in self._leaves if leaf.path == path]
        is_literal = len(defined) == 1 and isinstance(defined[0].expression, Text) and defined[0].expression.is_literal
        return defined[0] if is_literal else None

    def _doubt(self, names: tuple[str, ...], uses: Sequence[HclImages]) -> Unreadable | None:
        """Say why what a variable stands for must not be edited: something else is made of it, too."""
        name = ".".join(names)
        every = [one for one in self._variables if one[: len(names)] == names[: len(one)]]
        if any(images.verdict or images.read or images.document for images in uses):
            return Unreadable("variable", f"{name} is also used where no digest may stand")
        if len(every) > len(uses):
            return Unreadable("variable", f"{name} is also used for something else than whole images in this file")
        if len({images.is_digest_alone for images in uses}) > 1:
            return Unreadable("variable", f"{name} is used where a tag may stand beside a digest, and where it may not")
        return None

    @cached_property
    def _variables(self) -> tuple[tuple[str, ...], ...]:
        return tuple(one.names for one in expressions(self.file) if isinstance(one, Variable))


def _meant_by(routes: Routes, found: Iterable[Leaf]) -> Iterator[tuple[Leaf, HclImages]]:
    for leaf in found:
        for route, images in routes:
            if route.matches(leaf.path, _no_value) and (images.where is None or images.where(leaf)):
                yield leaf, images
                break


def names_of(expression: Expression) -> tuple[str, ...] | None:
    """Return the names of a variable that is the whole value, also as `"${var.image}"`."""
    match expression:
        case Variable(names=names):
            return names
        case Text(inside=(Variable(names=names),), value=value, is_heredoc=False):
            return names if value.strip("${}~ \t") == ".".join(names) and value.count("{") == 1 else None
    return None


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
        detail=malformed.detail,
    )
