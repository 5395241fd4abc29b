"""The path tracker: an event stream in, the nodes under the wanted keys out.

A path is a tuple of mapping keys and sequence indexes. Merge keys (`<<`) leave no trace in it, so that a node reached
through a merge has the path that the reader of the data would see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pinner.syntax.yaml_events import Kind

Path = tuple[str | int, ...]
Shape = Literal["scalar", "mapping", "sequence", "undefined"]

MAXIMUM_DEPTH: Final = 200
# Aliases of aliases multiply places, never work: more than this in one document is an attack, not a file.
MAXIMUM_PLACES: Final = 10_000
_MERGE: Final = "<<"
_COMPLEX_KEY: Final = "?"
_SHAPES: Final[dict[Kind, Shape]] = {Kind.MAPPING_START: "mapping", Kind.SEQUENCE_START: "sequence"}


class TooDeepError(Exception):
    """The text is nested deeper than any file of people; `offset` counts from the start of the chunk."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset
        self.limit = MAXIMUM_DEPTH


@dataclass(slots=True)
class _Scalar:
    """A scalar as it stands in the source, and every path that reaches it."""

    start: int
    end: int
    value: str
    style: str
    tag: str | None
    is_plain: bool
    uses: list[Path]
    has_lost_uses: bool = False


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
    """One YAML document: the nodes under the wanted keys (and in anchored sequences), in the order of its events."""

    start: int
    nodes: tuple[Node, ...]


@dataclass(slots=True)
class _Frame:
    """A collection that is open: where we are in it."""

    is_mapping: bool
    # The current key or index; None in a mapping means that the next node is a key.
    step: str | int | None
    # The nearest mapping key outside of a sequence.
    key: str | None
    anchor: str | None
    # The collection itself, where an alias may bring it under a wanted key.
    outline: _Scalar | None
    first_hit: int
    # Whether the whole collection stands in the place of a key: what is inside it is no value of anybody.
    is_key: bool = False


@dataclass(slots=True)
class _Collection:
    """An anchored collection that is complete: its path and the hits inside it."""

    path: Path
    shape: Shape
    outline: _Scalar
    first: int
    last: int
    is_lost: bool = False


@dataclass(slots=True)
class _Hit:
    path: Path
    shape: Shape
    scalar: _Scalar


@dataclass(slots=True)
class PathTracker:
    """Follow events and remember the nodes under `keys`; `base` is added to every offset.

    The scalars of an anchored sequence are remembered too, whatever key it stands under.
    """

    keys: frozenset[str]
    base: int
    kinds: dict[type, Kind]
    _frames: list[_Frame] = field(default_factory=list)
    _hits: list[_Hit] = field(default_factory=list)
    _anchors: dict[str, _Scalar | _Collection | None] = field(default_factory=dict)

    def documents(self, events: Iterable[Any]) -> Iterator[Document]:
        """Yield a document at each document end; raise `TooDeepError` beyond the depth that is allowed."""
        start = self.base
        for event in events:
            kind = self.kinds[event.__class__]
            if kind is Kind.SCALAR:
                self._scalar(event)
            elif kind is Kind.MAPPING_START or kind is Kind.SEQUENCE_START:
                self._open(event, kind)
            elif kind is Kind.MAPPING_END or kind is Kind.SEQUENCE_END:
                self._close()
            elif kind is Kind.ALIAS:
                self._alias(event)
            elif kind is Kind.DOCUMENT_START:
                start = self.base + event.start_mark.index
                self._frames, self._hits, self._anchors = [], [], {}
            elif kind is Kind.DOCUMENT_END:
                yield Document(start, _nodes(self._hits))

    def _scalar(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is None:
            return
        if frame.step is None:
            frame.step = frame.key = event.value
            if event.anchor is not None:
                # A key is no image: an alias of it makes the anchor a shared one.
                self._anchors[event.anchor] = self._read(event, uses=[(_COMPLEX_KEY,)])
            return
        wanted = frame.key in self.keys
        if not frame.is_mapping:
            frame.step = int(frame.step) + 1
            # An alias may bring the whole list under a wanted key.
            wanted = wanted or frame.anchor is not None
        if wanted or event.anchor is not None:
            path = self._path()
            scalar = self._read(event, uses=[path])
            if wanted:
                self._hits.append(_Hit(path, "scalar", scalar))
            if event.anchor is not None:
                self._anchors[event.anchor] = scalar
        if frame.is_mapping:
            frame.step = None

    def _read(self, event: Any, *, uses: list[Path]) -> _Scalar:
        tag = event.tag
        return _Scalar(
            self.base + event.start_mark.index,
            self.base + event.end_mark.index,
            event.value,
            event.style or "",
            None if tag is None else str(tag),
            bool(event.implicit[0]),
            uses,
        )

    def _open(self, event: Any, kind: Kind) -> None:
        if len(self._frames) >= MAXIMUM_DEPTH:
            raise TooDeepError(event.start_mark.index)
        parent = self._frames[-1] if self._frames else None
        is_key = parent is not None and parent.step is None
        if parent is not None:
            if parent.step is None:
                parent.step = parent.key = _COMPLEX_KEY
            elif not parent.is_mapping:
                parent.step = int(parent.step) + 1
            if parent.key in self.keys:
                self._hits.append(_Hit(self._path(), _SHAPES[kind], self._outline(event, event.tag)))
        is_mapping = kind is Kind.MAPPING_START
        step = None if is_mapping else -1
        key = parent.key if parent is not None and not is_mapping else None
        outline = self._outline(event, event.tag) if event.anchor is not None else None
        self._frames.append(_Frame(is_mapping, step, key, event.anchor, outline, len(self._hits), is_key))
        if event.anchor is not None:
            # An alias inside of what it names reaches nothing new.
            self._anchors[event.anchor] = None

    def _outline(self, event: Any, tag: Any = None) -> _Scalar:
        start, end = self.base + event.start_mark.index, self.base + event.end_mark.index
        return _Scalar(start, end, "", "", None if tag is None else str(tag), is_plain=False, uses=[])

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.anchor is not None and frame.outline is not None and self._anchors[frame.anchor] is None:
            shape: Shape = "mapping" if frame.is_mapping else "sequence"
            self._anchors[frame.anchor] = _Collection(
                self._path(), shape, frame.outline, frame.first_hit, len(self._hits)
            )
        parent = self._frames[-1] if self._frames else None
        if parent is not None and parent.is_mapping and not frame.is_key:
            parent.step = None

    def _alias(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is None:
            return
        target = self._anchors.get(event.anchor)
        if frame.step is None:
            frame.step = frame.key = target.value if isinstance(target, _Scalar) else _COMPLEX_KEY
            return
        if not frame.is_mapping:
            frame.step = int(frame.step) + 1
        path = self._path()
        if isinstance(target, _Scalar):
            target.uses.append(path)
            if frame.key in self.keys:
                self._hits.append(_Hit(path, "scalar", target))
        elif isinstance(target, _Collection):
            if frame.key in self.keys:
                self._hits.append(_Hit(path, target.shape, target.outline))
            self._reach(target, _without_merge(path))
        elif event.anchor not in self._anchors and frame.key in self.keys:
            self._hits.append(_Hit(path, "undefined", self._outline(event)))
        if frame.is_mapping:
            frame.step = None

    def _reach(self, target: _Collection, path: Path) -> None:
        """Add the places that an alias of a collection reaches."""
        for at in range(target.first, target.last):
            if len(self._hits) >= MAXIMUM_PLACES:
                self._lose(target)
                return
            hit = self._hits[at]
            reached = path + hit.path[len(target.path) :]
            hit.scalar.uses.append(reached)
            self._hits.append(_Hit(reached, hit.shape, hit.scalar))

    def _lose(self, target: _Collection) -> None:
        """Remember, once a collection, that what is in it has uses that nobody knows."""
        if not target.is_lost:
            target.is_lost = True
            for hit in self._hits[target.first : target.last]:
                hit.scalar.has_lost_uses = True

    def _path(self) -> Path:
        return tuple(frame.step for frame in self._frames if frame.step is not None)


def _without_merge(path: Path) -> Path:
    """Drop a merge key at the end of a path, with the index where several mappings are merged."""
    if len(path) > 1 and path[-2] == _MERGE and isinstance(path[-1], int):
        return path[:-2]
    return path[:-1] if path and path[-1] == _MERGE else path


def _nodes(hits: list[_Hit]) -> tuple[Node, ...]:
    uses = {identity: tuple(scalar.uses) for identity, scalar in {id(hit.scalar): hit.scalar for hit in hits}.items()}
    return tuple(
        Node(
            path=hit.path,
            shape=hit.shape,
            start=hit.scalar.start,
            end=hit.scalar.end,
            value=hit.scalar.value,
            style=hit.scalar.style,
            tag=hit.scalar.tag,
            is_plain=hit.scalar.is_plain,
            uses=uses[id(hit.scalar)],
            has_lost_uses=hit.scalar.has_lost_uses,
        )
        for hit in hits
    )
