"""What a walk over YAML gives: the nodes under the wanted keys, with every path that reaches them.

A path is a tuple of mapping keys and sequence indexes. Merge keys (`<<`) leave no trace in it, so that a node reached
through a merge has the path that the reader of the data would see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Final, Literal

from pinner.frozen import dataclass
from pinner.text import Span

Path = tuple[str | int, ...]
NOWHERE: Final = Span(0, 0)
Shape = Literal["scalar", "mapping", "sequence", "undefined"]


class _EveryKey:
    """A set of keys that holds all of them, and the place of what stands under none."""

    __slots__ = ()

    def __contains__(self, _: object) -> bool:
        return True


EVERY_KEY: Final = _EveryKey()


class _MergeKey(str):
    """A merge key in a path: told by identity from the quoted `"<<"`, which is a key like any other."""

    __slots__ = ()


MERGE: Final = _MergeKey("<<")


@dataclass(slots=True)
class Scalar:
    """A scalar as it stands in the source, and every path that reaches it, with the merge keys on the way."""

    start: int
    end: int
    value: str
    style: str
    tag: str | None
    is_plain: bool
    uses: list[Path]
    has_lost_uses: bool = False


@dataclass(slots=True)
class Hit:
    """A node under a wanted key, at one of its paths, with the merge keys on the way."""

    path: Path
    shape: Shape
    scalar: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node under a wanted key.

    `start` and `end` are offsets in the source; properties (`&anchor`, `!tag`) may stand between `start` and the text.
    `uses` holds every path that reaches a scalar, the place of its definition first; an alias has the place, value
    and uses of what it stands for. `has_lost_uses` says that aliases reach it from more places than were followed.
    """

    path: Path
    shape: Shape
    start: int
    end: int
    value: str = ""
    style: str = ""
    tag: str | None = None
    is_plain: bool = False
    uses: tuple[Path, ...] = ()
    has_lost_uses: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: the nodes under the wanted keys, and some others, in the order of its events.

    `extent` is the part of the source that no other document has: comments before and behind it are in it.
    """

    start: int
    nodes: tuple[Node, ...]
    extent: Span = NOWHERE
    _values: dict[Path, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def scalar_at(self, path: Path) -> str | None:
        """Return the value of the scalar that stands at a path, if one does."""
        return self._scalars().get(path)

    def _scalars(self) -> dict[Path, str]:
        if not self._values:
            self._values.update((node.path, node.value) for node in self.nodes if node.shape == "scalar")
        return self._values


def split_document(document: Document, roots: Iterable[Path]) -> dict[Path, Document]:
    """Return the document once for each of these paths, with the nodes below it alone; their paths stay."""
    below: dict[Path, list[Node]] = {root: [] for root in roots}
    for node in document.nodes:
        for length in range(len(node.path)):
            if node.path[:length] in below:
                below[node.path[:length]].append(node)
    return {root: replace(document, nodes=tuple(nodes)) for root, nodes in below.items()}


def read_nodes(hits: list[Hit]) -> tuple[Node, ...]:
    """Return the nodes of a document that is complete."""
    # Aliases give one scalar to many hits, which share the tuple of its uses.
    shared: dict[int, tuple[Path, ...]] = {}
    return tuple([_read_node(hit, shared) for hit in hits])


def _read_node(hit: Hit, shared: dict[int, tuple[Path, ...]]) -> Node:
    scalar = hit.scalar
    path = _without_merges(hit.path)
    uses: tuple[Path, ...] = (path,)
    if scalar.uses != [hit.path]:
        if id(scalar) not in shared:
            shared[id(scalar)] = tuple(map(_without_merges, scalar.uses))
        uses = shared[id(scalar)]
    return Node(
        path=path,
        shape=hit.shape,
        start=scalar.start,
        end=scalar.end,
        value=scalar.value,
        style=scalar.style,
        tag=scalar.tag,
        is_plain=scalar.is_plain,
        uses=uses,
        has_lost_uses=scalar.has_lost_uses,
    )


def _without_merges(path: Path) -> Path:
    return tuple(_steps_of_data(path)) if MERGE in path else path


def _steps_of_data(path: Path) -> Iterator[str | int]:
    """Drop each merge key, with the index where several mappings are merged; what ends a path is no mapping, and stays.

    (yaml.org/type/merge)
    """
    at = 0
    while at < len(path):
        is_list = isinstance(path[at + 1], int) if at + 1 < len(path) else False
        if path[at] is MERGE and at + 1 + is_list < len(path):
            at += 1 + is_list
        else:
            yield path[at]
            at += 1
