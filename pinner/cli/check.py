"""`pinner check`."""

# Nothing from `__future__`: typer would compile every annotation again.
import sys
from typing import Annotated

import typer

from pinner.cli import options


def check(
    paths: options.Paths = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    stdin_filename: options.StdinFilename = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    jobs: options.ScanJobs = None,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    color: options.Colour = options.ColourChoice.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find what is not pinned, and where files and lock disagree. Opens no connection, ever."""
    from pinner.cli import session
    from pinner.commands.check import check_text, check_tree
    from pinner.policy.findings import Severity
    from pinner.report import text as report

    if schema:
        session.print_schema("findings")
    terminal = session.Terminal(color, quiet, verbose)
    places, is_stdin = session.split_paths(paths)
    project = session.open_for(places, terminal, config, lockfile, templates, no_config=no_config)
    result = (
        check_text(project, session.read_stdin(stdin_filename)) if is_stdin else check_tree(project, places, jobs=jobs)
    )
    session.warn_if_untaken(result.untaken, result.files, terminal)
    limit = Severity.WARNING if strict else Severity.ERROR
    if report_format is options.OutputFormat.JSON:
        from pinner.report.documents import render_findings

        session.emit_pieces(render_findings(result.findings, result.counts, result.files), output)
    else:
        least = Severity.NOTE if verbose else limit if quiet else Severity.WARNING
        shown = (one for one in result.findings if one.severity >= least)
        paint = terminal.paint_for(sys.stdout) if output is None else report.plain
        session.emit_pieces((report.render_finding(one, paint=paint) for one in shown), output)
    more = "; -v shows the notes" if result.counts[Severity.NOTE] and not verbose else ""
    terminal.note(report.summarize_findings(result.counts, result.files) + more)
    session.finish(
        session.UNUSABLE if result.is_lock_in_conflict else 0,
        session.FINDINGS if any(result.counts[one] for one in Severity if one >= limit) else 0,
    )
