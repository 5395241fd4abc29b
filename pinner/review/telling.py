"""What is said of a change, as lines: warnings, what the lockfiles tell, and why it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pinner.oci import media_types
from pinner.oci.platform import Platform
from pinner.review.changes import Action, ChangedImage
from pinner.review.evidence import Cause, Evidence, PlatformFacts
from pinner.review.fragments import Line, Link, Quoted, Told, Words

_OF_PLATFORMS: Final = frozenset({Cause.PLATFORM_ADDED, Cause.PLATFORM_REMOVED})
_KILOBYTE: Final = 1_000
_MEGABYTE: Final = 1_000_000
_MEDIA_TYPES: Final = {
    media_types.OCI_INDEX: "OCI index",
    media_types.DOCKER_LIST: "Docker list",
    media_types.OCI_MANIFEST: "OCI manifest",
    media_types.DOCKER_MANIFEST: "Docker manifest",
}


def warn_of(image: ChangedImage) -> tuple[Line, ...]:
    """Return what a reviewer must not overlook."""
    said: list[Line] = []
    if image.action is Action.REPUBLISHED:
        said.append((Words(f"the tag looks like {image.tag_kind.words}, and means other bytes now"),))
    if image.is_flattened:
        said.append((Words("an index of platforms has become a single manifest"),))
    if image.platforms_removed:
        said.append((Words("no longer for "), *_list(image.platforms_removed)))
    return tuple(said)


def describe_change(image: ChangedImage) -> tuple[Line, ...]:
    """Return what the lockfiles tell of a move beside its digests: platforms that came, and the kind of document."""
    said: list[Line] = []
    if image.platforms_added:
        said.append((Words("now also for "), *_list(image.platforms_added)))
    if image.media_types and not image.is_flattened:
        old, new = map(_name_media_type, image.media_types)
        said.append((old, Words(" → "), new))
    return tuple(said)


def explain(evidence: Evidence) -> Iterator[Line]:
    """Yield why a digest moved, the weightiest first, and then what was found."""
    for one in evidence.judgements:
        # What came or went names its platforms already.
        where = () if one.cause in _OF_PLATFORMS else _on(one.platforms)
        yield Words(one.cause.words), *((Words(": "), Told(one.because)) if one.because else ()), *where
    for setting in evidence.settings:
        yield Told(setting.sentence), *_on(setting.platforms)
    for label in evidence.labels:
        if label.is_changed:
            # Words between the values, not an arrow: two values in a script from right to left would change places.
            yield (
                Words("label "),
                Quoted(label.name),
                Words(" was "),
                _value(label.old),
                Words(", is now "),
                _value(label.new),
            )
    if evidence.compare:
        yield (Link("compare the revisions", evidence.compare),)
    for platform in evidence.platforms:
        yield from _measure(platform)
    if evidence.left_out:
        yield (Words(f"{evidence.left_out} more platforms were not looked into"),)
    for unread in evidence.unread:
        yield Words("could not be read: "), Told(unread.what), Words(", "), Told(unread.error.message)


def _measure(facts: PlatformFacts) -> Iterator[Line]:
    """Yield how many layers a platform's image shares with the one before, and by how much it grew."""
    old, new = facts.old, facts.new
    name = Words("the image") if facts.platform is None else Quoted(str(facts.platform))
    parts = []
    if new is not None and new.layers is not None and facts.shared_layers is not None:
        parts.append(f"{facts.shared_layers} of {len(new.layers)} layers as before")
    if facts.size_delta is not None:
        parts.append(f"{_count_bytes(facts.size_delta)} stored")
    elif old is None and new is not None and new.size is not None:
        parts.append(f"{_count_bytes(new.size)} stored")
    if parts:
        yield name, Words(f": {', '.join(parts)}")


def _count_bytes(size: int) -> str:
    """Return a difference of sizes for people, with its sign: `+1.2 MB`."""
    if abs(size) < _KILOBYTE:
        return f"{size:+d} bytes"
    return f"{size / _MEGABYTE:+.1f} MB" if abs(size) >= _MEGABYTE else f"{size / _KILOBYTE:+.1f} kB"


def _on(platforms: Iterable[Platform]) -> Line:
    listed = tuple(_list(platforms))
    return (Words(" on "), *listed) if listed else ()


def _list(platforms: Iterable[Platform]) -> Iterator[Words | Quoted]:
    for number, one in enumerate(platforms):
        if number:
            yield Words(", ")
        yield Quoted(str(one))


def _value(text: str | None) -> Words | Quoted:
    return Words("not set") if text is None else Quoted(text)


def _name_media_type(media_type: str) -> Words | Quoted:
    known = _MEDIA_TYPES.get(media_type)
    return Quoted(media_type) if known is None else Words(known)
