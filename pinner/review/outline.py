"""A review as a page: a summary, a table with a row an entry, and a fold-out an image; the forms only write it down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.frozen import dataclass
from pinner.lock.model import Pin
from pinner.oci.digest import Digest
from pinner.review.changes import Action, ChangedImage, Place, Review, Side
from pinner.review.fragments import Fragment, Line, Quoted, Strong, Told, Words
from pinner.review.summaries import count_changes, count_folders
from pinner.review.telling import describe_change, explain, warn_of

HEADINGS: Final = ("Image", "Old", "New", "Platforms", "Why", "Where")
_NONE: Final[Line] = (Words("-"),)
_SHORT: Final = 12
_MOST_PLATFORMS: Final = 4
_MOST_LINES: Final = 60
_MOST_PLACES: Final = 20
_MOST_WAITING: Final = 20

Row = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A line of a fold-out, and the lines below it."""

    line: Line
    below: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """All that is known of one image, under its name."""

    name: str
    action: Action
    points: tuple[Point, ...]


def summarize(review: Review) -> Line:
    """Return what happened how often, and from what to what."""
    return Strong(count_changes(review)), Words(" from "), *_side(review.old), Words(" to "), *_side(review.new)


def rows_of(review: Review) -> Iterator[Row]:
    """Yield the rows of the table, what to look at first in front."""
    for image in review.images:
        places = review.places_of(image.pin.tagged)
        yield (
            (Quoted(image.key),),
            _digest(image.old),
            _digest(image.new),
            _platforms(image),
            _why(image),
            _where(places),
        )


def folds_of(review: Review) -> Iterator[Fold]:
    """Yield a fold-out for each image, in the order of the table."""
    for group in review.groups:
        tagged = group[0].pin.tagged
        points = [*map(_describe, group), *_list_places(review.places_of(tagged)), *_repeat(tagged, group)]
        yield Fold(tagged, group[0].action, tuple(points))


def waiting_of(review: Review) -> Iterator[Line]:
    """Yield which digests have begun to wait."""
    for one in review.waiting[:_MOST_WAITING]:
        yield (
            Quoted(one.key),
            Words(" will be "),
            Quoted(_shorten(one.digest)),
            Words(f" when it is old enough, first seen on {one.seen}"),
        )
    more = len(review.waiting) - _MOST_WAITING
    if more > 0:
        yield (Words(f"and {more} more"),)


def notes_of(review: Review) -> Iterator[Line]:
    """Yield what the page does not know, and who made it."""
    if any(one.is_moved and one.evidence is None for one in review.images):
        yield Words("Why a digest moved is known to its registry: "), Quoted("pinner diff --online"), Words(" asks it.")
    if review.places is None:
        yield (Words("Where an image is used was not looked for."),)
    yield Words("Made by "), Quoted("pinner diff"), Words(".")


def _side(side: Side) -> Line:
    commit = (Words(" ("), Quoted(side.commit[:_SHORT]), Words(")")) if side.commit else ()
    return Told(side.name), *commit


def _digest(pin: Pin | None) -> Line:
    return _NONE if pin is None else (Quoted(_shorten(pin.digest)),)


def _shorten(digest: Digest) -> str:
    return f"{digest.algorithm}:{digest.encoded[:_SHORT]}…"


def _platforms(image: ChangedImage) -> Line:
    if not image.is_moved:
        return (Words(str(len(image.pin.platforms))),) if image.pin.platforms else _NONE
    changes = [("+", one) for one in image.platforms_added] + [("-", one) for one in image.platforms_removed]
    if not changes:
        return (Words("same"),) if image.old and image.old.platforms and image.pin.platforms else _NONE
    line: list[Fragment] = []
    for sign, one in changes[:_MOST_PLATFORMS]:
        line += [Words(f" {sign}" if line else sign), Quoted(str(one))]
    more = len(changes) - _MOST_PLATFORMS
    return (*line, Words(f" and {more} more")) if more > 0 else tuple(line)


def _why(image: ChangedImage) -> Line:
    action = Strong(str(image.action)) if image.action is Action.REPUBLISHED else Words(str(image.action))
    flattened = (Words(", "), Strong("index became a manifest")) if image.is_flattened else ()
    causes = image.evidence.causes if image.evidence else ()
    return action, *flattened, *(Words(f", {one.words}") for one in causes)


def _where(places: Sequence[Place] | None) -> Line:
    if not places:
        return _NONE if places is None else (Words("nowhere"),)
    more = len(places) - 1
    first = Quoted(f"{places[0].path}:{places[0].line}")
    return (first, Words(f" and {more} more")) if more else (first,)


def _describe(image: ChangedImage) -> Point:
    below: list[Line] = [
        (Words(f"{word} "), Quoted(str(pin.digest)))
        for word, pin in (("old", image.old), ("new", image.new))
        if pin is not None
    ]
    below += ((Strong("warning"), Words(": "), *line) for line in warn_of(image))
    said = [*describe_change(image), *(explain(image.evidence) if image.evidence else ())]
    below += said[:_MOST_LINES]
    below += [(Words(f"and {len(said) - _MOST_LINES} more"),)] if len(said) > _MOST_LINES else []
    return Point((Quoted(image.key), Words(f" {image.action}")), tuple(below))


def _list_places(places: Sequence[Place] | None) -> Iterator[Point]:
    if not places:
        return
    folders, further = count_folders(places)
    counts: list[Fragment] = []
    for folder, count in folders:
        counts += [Words(", " if counts else "used in "), Quoted(folder), Words(f" {count}")]
    counts += [Words(f" and {further} more folders")] if further else []
    below: list[Line] = [(Quoted(str(one)),) for one in places[:_MOST_PLACES]]
    more = len(places) - _MOST_PLACES
    below += [(Words(f"and {more} more"),)] if more > 0 else []
    yield Point(tuple(counts), tuple(below))


def _repeat(tagged: str, group: Sequence[ChangedImage]) -> Iterator[Point]:
    """Yield the command that makes the change again in another clone; what is gone from files goes with none."""
    if any(image.is_moved for image in group):
        yield Point((Words("to see the same: "), Quoted(f"pinner update --image {tagged}")))
    elif any(image.new for image in group):
        yield Point((Words("to see the same: "), Quoted("pinner pin")))
