"""Places of a project's own in YAML and JSON: what its rules and its marks name, beside what the format knows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.context import Context, Rule
from pinner.formats.base import Skipped, Unreadable
from pinner.formats.places import AnyPlace, Classify, Look, LookInto, Parts, Place, node_of
from pinner.frozen import dataclass
from pinner.syntax.line_patterns import LinePattern, Searcher
from pinner.syntax.marks import MARK, Mark, find_marks
from pinner.syntax.routes import Route, followed_keys
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text
from pinner.text import Source, Span

_NO_STRING: Final = "the rule must lead to one string"
_UNSEARCHED: Final = Unreadable(
    "pattern-limit", "the line is too long for the rule's pattern, or the file for all of it"
)
_MISPLACED: Final = "misplaced-mark"
_NOT_ALONE: Final = Unreadable(_MISPLACED, f"`# {MARK}` stands in a line of its own, above the image")
_IN_A_TEXT: Final = Unreadable(_MISPLACED, "the mark stands in a text, not in the document; a rule can have a pattern")
_NO_VALUE: Final = Unreadable(_MISPLACED, "below the mark stands no key or list item with one value")
# What may stand between a mark and its value: blank lines, comments, and what introduces one value.
_INTRODUCTION: Final = (
    r"(?:[ \t]*(?:\#[^\r\n]*)?(?:\r\n|\r|\n))*[^\r\n]*?(?::[ \t]*(?:\#[^\r\n]*)?(?:\r\n|\r|\n)[ \t]*)?"
)
# Many marks above one value must not cost the square of their number.
_FARTHEST: Final = 2000


def own_places(source: Source, context: Context) -> OwnPlaces:
    """Return what a project says of a file of YAML."""
    rules = context.rules_for(source.path)
    routed = tuple((rule.route, rule.pattern) for rule in rules if rule.route is not None and not rule.is_embedded)
    return OwnPlaces(source, routed, tuple(rule for rule in rules if rule.route is None), Searcher())


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """The rules of one file, and the searcher for their patterns; marks are looked for in the text."""

    source: Source
    routed: tuple[tuple[Route, LinePattern | None], ...]
    unrouted: tuple[Rule, ...]
    searcher: Searcher

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys whose nodes the rules ask for; None for those of every key."""
        return followed_keys(route for route, _ in self.routed)

    def widen(self, look_into: LookInto) -> LookInto:
        """Return what looks at these places, too; where both know a node, the user knows better."""
        if not self.routed and MARK not in self.source.text:
            return look_into

        def look_wider(chunk: str) -> Look | None:
            is_marked = MARK in chunk
            look = look_into(chunk)
            if not self.routed and not is_marked:
                return look
            keys, classify = (look.keys, look.classify) if look is not None else (frozenset[str](), _find_nothing)
            keys = None if is_marked or keys is None or self.keys is None else keys | self.keys
            return Look(keys, lambda document: self._joined(document, classify))

        return look_wider

    def remarks(self) -> Iterator[Skipped]:
        """Yield the rules that do nothing here."""
        for rule in self.unrouted:
            yield Skipped(
                path=self.source.path,
                span=Span(0, 0),
                locator="",
                written="" if rule.pattern is None else rule.pattern.written,
                reason="rule-without-route",
                detail=f"{rule.name} searches lines, and this file is YAML: give the rule a route",
            )

    def _joined(self, document: Document, classify: Classify) -> Iterator[AnyPlace]:
        own = [*self._ruled(document), *self._marked(document)]
        known = {place.node.path for place in own}
        others = (place for place in classify(document) if known.isdisjoint(_paths_of(place)))
        order = {node.path: number for number, node in enumerate(document.nodes)}
        yield from sorted((*own, *others), key=lambda place: order.get(node_of(place).path, len(order)))

    def _ruled(self, document: Document) -> Iterator[Place]:
        for node in document.nodes:
            patterns = [pattern for route, pattern in self.routed if route.matches(node.path, document.scalar_at)]
            if patterns:
                yield from self._parts(node, patterns)

    def _parts(self, node: Node, patterns: Sequence[LinePattern | None]) -> Iterator[Place]:
        """Yield the whole value where a rule means it, else what the patterns mean in it."""
        searched = [pattern for pattern in patterns if pattern is not None]
        if len(searched) < len(patterns) or node.shape != "scalar":
            yield Place(node, collection=_NO_STRING)
            return
        for part in self.searcher.find_all(searched, scalar_text(node)):
            yield Place(node, _UNSEARCHED if part.is_unsearched else None, part=(part.start, part.end))

    def _marked(self, document: Document) -> Iterator[Place]:
        text = self.source.text
        places: dict[tuple[int, int], Node] = {}
        for node in document.nodes:
            if node.shape == "scalar":
                places.setdefault((node.start, node.end), node)
        scalars = sorted(places.items(), key=lambda place: place[0])
        starts = [start for (start, _), _ in scalars]
        for mark in find_marks(text, document.extent.start, document.extent.end):
            if mark.sign != "#":
                continue
            after = bisect_right(starts, mark.start)
            around = scalars[after - 1][0] if after else (0, 0)
            following = scalars[after][1] if after < len(scalars) else None
            if mark.start < around[1]:
                yield _misplaced(text, mark, _IN_A_TEXT)
            elif not mark.is_alone:
                yield _misplaced(text, mark, _NOT_ALONE)
            elif following is None or not _introduces(text, mark.below, following.start):
                yield _misplaced(text, mark, _NO_VALUE)
            else:
                yield Place(following)


def _find_nothing(_: Document) -> Iterable[AnyPlace]:
    return ()


def _paths_of(place: AnyPlace) -> tuple[Path, ...]:
    """Return the paths of the nodes that name the image."""
    return (place.holder.path, place.repository.path) if isinstance(place, Parts) else (place.node.path,)


def _introduces(text: str, start: int, end: int) -> bool:
    """Return whether only blank lines, comments and one key or dash stand before a value."""
    return end - start <= _FARTHEST and re.compile(_INTRODUCTION).fullmatch(text, start, end) is not None


def _misplaced(text: str, mark: Mark, verdict: Unreadable) -> Place:
    """Return the mark itself as a place that is left alone."""
    written = text[mark.start : mark.end]
    return Place(Node(path=(), shape="scalar", start=mark.start, end=mark.end, value=written, is_plain=True), verdict)
