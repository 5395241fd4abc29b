"""What changed between two lockfiles, as a piece of HTML to be put into a page.

It needs nothing beside it: no script, no style, no picture. What comes from outside is text in `code` elements, which
keep their direction of writing to themselves, the address of a link to https, or harmless words.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from pinner.report.inert import find_host, in_html, is_prose
from pinner.review.changes import Review
from pinner.review.fragments import Line, Link, Strong, Told, Words
from pinner.review.outline import HEADINGS, Fold, Row, folds_of, notes_of, rows_of, summarize, waiting_of


def render_review(review: Review) -> Iterator[str]:
    """Yield a `section` with the summary, the table and a fold-out an image."""
    yield f'<section class="pinner-review">\n<p>{_write(summarize(review))}</p>\n'
    yield _list(tuple(waiting_of(review)))
    if review.images:
        yield "<table>\n<thead>\n<tr>"
        yield from (f'<th scope="col">{heading}</th>' for heading in HEADINGS)
        yield "</tr>\n</thead>\n<tbody>\n"
        yield from map(_row, rows_of(review))
        yield "</tbody>\n</table>\n"
        yield from map(_fold, folds_of(review))
        yield from (f"<p>{_write(line)}</p>\n" for line in notes_of(review))
    yield "</section>\n"


def _row(row: Row) -> str:
    return f"<tr>{''.join(f'<td>{_write(cell)}</td>' for cell in row)}</tr>\n"


def _fold(fold: Fold) -> str:
    points = "".join(f"<li>{_write(point.line)}{_list(point.below)}</li>\n" for point in fold.points)
    return f"<details>\n<summary>{_code(fold.name)} {fold.action}</summary>\n<ul>\n{points}</ul>\n</details>\n"


def _list(lines: tuple[Line, ...]) -> str:
    items = "".join(f"<li>{_write(line)}</li>\n" for line in lines)
    return f"\n<ul>\n{items}</ul>\n" if items else ""


def _write(line: Line) -> str:
    written = ""
    for one in line:
        match one:
            case Words():
                written += in_html(one.text)
            case Told() if is_prose(one.text):
                written += in_html(one.text)
            case Strong():
                written += f"<strong>{in_html(one.text)}</strong>"
            case Link():
                written += _link(one)
            case _:
                written += _code(one.text)
    return written


def _code(text: str) -> str:
    return f'<code dir="auto">{in_html(text) or "(empty)"}</code>'


def _link(one: Link) -> str:
    host = find_host(one.url)
    if host is None:
        return f"{in_html(one.text)}: {_code(one.url)}"
    words = f"{in_html(one.text)} on {_code(host)}"
    return f'<a href="{html.escape(one.url)}" rel="nofollow noopener noreferrer">{words}</a>'
