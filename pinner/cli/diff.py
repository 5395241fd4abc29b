"""`pinner diff`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pinner.cli import options

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


def diff(
    old: Old = None,
    new: New = None,
    lockfile: options.Lockfile = None,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
) -> None:
    """Show what changed between two lockfiles. Opens no connection."""
    from pinner.cli import session
    from pinner.commands.diff import diff_locks
    from pinner.report import documents, text

    if schema:
        session.print_schema("diff")
    project = session.open_for((), session.Terminal(), config=None, no_config=True, lockfile=lockfile)
    report = documents if report_format is options.OutputFormat.JSON else text
    difference = diff_locks(project, old, new, read_stdin=sys.stdin.buffer.read)
    session.emit(report.render_difference(difference), output)
