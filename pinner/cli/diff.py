"""`pinner diff`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from pinner.cli import options


class ReviewFormat(StrEnum):
    """How a review is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


Old = Annotated[
    str | None,
    typer.Argument(
        metavar="[OLD]",
        help="A lockfile, '-', a git revision, A..B or A...B.  [default: where HEAD left the default branch]",
    ),
]
New = Annotated[
    str | None,
    typer.Argument(metavar="[NEW]", help="A lockfile, '-' or a git revision.  [default: the working tree]"),
]
Check = Annotated[bool, typer.Option("--check", help="Exit 1 if anything differs.")]
NoPlaces = Annotated[
    bool, typer.Option("--no-places", help="Do not look for the places of the working tree that use the images.")
]
Format = Annotated[ReviewFormat, typer.Option("--format", envvar="PINNER_FORMAT", help="The form of the report.")]


def diff(
    old: Old = None,
    new: New = None,
    check: Check = False,
    no_places: NoPlaces = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    jobs: options.ScanJobs = None,
    report_format: Format = ReviewFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    color: options.Colour = options.ColourChoice.AUTO,
    quiet: options.Quiet = False,
) -> None:
    """Show what changed between two lockfiles, and where it matters. Opens no connection."""
    from pinner.cli import session
    from pinner.commands.diff import review_locks
    from pinner.commands.revisions import is_of_working_tree

    if schema:
        session.print_schema("diff")
    terminal = session.Terminal(color, quiet)
    has_places = not no_places and is_of_working_tree(old, new)
    # Only who looks for places needs to know what the tree says of its files.
    settings = config if has_places else None
    project = session.open_for((), terminal, settings, lockfile, templates, no_config=no_config or not has_places)
    review = review_locks(project, old, new, read_stdin=sys.stdin.buffer.read, has_places=has_places, jobs=jobs)
    if report_format is ReviewFormat.JSON:
        from pinner.report.review_document import render_review as render_document

        session.emit(render_document(review), output)
    elif report_format is ReviewFormat.MARKDOWN:
        from pinner.report.review_markdown import render_review as render_markdown

        session.emit(render_markdown(review), output)
    else:
        from pinner.report.review_text import render_review, summarize_review
        from pinner.report.text import plain

        paint = plain if output else terminal.paint_for(sys.stdout)
        session.emit(render_review(review, paint=paint), output)
        terminal.note(summarize_review(review))
    session.finish(session.FINDINGS if check and review.images else 0)
