"""`pinner tags`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options

Repository = Annotated[str, typer.Argument(metavar="REPOSITORY", help="A repository: nginx, ghcr.io/acme/api.")]


def tags(
    repository: Repository = "",
    offline: options.Offline = False,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    timeout: options.Timeout = 300,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    stats: options.Stats = False,
    color: options.Colour = options.ColourChoice.AUTO,
) -> None:
    """List the tags of a repository, one a line."""
    from pinner.cli import session
    from pinner.commands.browse import list_tags, offline_browser, read_repository
    from pinner.report import documents, lookups

    if schema:
        session.print_schema("tags")
    terminal = session.Terminal(color)
    wanted = read_repository(repository)
    with session.look_ups(registries, 1, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        found = list_tags(wanted, offline_browser if offline else reach.open_browser)
    report = documents if report_format is options.OutputFormat.JSON else lookups
    session.emit(report.render_tags(wanted, found), output)
    if not found.is_complete:
        terminal.warn("the list is not complete: the registry has more tags than it was asked for")
