"""Why digests moved: both sides of each move are read, in three steps, and compared.

First the digests themselves, then indexes inside of indexes, then the images that differ: of what both sides share,
nothing is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from pinner.errors import ResolutionError, UnsupportedError
from pinner.frozen import dataclass
from pinner.lock.model import Pin
from pinner.oci.contents import Contents, ImageContents, IndexContents
from pinner.oci.digest import Digest
from pinner.oci.hosts import host_identity, traits_of
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.review.classification import classify
from pinner.review.evidence import Evidence, Side, Unread
from pinner.review.published import (
    MOST_READ,
    Published,
    choose,
    first_image,
    manifests_of,
    pair,
    platforms_to_read,
    publish_image,
    publish_index,
)

# Indexes inside of an index, of which most have none; deeper ones are not followed, and that is said.
MOST_INDEXES: Final = 8
# Of a registry that counts every manifest as a pull, and allows few to whoever is not logged in.
MOST_METERED: Final = 2


class ContentsReader(Protocol):
    """Reads what digests name; one that fails hides no other one."""

    def read(self, references: Iterable[Reference]) -> tuple[Contents | ResolutionError, ...]:
        """Return what each digest names with its parts, in order, with hashes checked."""


OpenReader = Callable[[], AbstractContextManager[ContentsReader]]
Move = tuple[Pin, Pin]


@dataclass(frozen=True, slots=True)
class _Place:
    """One side of one move: where it is looked for, and what its parts are called."""

    side: Side
    pin: Pin

    def reference(self, digest: Digest) -> Reference:
        return Reference.parse(self.pin.tagged).pinned_to(digest)

    @property
    def most(self) -> int:
        """How many platforms are read."""
        is_metered = traits_of(host_identity(Reference.parse(self.pin.tagged).registry)).is_metered
        return MOST_METERED if is_metered else MOST_READ

    def unread(self, what: str, error: ResolutionError) -> Unread:
        return Unread(side=self.side, what=what.format(self.side), error=error)


def gather_evidence(
    moves: Sequence[Move], open_reader: OpenReader, *, platforms: Sequence[Platform] = ()
) -> Mapping[str, Evidence]:
    """Return what is known of each move, by the key of its entry; `platforms` are those that are run, or all.

    Without a move, no reader is opened.
    """
    if not moves:
        return {}
    with open_reader() as reader:
        places = [place for old, new in moves for place in (_Place("old", old), _Place("new", new))]
        sides = _read_sides(reader, places)
        sides = _read_images(reader, places, sides, platforms)
    return {
        place.pin.key: classify(before, after, platforms=platforms, most=place.most)
        for place, before, after in zip(places[1::2], sides[::2], sides[1::2], strict=True)
    }


_SideOrError = Published | Unread


def _read_sides(reader: ContentsReader, places: Sequence[_Place]) -> tuple[_SideOrError, ...]:
    tops = reader.read(place.reference(place.pin.digest) for place in places)
    inner = [_inner(top) for top in tops]
    asked = [(place, digest) for place, digests in zip(places, inner, strict=True) for digest in digests]
    answers = iter(_read_all(reader, asked))
    return tuple(
        _publish(place, top, [next(answers) for _ in digests])
        for place, top, digests in zip(places, tops, inner, strict=True)
    )


def _inner(top: Contents | ResolutionError) -> tuple[Digest, ...]:
    """Return the indexes inside of an index that are read."""
    return _indexes(top)[:MOST_INDEXES]


def _indexes(top: Contents | ResolutionError) -> tuple[Digest, ...]:
    return tuple(dict.fromkeys(one.digest for one in top.indexes)) if isinstance(top, IndexContents) else ()


def _publish(
    place: _Place, top: Contents | ResolutionError, inner: Sequence[Contents | ResolutionError]
) -> _SideOrError:
    if isinstance(top, ResolutionError):
        return place.unread("the {} digest", top)
    if isinstance(top, ImageContents):
        return publish_image(top)
    unread = [place.unread("an index inside of the {} one", one) for one in inner if isinstance(one, ResolutionError)]
    if len(_indexes(top)) > len(inner) or any(map(_indexes, inner)):
        message = (
            f"{place.reference(top.digest)}: more than {MOST_INDEXES} indexes inside of it, or one inside of those"
        )
        unread.append(
            place.unread("the rest of the {} index", UnsupportedError(message, hint="look at it with other tools"))
        )
    return publish_index(top, [one for one in inner if isinstance(one, IndexContents)], unread)


def _read_images(
    reader: ContentsReader,
    places: Sequence[_Place],
    sides: Sequence[_SideOrError],
    platforms: Sequence[Platform],
) -> tuple[_SideOrError, ...]:
    """Return the sides with those of their images read that are to be compared."""
    needed = [
        digests
        for place, old, new in zip(places[::2], sides[::2], sides[1::2], strict=True)
        for digests in _needed(old, new, platforms, place.most)
    ]
    asked = [(place, digest) for place, digests in zip(places, needed, strict=True) for digest in digests]
    answers = iter(_read_all(reader, asked))
    return tuple(
        _with_images(place, side, {digest: next(answers) for digest in digests})
        for place, side, digests in zip(places, sides, needed, strict=True)
    )


def _needed(
    old: _SideOrError, new: _SideOrError, platforms: Sequence[Platform], most: int
) -> tuple[tuple[Digest, ...], tuple[Digest, ...]]:
    """Return the manifests to read of both sides, those that are known already left out."""
    if isinstance(old, Published) and isinstance(new, Published):
        wanted = platforms_to_read(old, new, platforms)
        before, after = manifests_of(choose(pair(old, new), wanted, most=most))
    else:
        # What the side says of itself that can be read is all that can be told.
        before, after = _speaking(old), _speaking(new)
    return _unknown(old, before), _unknown(new, after)


def _speaking(side: _SideOrError) -> tuple[Digest, ...]:
    first = None if isinstance(side, Unread) else first_image(side)
    return () if first is None else (first.manifest,)


def _unknown(side: _SideOrError, digests: Iterable[Digest]) -> tuple[Digest, ...]:
    known = side.contents if isinstance(side, Published) else {}
    return tuple(dict.fromkeys(one for one in digests if one not in known))


def _with_images(
    place: _Place, side: _SideOrError, answers: Mapping[Digest, Contents | ResolutionError]
) -> _SideOrError:
    if isinstance(side, Unread):
        return side
    images = {one.manifest: one.platform for one in side.images}
    read: dict[Digest, ImageContents | Unread] = {}
    for digest, answer in answers.items():
        if isinstance(answer, ImageContents):
            read[digest] = answer
        elif isinstance(answer, ResolutionError):
            read[digest] = place.unread(f"the {{}} image of {images[digest] or 'an unknown platform'}", answer)
    return replace(side, contents={**side.contents, **read})


def _read_all(reader: ContentsReader, asked: Sequence[tuple[_Place, Digest]]) -> tuple[Contents | ResolutionError, ...]:
    return reader.read(place.reference(digest) for place, digest in asked) if asked else ()
