"""The tool for images that stand behind a name: what pipelines call variables, parameters and inputs.

    variables: {NODE: node:20}
    test: {image: $NODE}

Such an image is pinned where the name gets its value, and only where that is proven to be enough: it gets it in one
place, and wherever the name is mentioned, an image is expected. With `image: node:$VERSION`, the digest goes behind the
tag if all that mention it say exactly this. What cannot be proven is said where the value stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.places import AnyPlace, Classify, Parts, Place, node_of, text_of
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text

# Where a name is known, and how it is written there.
Name = tuple[str, str]
# A scalar of one of the files that are looked at together.
Spot = tuple[str, int, int]

_TAG: Final = compile_later(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(?:@.*)?", re.ASCII)
# Names that are defined by names that are defined by names: deeper than anybody writes.
_DEEPEST: Final = 20
_LONGEST: Final = 500
_VARIABLE: Final = "variable"


@dataclass(frozen=True, slots=True)
class Hole:
    """A name in a value, which the program replaces by what the name means."""

    start: int
    end: int
    name: Name


@dataclass(frozen=True, slots=True)
class Definition:
    """A node that gives a name its value; `verdict` says why that must stay as it is.

    What `is_exported` stands in the environment of programs, too, which are not seen and know what to do with a whole
    image, but not with a digest behind a tag. What `is_default` gets other values from callers that are not seen, so
    that nothing can be looked up by it in front of an image that stays.
    """

    name: Name
    node: Node
    verdict: Unreadable | None = None
    is_exported: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What one file says about names: who gets a value, which images hold some, and who else mentions them.

    `holes` tells the names in a value; `mentions` the places of all scalars that hold one of some names, images too.
    """

    owner: str
    definitions: Sequence[Definition]
    images: Sequence[Node]
    holes: Callable[[Node], tuple[Hole, ...]]
    mentions: Callable[[frozenset[Name]], Mapping[Name, Iterable[tuple[int, int]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """What came of it: places for definitions, by owner, extent and path, and verdicts on images that hold names.

    An image whose names are said where they are defined is in `served`. `aliases` are names in front of an image that
    mean one text only.
    """

    defined: Mapping[tuple[Spot, Path], Place | Parts] = field(default_factory=dict)
    served: frozenset[Spot] = frozenset()
    verdicts: Mapping[Spot, Unreadable] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def join(self, owner: str, classify: Classify) -> Classify:
        """Return what gives the places of one file as this says."""

        def joined(document: Document) -> Iterator[AnyPlace]:
            others = {node_of(place).path: place for place in classify(document)}
            for node in document.nodes:
                spot = (owner, node.start, node.end)
                place = self.defined.get((spot, node.path)) or others.get(node.path)
                if place is None or spot in self.served:
                    continue
                verdict = self.verdicts.get(spot)
                if verdict is not None and isinstance(place, Place) and place.verdict is None:
                    place = replace(place, verdict=verdict)
                yield place

        return joined


def follow_names(files: Sequence[Names], aliases: Mapping[str, str]) -> Meanings:
    """Follow the names in the images of files that one pipeline is made of."""
    return _Follower(files, aliases).follow()


class _Follower:
    """One pass over the names of some files; linear in what they mention."""

    def __init__(self, files: Sequence[Names], aliases: Mapping[str, str]) -> None:
        self.aliases = aliases
        self.definitions: dict[Name, dict[Spot, list[tuple[Names, Definition]]]] = defaultdict(dict)
        self.images: dict[Spot, tuple[Names, Node]] = {}
        self.mentions: dict[Name, set[Spot]] = defaultdict(set)
        for file in files:
            for one in file.definitions:
                spot = (file.owner, one.node.start, one.node.end)
                self.definitions[one.name].setdefault(spot, []).append((file, one))
            for node in file.images:
                if node.shape == "scalar":
                    self.images.setdefault((file.owner, node.start, node.end), (file, node))
        self.defined: dict[tuple[Spot, Path], Place | Parts] = {}
        self.served: set[Spot] = set()
        self.literals: dict[Name, str | None] = {}
        self._known_holes: dict[Spot, tuple[Hole, ...]] = {}
        names = self._names_that_matter()
        for file in files if names else ():
            for name, extents in file.mentions(names).items():
                self.mentions[name].update((file.owner, *one) for one in extents)

    def _names_that_matter(self) -> frozenset[Name]:
        """Return the names that have a value, and stand in an image or in a value that may be one."""
        defined = chain.from_iterable(ways for by_spot in self.definitions.values() for ways in by_spot.values())
        values = ((file, one.node) for file, one in defined if one.node.shape == "scalar")
        held = (hole.name for file, node in chain(self.images.values(), values) for hole in file.holes(node))
        return frozenset(self.definitions.keys() & held)

    def follow(self) -> Meanings:
        queue = list(self.images)
        waiting = {name: set(spots) for name, spots in self.mentions.items()}
        while queue:
            spot = queue.pop()
            for name in {hole.name for hole in self._holes(spot)}:
                unseen = waiting.get(name, set())
                unseen.discard(spot)
                if not unseen:
                    queue += self._carry(name)
        self._show_others()
        aliases = {text: value for spot in self.images for text, value in self._aliases_in(spot)}
        verdicts = {spot: verdict for spot in self.images if (verdict := self._explain(spot)) is not None}
        return Meanings(defined=self.defined, served=frozenset(self.served), verdicts=verdicts, aliases=aliases)

    def _holes(self, spot: Spot) -> tuple[Hole, ...]:
        if spot not in self._known_holes:
            file, node = self.images[spot]
            self._known_holes[spot] = file.holes(node)
        return self._known_holes[spot]

    def _carry(self, name: Name) -> list[Spot]:
        """Take the definition of a name that only images mention for an image, or for a tag; return new images."""
        found = self._sole(name)
        uses = self.mentions[name]
        if found is None or found[1][0][1].node.shape != "scalar":
            return []
        spot, ways = found
        if all(self._is_whole(use, name) for use in uses):
            self._define(spot, ways, lambda one: Place(one.node, one.verdict))
            self.served |= uses
            if spot in self.images or ways[0][1].verdict is not None:
                return []
            self.images[spot] = (ways[0][0], ways[0][1].node)
            return [spot]
        repository = self._repository_before(name, uses)
        if repository is not None and all(_is_tag(one) and not one.is_exported for _, one in ways):
            self._define(spot, ways, lambda one: _tagged(repository, one.node))
            self.served |= uses
        return []

    def _sole(self, name: Name) -> tuple[Spot, list[tuple[Names, Definition]]] | None:
        """Return the one definition of a name, at all paths that lead to it."""
        found = self.definitions.get(name, {})
        return next(iter(found.items())) if len(found) == 1 else None

    def _define(
        self, spot: Spot, ways: Iterable[tuple[Names, Definition]], place: Callable[[Definition], Place | Parts]
    ) -> None:
        self.defined.update(((spot, one.node.path), place(one)) for _, one in ways)

    def _is_whole(self, spot: Spot, name: Name) -> bool:
        if spot not in self.images:
            return False
        return self._holes(spot) == (Hole(0, len(scalar_text(self.images[spot][1])), name),)

    def _repository_before(self, name: Name, uses: Iterable[Spot]) -> str | None:
        """Return what stands in front of a tag that is this name, if that is the same in all of these images."""
        found = {self._before_tag(use, name) for use in uses}
        repository = found.pop()
        if found or repository is None or isinstance(read_reference(repository, self.aliases), Unreadable):
            return None
        return repository

    def _before_tag(self, spot: Spot, name: Name) -> str | None:
        text = scalar_text(self.images[spot][1])
        *others, last = self._holes(spot)
        if last.name != name or last.end != len(text) or text[last.start - 1 : last.start] != ":":
            return None
        return None if name in {one.name for one in others} else self._expand(text[: last.start - 1], others)

    def _expand(self, text: str, holes: Iterable[Hole], depth: int = 0) -> str:
        """Put in what names mean, where that is one text."""
        pieces: list[str] = []
        end = len(text)
        for hole in sorted(holes, key=lambda one: -one.start):
            value = self._literal(hole.name, depth + 1)
            if value is not None:
                pieces += (text[hole.end : end], value)
                end = hole.start
        return "".join(reversed((*pieces, text[:end])))

    def _literal(self, name: Name, depth: int = 0) -> str | None:
        """Return the one text that a name means; each name is asked once, so that none can multiply without end."""
        if name not in self.literals:
            self.literals[name] = None
            found = self._sole(name)
            if found is not None and depth < _DEEPEST:
                file, definition = found[1][0]
                text = text_of(definition.node)
                if definition.verdict is None and text and not definition.is_default:
                    value = self._expand(text, file.holes(definition.node), depth)
                    self.literals[name] = value if len(value) <= _LONGEST else None
        return self.literals[name]

    def _aliases_in(self, spot: Spot) -> Iterator[tuple[str, str]]:
        """Yield the name in front of an image, with what it means, where only one text can be meant."""
        text = scalar_text(self.images[spot][1])
        for hole in self._holes(spot):
            value = self._literal(hole.name)
            if hole.start == 0 and text[hole.end : hole.end + 1] == "/" and value is not None:
                yield text[: hole.end], value

    def _show_others(self) -> None:
        """Show the values of names that are whole images and cannot be pinned, with the reason."""
        shown: dict[Name, bool] = {}
        for spot in tuple(self.images):
            holes = self._holes(spot)
            if len(holes) != 1 or spot in self.served or not self._is_whole(spot, holes[0].name):
                continue
            name = holes[0].name
            if name not in shown:
                shown[name] = self._show(name)
            if shown[name]:
                self.served.add(spot)

    def _show(self, name: Name) -> bool:
        """Show the values of one name; return whether it has any."""
        verdict = self._refusal(name)
        values = [(at, ways) for at, ways in self.definitions[name].items() if ways[0][1].node.shape == "scalar"]
        for at, ways in values:
            self._define(at, ways, lambda one: Place(one.node, one.verdict or verdict))
        return bool(values)

    def _refusal(self, name: Name) -> Unreadable:
        written = name[1]
        if len(self.definitions[name]) > 1:
            return Unreadable("overridden", f"{written} gets a value in several places; pin them by hand")
        return Unreadable("used-elsewhere", f"{written} is also used in another way; pin it by hand")

    def _explain(self, spot: Spot) -> Unreadable | None:
        """Say of an image that is composed of names why no name of it was pinned."""
        if spot in self.served:
            return None
        text = scalar_text(self.images[spot][1])
        for hole in reversed(self._holes(spot)):
            if hole.end == len(text) and self.definitions.get(hole.name) and text[hole.start - 1 : hole.start] == ":":
                return Unreadable(_VARIABLE, self._tag_refusal(hole.name).detail)
        return None

    def _tag_refusal(self, name: Name) -> Unreadable:
        found = self._sole(name)
        if found is None or not found[1][0][1].is_exported:
            return self._refusal(name)
        detail = f"programs read {name[1]}, too, and want a bare tag; let one variable be the whole image"
        return Unreadable("used-elsewhere", detail)


def _is_tag(definition: Definition) -> bool:
    return definition.verdict is None and _TAG.fullmatch(text_of(definition.node)) is not None


def _tagged(repository: str, tag: Node) -> Parts:
    """Return the image whose tag stands in a value of its own, and whose name is put together elsewhere."""
    name = Node(path=tag.path, shape="scalar", start=tag.start, end=tag.end, value=repository, is_plain=True)
    return Parts(repository=name, tag=tag, path=tag.path)
