"""The path tracker: an event stream in, the nodes under the wanted keys out.

While a document is read, merge keys stand in the paths, so that an alias can bring what it names anywhere; the nodes
that come out have paths without them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import field
from typing import Any, Final

from pinner.frozen import dataclass
from pinner.syntax.yaml_events import Kind
from pinner.syntax.yaml_nodes import MERGE, Document, Hit, Path, Scalar, Shape, read_nodes

MAXIMUM_DEPTH: Final = 200
# Aliases of aliases multiply places, never work: more than this in one document is an attack, not a file.
MAXIMUM_PLACES: Final = 10_000
_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
_COMPLEX_KEY: Final = "?"
_UNREADABLE_KEY: Final = Scalar(0, 0, _COMPLEX_KEY, "", None, is_plain=False, uses=[])
# To look up a member of an enumeration costs more than to follow most events.
_SCALAR: Final = Kind.SCALAR
_MAPPING_START: Final = Kind.MAPPING_START
_MAPPING_END: Final = Kind.MAPPING_END
_SEQUENCE_START: Final = Kind.SEQUENCE_START
_SEQUENCE_END: Final = Kind.SEQUENCE_END


class TooDeepError(Exception):
    """The text is nested deeper than any file of people; `offset` counts from the start of the chunk."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset
        self.limit = MAXIMUM_DEPTH


@dataclass(slots=True)
class _Frame:
    """A collection that is open: where we are in it."""

    is_mapping: bool
    # The current key or index; None in a mapping means that the next node is a key.
    step: str | int | None
    # The nearest mapping key outside of a sequence; none under a merge key.
    key: str | None
    anchor: str | None
    # The collection itself, where an alias may bring it under a wanted key.
    outline: Scalar | None
    first_hit: int
    # Whether the whole collection stands in the place of a key: what is inside it is no value of anybody.
    is_key: bool = False
    # A sequence that an alias may bring under a wanted key, or one directly inside of such a sequence.
    is_anchored_list: bool = False

    def set_key(self, value: str, *, is_plain: bool, tag: Any) -> None:
        """Stand at the value of a key: `<<` merges unless it is quoted or has another tag (yaml.org/type/merge)."""
        if value == MERGE and (is_plain or (tag is not None and str(tag) == _MERGE_TAG)):
            self.step, self.key = MERGE, None
        else:
            self.step = self.key = value


@dataclass(slots=True)
class _Collection:
    """An anchored collection that is complete: its path and the hits inside it."""

    path: Path
    shape: Shape
    outline: Scalar
    first: int
    last: int
    is_lost: bool = False


@dataclass(slots=True)
class PathTracker:
    """Follow events and remember the nodes under `keys`; `base` is added to every offset.

    The scalars of an anchored sequence are remembered too, whatever key it stands under, and so is every scalar that
    holds `marker`. With `EVERY_KEY` all nodes are.
    """

    keys: Container[str | None]
    base: int
    kinds: dict[type, Kind]
    marker: str | None = None
    _frames: list[_Frame] = field(default_factory=list)
    _hits: list[Hit] = field(default_factory=list)
    _anchors: dict[str, Scalar | _Collection | None] = field(default_factory=dict)
    _places: int = 0
    _start: int = 0

    def documents(self, events: Iterable[Any]) -> Iterator[Document]:
        """Yield a document at each document end; raise `TooDeepError` beyond the depth that is allowed."""
        kinds, keys, frames = self.kinds, self.keys, self._frames
        has_marker = self.marker is not None
        for event in events:
            kind = kinds[event.__class__]
            if kind is _SCALAR:
                # Most scalars are keys, or values that nobody asks for: these need no call.
                frame = frames[-1] if frames else None
                if frame is None or event.anchor is not None or has_marker or not frame.is_mapping:
                    self._scalar(event)
                elif frame.step is None and event.value != MERGE:
                    frame.step = frame.key = event.value
                elif frame.step is None or frame.key in keys:
                    self._scalar(event)
                else:
                    frame.step = None
            elif kind is _MAPPING_START or kind is _SEQUENCE_START:
                self._open(event, is_mapping=kind is _MAPPING_START)
            elif kind is _MAPPING_END or kind is _SEQUENCE_END:
                self._close()
            else:
                yield from self._follow(event, kind)

    def _follow(self, event: Any, kind: Kind) -> tuple[Document, ...]:
        """Follow an event of a rare kind; return the document that it ends."""
        if kind is Kind.ALIAS:
            self._alias(event)
        elif kind is Kind.DOCUMENT_START:
            self._start = self.base + event.start_mark.index
            self._frames.clear()
            self._hits, self._anchors, self._places = [], {}, 0
        elif kind is Kind.DOCUMENT_END:
            return (Document(self._start, read_nodes(self._hits)),)
        return ()

    def _scalar(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is None:
            return
        if frame.step is None:
            frame.set_key(event.value, is_plain=event.implicit[0], tag=event.tag)
            if event.anchor is not None:
                # A key is no image: an alias of it makes the anchor a shared one.
                self._anchors[event.anchor] = self._read(event, uses=[(_COMPLEX_KEY,)])
            return
        wanted = frame.key in self.keys or self._is_marked(event.value)
        if not frame.is_mapping:
            frame.step = int(frame.step) + 1
            wanted = wanted or frame.is_anchored_list
        if wanted or event.anchor is not None:
            path = self._path()
            scalar = self._read(event, uses=[path])
            if wanted:
                self._hits.append(Hit(path, "scalar", scalar))
            if event.anchor is not None:
                self._anchors[event.anchor] = scalar
        if frame.is_mapping:
            frame.step = None

    def _read(self, event: Any, *, uses: list[Path]) -> Scalar:
        tag = event.tag
        return Scalar(
            self.base + event.start_mark.index,
            self.base + event.end_mark.index,
            event.value,
            event.style or "",
            None if tag is None else str(tag),
            bool(event.implicit[0]),
            uses,
        )

    def _open(self, event: Any, *, is_mapping: bool) -> None:
        frames, anchor = self._frames, event.anchor
        if len(frames) >= MAXIMUM_DEPTH:
            raise TooDeepError(event.start_mark.index)
        step = None if is_mapping else -1
        key, outline = None, None
        is_key = is_list = False
        if frames:
            parent = frames[-1]
            if parent.step is None:
                is_key = True
                parent.step = parent.key = _COMPLEX_KEY
            elif not parent.is_mapping:
                parent.step = int(parent.step) + 1
            if parent.key in self.keys:
                shape: Shape = "mapping" if is_mapping else "sequence"
                self._hits.append(Hit(self._path(), shape, self._outline(event, event.tag)))
            if not is_mapping:
                key, is_list = parent.key, parent.is_anchored_list
        if anchor is not None:
            # An alias inside of what it names reaches nothing new.
            self._anchors[anchor] = None
            outline, is_list = self._outline(event, event.tag), not is_mapping
        frames.append(_Frame(is_mapping, step, key, anchor, outline, len(self._hits), is_key, is_list))

    def _outline(self, event: Any, tag: Any = None) -> Scalar:
        start, end = self.base + event.start_mark.index, self.base + event.end_mark.index
        return Scalar(start, end, "", "", None if tag is None else str(tag), is_plain=False, uses=[])

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
            key = target if isinstance(target, Scalar) else _UNREADABLE_KEY
            frame.set_key(key.value, is_plain=key.is_plain, tag=key.tag)
            return
        if not frame.is_mapping:
            frame.step = int(frame.step) + 1
        path = self._path()
        if isinstance(target, Scalar):
            target.uses.append(path)
            if frame.key in self.keys or frame.is_anchored_list or self._is_marked(target.value):
                self._hits.append(Hit(path, "scalar", target))
        elif isinstance(target, _Collection):
            if frame.key in self.keys:
                self._hits.append(Hit(path, target.shape, target.outline))
            self._reach(target, path)
        elif event.anchor not in self._anchors and frame.key in self.keys:
            self._hits.append(Hit(path, "undefined", self._outline(event)))
        if frame.is_mapping:
            frame.step = None

    def _reach(self, target: _Collection, path: Path) -> None:
        """Add the places that an alias of a collection reaches."""
        for at in range(target.first, target.last):
            if self._places >= MAXIMUM_PLACES:
                self._lose(target)
                return
            self._places += 1
            hit = self._hits[at]
            reached = path + hit.path[len(target.path) :]
            hit.scalar.uses.append(reached)
            self._hits.append(Hit(reached, hit.shape, hit.scalar))

    def _lose(self, target: _Collection) -> None:
        """Remember, once a collection, that what is in it has uses that nobody knows."""
        if not target.is_lost:
            target.is_lost = True
            for hit in self._hits[target.first : target.last]:
                hit.scalar.has_lost_uses = True

    def _is_marked(self, value: str) -> bool:
        return self.marker is not None and self.marker in value

    def _path(self) -> Path:
        # A list is made in half of the time that a generator takes.
        return tuple([frame.step for frame in self._frames if frame.step is not None])
