"""One side of a move as far as it was read, and which images of two sides belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import zip_longest
from types import MappingProxyType
from typing import Final

from pinner.frozen import dataclass
from pinner.oci.contents import ImageContents, IndexContents
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.review.evidence import Unread

# Each costs four requests: a manifest and a configuration a side.
MOST_READ: Final = 8
# What most people run, so that these are looked into where there are too many.
_FIRST: Final = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True, slots=True)
class Listed:
    """An image of an index: its platform where that is known, and its manifest."""

    platform: Platform | None
    manifest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a digest names. `contents` are the images that were read; `unread` the indexes inside that could not be."""

    digest: Digest
    is_index: bool
    images: tuple[Listed, ...]
    attestations: frozenset[Digest] = frozenset()
    others: frozenset[Digest] = frozenset()
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    contents: Mapping[Digest, ImageContents | Unread] = field(default_factory=lambda: MappingProxyType({}))
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one platform has on both sides, which differs; None where a side does not have it."""

    platform: Platform | None
    old: Digest | None
    new: Digest | None

    @property
    def is_moved(self) -> bool:
        """Whether both sides have it."""
        return self.old is not None and self.new is not None


def publish_image(image: ImageContents) -> Published:
    """Return a single manifest as a side."""
    platform = None if image.configuration is None else image.configuration.platform
    return Published(
        digest=image.digest,
        is_index=False,
        images=(Listed(platform, image.digest),),
        contents=MappingProxyType({image.digest: image}),
    )


def publish_index(
    index: IndexContents, nested: Iterable[IndexContents] = (), unread: Iterable[Unread] = ()
) -> Published:
    """Return an index as a side, together with those inside of it."""
    every = (index, *nested)
    return Published(
        digest=index.digest,
        is_index=True,
        images=tuple(Listed(entry.platform, entry.digest) for one in every for entry in one.images),
        attestations=frozenset(entry.digest for one in every for entry in one.attestations),
        others=frozenset(entry.digest for one in every for entry in one.others),
        annotations=index.annotations,
        unread=tuple(unread),
    )


def pair(old: Published, new: Published) -> tuple[Pair, ...]:
    """Return the images that differ, by platform; several of one platform (Windows has them) in their order."""
    before, after = _by_platform(old.images), _by_platform(new.images)
    return tuple(
        Pair(platform=platform, old=one, new=other)
        for platform in sorted(before.keys() | after.keys(), key=_rank)
        for one, other in zip_longest(
            _without(before.get(platform, ()), after.get(platform, ())),
            _without(after.get(platform, ()), before.get(platform, ())),
        )
    )


def platforms_to_read(old: Published, new: Published, run: Sequence[Platform]) -> Sequence[Platform]:
    """Return the platforms that matter of those that are `run`; none means all, as of a manifest that stands alone.

    Nobody chooses there: whoever pulls it gets it, and a pin of one platform (`#linux/arm64`) was asked for.
    """
    return run if old.is_index and new.is_index else ()


def choose(pairs: Sequence[Pair], platforms: Sequence[Platform] = (), *, most: int = MOST_READ) -> tuple[Pair, ...]:
    """Return the pairs to look into, which both sides have: of `platforms`, or of all, and `most` of them."""
    return tuple(one for one in pairs if one.is_moved and _is_run(one.platform, platforms))[:most]


def manifests_of(chosen: Iterable[Pair]) -> tuple[tuple[Digest, ...], tuple[Digest, ...]]:
    """Return the manifests to read of the old and of the new side."""
    both = [(one.old, one.new) for one in chosen if one.old is not None and one.new is not None]
    return tuple(old for old, _ in both), tuple(new for _, new in both)


def first_image(side: Published) -> Listed | None:
    """Return the image that speaks for a side where the other one is not known."""
    return min(side.images, key=lambda one: _rank(_normal(one.platform)), default=None)


def _by_platform(images: Iterable[Listed]) -> dict[Platform | None, list[Digest]]:
    found: dict[Platform | None, list[Digest]] = {}
    for one in images:
        found.setdefault(_normal(one.platform), []).append(one.manifest)
    return found


def _normal(platform: Platform | None) -> Platform | None:
    return None if platform is None else platform.normal


def _without(digests: Iterable[Digest], others: Iterable[Digest]) -> tuple[Digest, ...]:
    known = frozenset(others)
    return tuple(one for one in dict.fromkeys(digests) if one not in known)


def _rank(platform: Platform | None) -> tuple[int, str]:
    text = "" if platform is None else str(platform)
    return (_FIRST.index(text) if text in _FIRST else len(_FIRST) + (platform is None), text)


def _is_run(platform: Platform | None, platforms: Sequence[Platform]) -> bool:
    return not platforms or platform is None or any(one.is_among((platform,)) for one in platforms)
