"""`pinner diff`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli import options

if TYPE_CHECKING:
    from pinner.cli.session import Terminal
    from pinner.review.changes import Review


class ReviewFormat(StrEnum):
    """How a review is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


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
Online = Annotated[
    bool, typer.Option("--online", help="Read both sides of what moved from their registries, and say why it moved.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=64,
        envvar="PINNER_SCAN_JOBS",
        help="Processes that read files, and look-ups at the same time.  [default: by their number]",
    ),
]
Format = Annotated[ReviewFormat, typer.Option("--format", envvar="PINNER_FORMAT", help="The form of the report.")]


def diff(
    old: Old = None,
    new: New = None,
    check: Check = False,
    no_places: NoPlaces = False,
    online: Online = False,
    offline: options.Offline = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    jobs: Jobs = None,
    timeout: options.Timeout = 300,
    report_format: Format = ReviewFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    stats: options.Stats = False,
    color: options.Colour = options.ColourChoice.AUTO,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what changed between two lockfiles, where and why. Opens a connection only with --online."""
    from pinner.cli import session
    from pinner.commands.diff import review_locks
    from pinner.commands.revisions import is_of_working_tree

    if schema:
        session.print_schema("diff")
    terminal = session.Terminal(color, quiet, has_progress=not no_progress)
    has_places = not no_places and is_of_working_tree(old, new)
    # Who looks for places needs to know what the tree says of its files, and who asks, which platforms are run.
    no_config = no_config or not (has_places or online)
    settings = None if no_config else config
    project = session.open_for((), terminal, settings, lockfile, templates, no_config=no_config)
    review = review_locks(project, old, new, read_stdin=sys.stdin.buffer.read, has_places=has_places, jobs=jobs)
    if online:
        from pinner.commands.diff import explain_moves
        from pinner.commands.network import offline_reader

        most = jobs or options.DEFAULT_JOBS
        with session.look_ups(
            registries, most, timeout, auth, pull_secret, terminal=terminal, has_stats=stats
        ) as reach:
            open_reader = offline_reader if offline else reach.open_reader
            review = explain_moves(project, review, open_reader)
    _emit(review, report_format, output, terminal)
    session.finish(*_explain_unread(review, terminal), session.FINDINGS if check and review.images else 0)


def _emit(review: Review, report_format: ReviewFormat, output: Path | None, terminal: Terminal) -> None:
    """Write the review in its form."""
    from pinner.cli import session

    if report_format is ReviewFormat.JSON:
        from pinner.report.review_document import render_review as render_document

        session.emit(render_document(review), output)
    elif report_format is ReviewFormat.MARKDOWN:
        from pinner.report.review_markdown import render_review as render_markdown

        session.emit(render_markdown(review), output)
    elif report_format is ReviewFormat.HTML:
        from pinner.report.review_html import render_review as render_html

        session.emit_pieces(render_html(review), output)
    else:
        from pinner.report.review_text import render_review, summarize_review
        from pinner.report.text import plain

        paint = plain if output else terminal.paint_for(sys.stdout)
        session.emit(render_review(review, paint=paint), output)
        terminal.note(summarize_review(review))


def _explain_unread(review: Review, terminal: Terminal) -> tuple[int, ...]:
    """Say what could not be read and what to do next; return the exit codes of it."""
    unread = [(image, one) for image in review.images if image.evidence for one in image.evidence.unread]
    if unread:
        from pinner.cli.terminal import say
        from pinner.report.text import render_failures
        from pinner.rewriting import Failure

        failures = {one.error.message: Failure(image=image.key, places=(), error=one.error) for image, one in unread}
        say(render_failures(failures.values(), paint=terminal.paint_for(sys.stderr)))
    return tuple(one.error.exit_code for _, one in unread)
