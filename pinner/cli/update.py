"""`pinner update`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options
from pinner.errors import UsageError

Images = Annotated[
    list[str] | None,
    typer.Option(
        "--image", metavar="GLOB", help="Only these images: 'nginx', 'ghcr.io/acme/*', 'docker.io/library/node:22'."
    ),
]


def update(
    paths: options.Paths = None,
    image: Images = None,
    offline: options.Offline = False,
    check: options.Check = False,
    diff: options.Diff = False,
    dry_run: options.DryRun = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
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
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Look recorded tags up again and accept what moved."""
    from pinner.cli import session
    from pinner.cli.outcome import finish_outcome, read_preview
    from pinner.commands.network import offline_resolver
    from pinner.commands.update import update_tree

    if schema:
        session.print_schema("plan")
    terminal = session.Terminal(color, quiet, verbose, not no_progress)
    preview = read_preview(check=check, diff=diff, dry_run=dry_run, report_format=report_format)
    places, is_stdin = session.split_paths(paths)
    if is_stdin:
        raise UsageError("update works on files, not on standard input")
    project = session.open_for(places, terminal, config, lockfile, templates, no_config=no_config)
    with session.look_ups(registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        open_resolver = offline_resolver if offline else reach.open_resolver
        cache = reach.open_cache(max_age)
        outcome = update_tree(
            project, places, open_resolver=open_resolver, globs=tuple(image or ()), writes=preview.writes, cache=cache
        )
    finish_outcome(outcome, project, terminal, preview, report_format, output, verb="updated")
