"""`pinner resolve`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pinner.cli import options

References = Annotated[
    list[str] | None, typer.Argument(metavar="REF...", help="Image references; '-' reads them from standard input.")
]


def resolve(
    references: References = None,
    offline: options.Offline = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read what the registry has and check its hash.")] = False,
    platform: options.Platform = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    jobs: options.Jobs = options.DEFAULT_JOBS,
    timeout: options.Timeout = 300,
    max_age: options.MaxAge = "0",
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    stats: options.Stats = False,
    color: options.Colour = options.ColourChoice.AUTO,
    no_progress: options.NoProgress = False,
) -> None:
    """Print the digest that each reference means now, one a line."""
    from pinner.cli import session
    from pinner.cli.terminal import say
    from pinner.commands.network import offline_resolver
    from pinner.commands.resolve import read_references, resolve_all
    from pinner.report import documents, lookups, text

    if schema:
        session.print_schema("resolutions")
    terminal = session.Terminal(color, has_progress=not no_progress)
    wanted = session.read_platform(platform)
    parsed = read_references(references or (), sys.stdin)
    is_json = report_format is options.OutputFormat.JSON
    with session.look_ups(registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        open_resolver = offline_resolver if offline else reach.open_resolver
        # Whoever wants bytes to be read wants them from the registry.
        cache = None if verify else reach.open_cache(max_age)
        results = resolve_all(parsed, open_resolver, platform=wanted, needs_documents=is_json or verify, cache=cache)
    report = documents if is_json else lookups
    session.emit(report.render_resolutions(results), output)
    failures = lookups.failures_of(results)
    say(text.render_failures(failures, paint=terminal.paint_for(sys.stderr)))
    session.finish(*(failure.error.exit_code for failure in failures))
