"""`pinner update`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli import options
from pinner.errors import UsageError

if TYPE_CHECKING:
    from pinner.commands.project import Project
    from pinner.cooldown import Cooldown

Images = Annotated[
    list[str] | None,
    typer.Option(
        "--image", metavar="GLOB", help="Only these images: 'nginx', 'ghcr.io/acme/*', 'docker.io/library/node:22'."
    ),
]
MinAge = Annotated[
    str | None,
    typer.Option(
        "--min-age",
        metavar="AGE",
        envvar="PINNER_MIN_AGE",
        help="Let a new digest wait in the lock until it is this old: 12h, 3d, 2w.  [default: as configured, or 0]",
    ),
]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="GLOB", help="Accept what moved of these images, however new; may be repeated."),
]


def update(
    paths: options.Paths = None,
    image: Images = None,
    min_age: MinAge = None,
    accept: Accept = None,
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
    wait = _read_wait(project, min_age, accept)
    run = partial(update_tree, project, places, globs=image or (), cooldown=wait, writes=preview.writes)
    with session.look_ups(registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach:
        open_resolver = offline_resolver if offline else reach.open_resolver
        outcome = run(open_resolver=open_resolver, cache=reach.open_cache(max_age))
    finish_outcome(outcome, project, terminal, preview, report_format, output, verb="updated")


def _read_wait(project: Project, min_age: str | None, accept: list[str] | None) -> Cooldown | None:
    """Return how long new digests wait in this run."""
    from datetime import UTC, datetime

    from pinner.cooldown import read_cooldown

    wait = read_cooldown(min_age, project.config.min_age, accepts=accept or (), now=datetime.now(UTC))
    if accept and wait is None:
        project.warn("no minimum age is set, so that --accept holds nothing back: all that moved is accepted")
    return wait
