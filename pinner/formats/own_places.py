"""Places of a project's own in YAML and JSON: what its rules name, beside what the format knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pinner.context import Rule
from pinner.formats.places import Classify, Parts, Place
from pinner.syntax.routes import followed_keys
from pinner.syntax.yaml_nodes import Document, Node

_NO_STRING: Final = "the rule must lead to one string"


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """What the rules of a project say of one file."""

    rules: tuple[Rule, ...]

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys whose nodes are asked for; None for those of every key."""
        return followed_keys(rule.route for rule in self.rules)

    def join(self, classify: Classify) -> Classify:
        """Return what gives these places too; where both know a node, the user knows better."""
        return (lambda document: self._joined(document, classify)) if self.rules else classify

    def _joined(self, document: Document, classify: Classify) -> Iterator[Place | Parts]:
        own = {place.node.path: place for place in self._find(document)}
        order = {node.path: number for number, node in enumerate(document.nodes)}
        others = (place for place in classify(document) if _node_of(place).path not in own)
        yield from sorted((*own.values(), *others), key=lambda place: order[_node_of(place).path])

    def _find(self, document: Document) -> Iterator[Place]:
        for node in document.nodes:
            if any(rule.route.matches(node.path, document.scalar_at) for rule in self.rules):
                yield Place(node, collection=_NO_STRING)


def _node_of(place: Place | Parts) -> Node:
    """Return the node that names most."""
    return place.holder if isinstance(place, Parts) else place.node
