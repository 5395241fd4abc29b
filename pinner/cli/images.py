"""`pinner images`."""

from __future__ import annotations

from pinner.cli import options


def images(
    paths: options.Paths = None,
    stdin_filename: options.StdinFilename = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    jobs: options.ScanJobs = None,
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
) -> None:
    """List every image reference with its place. Opens no connection."""
    from pinner.cli import session
    from pinner.commands.images import list_images

    if schema:
        session.print_schema("images")
    places, is_stdin = session.split_paths(paths)
    project = session.open_for(places, session.Terminal(), config, lockfile, templates, no_config=no_config)
    text = session.read_stdin(stdin_filename) if is_stdin else None
    if report_format is options.OutputFormat.JSON:
        from pinner.report.documents import describe_images, render_inventory

        rows = list_images(project, places, text, describe=describe_images, jobs=jobs)
        session.warn_if_untaken(rows.untaken, rows.files, session.Terminal())
        session.emit_pieces(render_inventory(rows.parts), output)
    else:
        from pinner.report.text import describe_images as describe_in_lines

        lines = list_images(project, places, text, describe=describe_in_lines, jobs=jobs)
        session.warn_if_untaken(lines.untaken, lines.files, session.Terminal())
        session.emit_pieces(lines.parts, output)
