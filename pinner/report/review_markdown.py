"""What changed between two lockfiles, as the text of a merge request for GitHub and GitLab.

Never more than `LARGEST` bytes, because forges cut or refuse what is longer. What comes from outside is code, a link
that names its host, or harmless words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pinner.report.inert import code, code_in_cell, in_html, link, prose
from pinner.review.changes import Review
from pinner.review.fragments import Line, Link, Strong, Told, Words
from pinner.review.outline import HEADINGS, Fold, Row, folds_of, notes_of, rows_of, summarize, waiting_of

# GitHub takes 65,536 letters; what a bot adds around it has to fit, too.
LARGEST: Final = 60_000
_HEAD: Final = f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}\n"
# For the sentence that says how much was left out.
_RESERVE: Final = 200


def render_review(review: Review, *, largest: int = LARGEST) -> str:
    """Return the text; what does not fit is counted: fold-outs go first, then rows, the last ones of both before."""
    waiting = "".join(f"- {_write(line)}\n" for line in waiting_of(review))
    summary = f"{_write(summarize(review))}\n" + (f"\n{waiting}" if waiting else "")
    if not review.images:
        return summary
    notes = "\n" + "".join(f"{_write(line)}\n" for line in notes_of(review))
    room = largest - _size(summary, notes, _HEAD) - _RESERVE
    rows = _take(map(_row, rows_of(review)), room)
    left_out = len(review.images) - len(rows)
    folds = [] if left_out else _take(map(_fold, folds_of(review)), room - _size(*rows))
    folded = len(review.groups) - len(folds)
    more = f"\nand {left_out} more\n" if left_out else ""
    if folded and not left_out:
        more = f"\nThe details of {folded} more would make this too long.\n"
    return "".join((summary, "\n", _HEAD, *rows, *folds, more, notes))


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


def _row(row: Row) -> str:
    return f"| {' | '.join(_write(cell, quote=code_in_cell) for cell in row)} |\n"


def _fold(fold: Fold) -> str:
    """Return a fold-out; the blank lines around it make forges read what is inside as Markdown."""
    lines = []
    for point in fold.points:
        lines += [f"- {_write(point.line)}\n", *(f"  - {_write(line)}\n" for line in point.below)]
    title = f"<code>{in_html(fold.name)}</code> {fold.action}"
    return f"\n<details>\n<summary>{title}</summary>\n\n{''.join(lines)}\n</details>\n"


def _write(line: Line, *, quote: Callable[[str], str] = code) -> str:
    """Return a line; two pieces of code are kept apart, or they would be one."""
    written = ""
    for one in line:
        match one:
            case Words():
                part = one.text
            case Strong():
                part = f"**{one.text}**"
            case Link():
                part = link(one.text, one.url)
            case Told():
                part = prose(one.text)
            case _:
                part = quote(one.text)
        written += f" {part}" if written.endswith("`") and part.startswith("`") else part
    return written
