"""`pinner pin`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options
from pinner.errors import UsageError


def pin(
    paths: options.Paths = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Use the lock alone; fail for what it lacks.")] = False,
    offline: options.Offline = False,
    check: options.Check = False,
    diff: options.Diff = False,
    dry_run: options.DryRun = False,
    stdin_filename: options.StdinFilename = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    platform: options.Platform = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    jobs: options.Jobs = options.DEFAULT_JOBS,
    timeout: options.Timeout = 300,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    stats: options.Stats = False,
    color: options.Colour = options.ColourChoice.AUTO,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Add the missing digests; recorded ones stay."""
    from pinner.cli import session
    from pinner.cli.outcome import finish_outcome, read_preview
    from pinner.commands import network as net
    from pinner.commands.pin import pin_text, pin_tree

    if schema:
        session.print_schema("plan")
    terminal = session.Terminal(color, quiet, verbose, not no_progress)
    preview = read_preview(check=check, diff=diff, dry_run=dry_run, report_format=report_format)
    places, is_stdin = session.split_paths(paths)
    if is_stdin and report_format is not options.OutputFormat.TEXT:
        raise UsageError("standard input is answered with the pinned text; --format does not go with '-'")
    wanted = session.read_platform(platform)
    project = session.open_for(places, terminal, config, lockfile, templates, no_config=no_config)
    with session.look_ups(registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        open_resolver = net.frozen_resolver if frozen else net.offline_resolver if offline else reach.open_resolver
        if is_stdin:
            source = session.read_stdin(stdin_filename)
            outcome = pin_text(project, source, open_resolver=open_resolver, platform=wanted, writes=preview.writes)
        else:
            outcome = pin_tree(project, places, open_resolver=open_resolver, platform=wanted, writes=preview.writes)
    finish_outcome(outcome, project, terminal, preview, report_format, output, verb="pinned")
