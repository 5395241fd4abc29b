"""`pinner referrers`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options

Image = Annotated[str, typer.Argument(metavar="REF", help="An image reference, with a tag or a digest.")]
ArtifactType = Annotated[
    str | None,
    typer.Option(metavar="TYPE", help="Only these: 'application/vnd.in-toto+json', 'application/spdx+json'."),
]


def referrers(
    image: Image = "",
    artifact_type: ArtifactType = None,
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
    """List what refers to an image: signatures and the like."""
    from pinner.cli import session
    from pinner.commands.browse import list_referrers, offline_browser
    from pinner.oci.reference import Reference
    from pinner.report import documents, lookups

    if schema:
        session.print_schema("referrers")
    terminal = session.Terminal(color)
    wanted = Reference.parse(image)
    with session.look_ups(registries, 1, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        open_browser = offline_browser if offline else reach.open_browser
        found = list_referrers(wanted, open_browser, artifact_type=artifact_type)
    report = documents if report_format is options.OutputFormat.JSON else lookups
    session.emit(report.render_referrers(wanted, found), output)
    if not found.is_complete:
        terminal.warn("the list is not complete: the registry has more referrers than it was asked for")
