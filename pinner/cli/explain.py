"""`pinner explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options

Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="RULE|IMAGE", help="A rule of check or verify, or an image: its name, or a pattern.", show_default=False
    ),
]


def explain(
    subject: Subject = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    jobs: options.ScanJobs = None,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    color: options.Colour = options.ColourChoice.AUTO,
) -> None:
    """Say what a rule demands, or all that is known of an image. Opens no connection; asks helpers as a run does."""
    import datetime as dt
    import sys

    from pinner.cli import session
    from pinner.cli.terminal import say
    from pinner.commands.explain import explain_image, explain_rule
    from pinner.errors import UsageError
    from pinner.report import explanation as report
    from pinner.report.text import plain, render_findings

    if schema:
        session.print_schema("explanation")
    if subject is None:
        raise UsageError("no rule and no image is given", hint="write pinner explain lock-drift, or nginx:1.27")
    is_json = report_format is options.OutputFormat.JSON
    rule = explain_rule(subject)
    if rule is not None:
        session.emit(report.render_explanation_document(rule=rule) if is_json else report.render_rule(rule), output)
        session.finish(0)
    terminal = session.Terminal(color)
    project = session.open_for((), terminal, config, lockfile, templates, no_config=no_config)
    network = session.network(registries, auth=auth, pull_secret=pull_secret, terminal=terminal)
    explained = explain_image(project, subject, network, now=dt.datetime.now(dt.UTC), jobs=jobs)
    if is_json:
        session.emit(report.render_explanation_document(images=explained.images), output)
    else:
        paint = plain if output else terminal.paint_for(sys.stdout)
        session.emit(report.render_images(explained.images, paint=paint), output)
    for warning in explained.warnings:
        terminal.warn(warning)
    say(render_findings(explained.unreadable, paint=terminal.paint_for(sys.stderr)))
    session.finish(
        *(failure.exit_code for failure in explained.failures), session.FINDINGS if explained.unreadable else 0
    )
