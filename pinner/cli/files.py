"""`pinner files`."""

from __future__ import annotations

import sys

from pinner.cli import options


def files(
    paths: options.Files = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
    color: options.Colour = options.ColourChoice.AUTO,
) -> None:
    """Say for each file which format took it, or why none did."""
    from pathlib import Path

    from pinner.cli import session
    from pinner.commands.files import explain_files
    from pinner.report.files import render_files, render_files_document
    from pinner.report.text import plain

    if schema:
        session.print_schema("files")
    terminal = session.Terminal(color)
    places = tuple(map(Path, paths or ()))
    project = session.open_for(places, terminal, config=config, no_config=no_config, lockfile=None)
    fates = explain_files(project, places)
    if report_format is options.OutputFormat.JSON:
        session.emit(render_files_document(fates), output)
    else:
        session.emit(render_files(fates, paint=plain if output else terminal.paint_for(sys.stdout)), output)
