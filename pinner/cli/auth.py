"""`pinner auth`: where credentials come from."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options

app = typer.Typer(
    help="Say where credentials come from.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)

Target = Annotated[
    str | None,
    typer.Argument(metavar="HOST[/REPOSITORY]", help="A registry, or a repository on it.", show_default=False),
]


@app.callback()
def _group() -> None:
    """Keep `explain` a verb of its own: a single command would take the place of its group."""


@app.command("explain")
def explain(
    target: Target = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    color: options.Colour = options.ColourChoice.AUTO,
) -> None:
    """Show which credentials a registry would see, and why. Opens no connection; asks helpers as a run does."""
    import sys

    from pinner.cli import session
    from pinner.commands.auth import explain_auth, failures_of
    from pinner.errors import UsageError
    from pinner.report import access as report
    from pinner.report.text import plain

    if schema:
        session.print_schema("auth")
    if target is None:
        raise UsageError("no registry is given", hint="write pinner auth explain ghcr.io")
    terminal = session.Terminal(color)
    network = session.network(registries, auth=auth, pull_secret=pull_secret, terminal=terminal)
    access = explain_auth(target, network)
    if report_format is options.OutputFormat.JSON:
        session.emit(report.render_access_document(access), output)
    else:
        session.emit(report.render_access(access, paint=plain if output else terminal.paint_for(sys.stdout)), output)
        for warning in access.warnings:
            terminal.warn(warning)
    session.finish(*(failure.exit_code for failure in failures_of(access)))
