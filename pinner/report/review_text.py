"""What changed between two lockfiles, for a terminal: what to look at first stands on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.report.text import Paint, escape, join_lines, plain
from pinner.review.changes import Action, ChangedImage, Place, Review
from pinner.review.fragments import Line, Link
from pinner.review.summaries import count_changes, count_folders
from pinner.review.telling import describe_change, explain, warn_of

_COLOURS: Final = {Action.REPUBLISHED: "red", Action.MOVED: "yellow", Action.ADDED: "green", Action.REMOVED: "red"}
_INDENT: Final = " " * 9
_ARROW: Final = "       → "
_MOST_PLACES: Final = 3
_LONGEST: Final = 400


def render_review(review: Review, *, paint: Paint = plain) -> str:
    """Return each change with its digests, what to be warned of, why it was, and where the image is used."""
    lines: list[str] = []
    for group in review.groups:
        for image in group:
            lines += _image_lines(image, paint)
        lines += _place_lines(review.places_of(group[0].pin.tagged), group)
    for one in review.waiting:
        lines += (f"waiting  {escape(one.key)}", f"{_INDENT}{one.digest}, first seen on {one.seen}")
    return join_lines(lines)


def summarize_review(review: Review) -> str:
    """Return one line that counts: `1 republished, 2 moved, 1 added`."""
    return f"{count_changes(review)} from {review.old.name} to {review.new.name}"


def _image_lines(image: ChangedImage, paint: Paint) -> Iterator[str]:
    yield f"{paint(f'{image.action:<8}', _COLOURS[image.action])} {escape(image.key)}"
    digests = [pin.digest for pin in (image.old, image.new) if pin is not None]
    yield f"{_INDENT}{digests[0]}"
    yield from (f"{_ARROW}{digest}" for digest in digests[1:])
    for line in warn_of(image):
        yield f"{_INDENT}{paint('warning', 'yellow')}: {_write(line)}"
    said = (*describe_change(image), *(explain(image.evidence) if image.evidence else ()))
    yield from (f"{_INDENT}{_write(line)}" for line in said)


def _write(line: Line) -> str:
    text = escape("".join(f"{one.text}: {one.url}" if isinstance(one, Link) else one.text for one in line))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _place_lines(places: Sequence[Place] | None, group: Sequence[ChangedImage]) -> Iterator[str]:
    is_gone = all(image.new is None for image in group)
    if not places:
        if places is not None and not is_gone:
            yield f"{_INDENT}used in no file"
        return
    shown = ", ".join(escape(str(one)) for one in places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    if more > 0:
        folders, further = count_folders(places)
        counts = ", ".join(f"{escape(folder)} {count}" for folder, count in folders)
        shown += f" and {more} more ({counts}{', …' if further else ''})"
    yield f"{_INDENT}{'still ' if is_gone else ''}used in {shown}"
