"""`pinner unpin`."""

from __future__ import annotations

from pinner.cli import options


def unpin(
    paths: options.Paths = None,
    check: options.Check = False,
    diff: options.Diff = False,
    dry_run: options.DryRun = False,
    stdin_filename: options.StdinFilename = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    output: options.Output = None,
    color: options.Colour = options.ColourChoice.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Take the digests out of the files again, byte for byte."""
    from pinner.cli import session
    from pinner.cli.outcome import finish_outcome, read_preview
    from pinner.commands.unpin import unpin_text, unpin_tree

    text = options.OutputFormat.TEXT
    terminal = session.Terminal(color, quiet, verbose)
    preview = read_preview(check=check, diff=diff, dry_run=dry_run, report_format=text)
    places, is_stdin = session.split_paths(paths)
    project = session.open_for(places, terminal, config, lockfile, templates, no_config=no_config)
    if is_stdin:
        outcome = unpin_text(project, session.read_stdin(stdin_filename))
    else:
        outcome = unpin_tree(project, places, writes=preview.writes)
    finish_outcome(outcome, project, terminal, preview, text, output, verb="unpinned")
