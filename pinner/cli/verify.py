"""`pinner verify`."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli import options

if TYPE_CHECKING:
    from pinner.cli.session import Terminal
    from pinner.commands.verify import Verification

Images = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[IMAGE]...",
        help="Only these: 'nginx', 'ghcr.io/acme/*', or any image with its digest, 'nginx@sha256:…'.",
    ),
]

Deep = Annotated[
    bool,
    typer.Option("--deep", help="Where a tag moved, look at other tags, too, and at what both images call themselves."),
]


def verify(
    images: Images = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    deep: Deep = False,
    offline: options.Offline = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
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
    """Ask registries whether what is pinned is true. It asks mirrors, too, and what the tags mean today."""
    from pinner.cli import session
    from pinner.commands.network import offline_resolver
    from pinner.commands.survey import ask_registries, survey_with
    from pinner.commands.verify import verify as verify_images
    from pinner.commands.witnesses import DeepLook

    if schema:
        session.print_schema("findings")
    terminal = session.Terminal(color, quiet, verbose, not no_progress)
    project = session.open_for((), terminal, config, lockfile, templates, no_config=no_config)
    with (
        session.look_ups(registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=stats) as reach,
        reach.open_browser() if deep and not offline else nullcontext() as browser,
    ):
        result = verify_images(
            project,
            tuple(images or ()),
            open_resolver=offline_resolver if offline else reach.open_resolver,
            survey=ask_registries if offline else survey_with(reach),
            deep=DeepLook(list_tags=browser.list_tags, open_reader=reach.open_reader) if browser else None,
        )
    _finish(result, terminal, report_format, output, has_notes=verbose or bool(images), strict=strict)


def _finish(
    result: Verification,
    terminal: Terminal,
    report_format: options.OutputFormat,
    output: Path | None,
    *,
    has_notes: bool,
    strict: bool,
) -> None:
    """Print what was found and what was not, and end with the exit code."""
    from pinner.cli import session
    from pinner.cli.terminal import say
    from pinner.policy.findings import Severity
    from pinner.report import text as report

    counts = Counter(one.severity for one in result.findings)
    limit = Severity.WARNING if strict else Severity.ERROR
    if report_format is options.OutputFormat.JSON:
        from pinner.report.documents import render_findings

        pieces = render_findings(result.findings, counts, result.files, images=result.claims, failures=result.failures)
        session.emit_pieces(pieces, output)
    else:
        least = Severity.NOTE if has_notes else limit if terminal.is_quiet else Severity.WARNING
        paint = report.plain if output else terminal.paint_for(sys.stdout)
        session.emit(
            report.render_findings((one for one in result.findings if one.severity >= least), paint=paint), output
        )
    say(report.render_failures(result.failures, paint=terminal.paint_for(sys.stderr)))
    more = "; -v shows the notes" if counts[Severity.NOTE] and not has_notes else ""
    terminal.note(report.summarize_verification(counts, result.claims, len(result.failures)) + more)
    found = any(counts[one] for one in Severity if one >= limit)
    session.finish(*(failure.error.exit_code for failure in result.failures), session.FINDINGS if found else 0)
