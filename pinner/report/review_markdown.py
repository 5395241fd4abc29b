"""What changed between two lockfiles, as the text of a merge request for GitHub and GitLab.

A summary, one table with a row an image, and a fold-out each; never more than `LARGEST` bytes, because forges cut or
refuse what is longer. What comes from outside is code, a link that names its host, or harmless words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.lock.model import Pin
from pinner.report.inert import code, code_in_cell, in_html, link, prose
from pinner.review.changes import Action, ChangedImage, Place, Review, Side
from pinner.review.summaries import command_of, count_changes, count_folders
from pinner.review.telling import Line, Link, Quoted, Words, describe_change, explain, warn_of

# GitHub takes 65,536 letters; what a bot adds around it has to fit, too.
LARGEST: Final = 60_000
_HEADER: Final = "| Image | Old | New | Platforms | Why | Where |\n|---|---|---|---|---|---|\n"
_NONE: Final = "-"
_SHORT: Final = 12
_MOST_PLATFORMS: Final = 4
_MOST_LINES: Final = 60
_MOST_PLACES: Final = 20
# For the sentence that says how much was left out.
_RESERVE: Final = 200


def render_review(review: Review, *, largest: int = LARGEST) -> str:
    """Return the text; what does not fit is counted: fold-outs go first, then rows, the last ones of both before."""
    head, foot = f"{_summary(review)}\n", f"\n{_foot(review)}\n"
    if not review.images:
        return head
    room = largest - _size(head, foot, _HEADER) - _RESERVE
    rows = _take([_row(one, review.places_of(one.pin.tagged)) for one in review.images], room)
    left_out = len(review.images) - len(rows)
    room -= _size(*rows)
    folds = [] if left_out else _take([_fold(group, review) for group in review.groups], room)
    parts = [head, "\n", _HEADER, *rows]
    if left_out:
        parts.append(f"\nand {left_out} more\n")
    parts += folds
    if not left_out and len(folds) < len(review.groups):
        parts.append(f"\nThe details of {len(review.groups) - len(folds)} more would make this too long.\n")
    return "".join((*parts, foot))


def _take(parts: Iterable[str], room: int) -> list[str]:
    """Return as many of the first parts as fit into so many bytes."""
    taken: list[str] = []
    for part in parts:
        room -= _size(part)
        if room < 0:
            break
        taken.append(part)
    return taken


def _size(*parts: str) -> int:
    return sum(len(part.encode()) for part in parts)


def _summary(review: Review) -> str:
    return f"**{count_changes(review)}** between {_side(review.old)} and {_side(review.new)}"


def _side(side: Side) -> str:
    return prose(side.name) + (f" ({code(side.commit[:_SHORT])})" if side.commit else "")


def _foot(review: Review) -> str:
    lines = []
    if any(one.is_moved and one.evidence is None for one in review.images):
        lines.append("Why a digest moved is known to its registry alone, which nobody asked.")
    if review.places is None:
        lines.append("Where an image is used was not looked for.")
    return "\n".join((*lines, "Made by `pinner diff --format markdown`."))


def _row(image: ChangedImage, places: Sequence[Place] | None) -> str:
    cells = (
        code_in_cell(image.key),
        _digest_cell(image.old),
        _digest_cell(image.new),
        _platform_cell(image),
        _why_cell(image),
        _where_cell(places),
    )
    return f"| {' | '.join(cells)} |\n"


def _digest_cell(pin: Pin | None) -> str:
    return _NONE if pin is None else code_in_cell(f"{pin.digest.algorithm}:{pin.digest.encoded[:_SHORT]}…")


def _platform_cell(image: ChangedImage) -> str:
    if not image.is_moved:
        return str(len(image.pin.platforms)) if image.pin.platforms else _NONE
    changes = [f"+{code_in_cell(str(one))}" for one in image.platforms_added]
    changes += [f"-{code_in_cell(str(one))}" for one in image.platforms_removed]
    if not changes:
        return "same" if image.old and image.old.platforms and image.pin.platforms else _NONE
    more = len(changes) - _MOST_PLATFORMS
    return " ".join(changes[:_MOST_PLATFORMS]) + (f" and {more} more" if more > 0 else "")


def _why_cell(image: ChangedImage) -> str:
    words = [f"**{image.action}**" if image.action is Action.REPUBLISHED else str(image.action)]
    words += ["**index became a manifest**"] if image.is_flattened else []
    words += [one.words for one in image.evidence.causes] if image.evidence else []
    return ", ".join(words)


def _where_cell(places: Sequence[Place] | None) -> str:
    if not places:
        return _NONE if places is None else "nowhere"
    more = len(places) - 1
    return code_in_cell(f"{places[0].path}:{places[0].line}") + (f" and {more} more" if more else "")


def _fold(group: Sequence[ChangedImage], review: Review) -> str:
    """Return the fold-out of a tag; the blank lines around it make forges read what is inside as Markdown."""
    tagged = group[0].pin.tagged
    lines: list[str] = []
    for image in group:
        lines += _image_lines(image)
    lines += _place_lines(review.places_of(tagged))
    if any(one.new for one in group):
        command = command_of(tagged, is_moved=any(one.is_moved for one in group))
        lines.append(f"- to see the same: {code(command)}")
    title = f"<code>{in_html(tagged)}</code> {group[0].action}"
    return f"\n<details>\n<summary>{title}</summary>\n\n" + "".join(f"{one}\n" for one in lines) + "\n</details>\n"


def _image_lines(image: ChangedImage) -> Iterator[str]:
    yield f"- {code(image.key)} {image.action}"
    yield from (
        f"  - {word} {code(str(pin.digest))}"
        for word, pin in (("old", image.old), ("new", image.new))
        if pin is not None
    )
    yield from (f"  - **warning**: {_write(line)}" for line in warn_of(image))
    said = [*describe_change(image), *(explain(image.evidence) if image.evidence else ())]
    yield from (f"  - {_write(line)}" for line in said[:_MOST_LINES])
    if len(said) > _MOST_LINES:
        yield f"  - and {len(said) - _MOST_LINES} more"


def _place_lines(places: Sequence[Place] | None) -> Iterator[str]:
    if not places:
        return
    folders, more = count_folders(places)
    counts = ", ".join(f"{code(folder)} {count}" for folder, count in folders)
    yield f"- used in {counts}" + (f" and {more} more folders" if more else "")
    yield from (f"  - {code(str(one))}" for one in places[:_MOST_PLACES])
    if len(places) > _MOST_PLACES:
        yield f"  - and {len(places) - _MOST_PLACES} more"


def _write(line: Line) -> str:
    """Return a line of fragments; two that are code are kept apart, or they would be one."""
    written = ""
    for one in line:
        match one:
            case Words():
                part = one.text
            case Link():
                part = link(one.word, one.url)
            case Quoted():
                part = code(one.text)
            case _:
                part = prose(one.text)
        written += f" {part}" if written.endswith("`") and part.startswith("`") else part
    return written
