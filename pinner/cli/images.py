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
    report_format: options.Format = options.OutputFormat.TEXT,
    output: options.Output = None,
    schema: options.Schema = False,
) -> None:
    """List every image reference with its place. Opens no connection."""
    from pinner.cli import session
    from pinner.commands.scanning import scan_source, scan_tree
    from pinner.report import documents, text

    if schema:
        session.print_schema("images")
    places, is_stdin = session.split_paths(paths)
    project = session.open_for(places, session.Terminal(), config, lockfile, templates, no_config=no_config)
    lock = project.read_lock().lock
    files = scan_tree(project, places) if not is_stdin else ()
    if is_stdin:
        files = (scan_source(session.read_stdin(stdin_filename), project.config),)
    session.warn_if_untaken(files, session.Terminal())
    report = documents if report_format is options.OutputFormat.JSON else text
    session.emit(report.render_inventory(files, lock), output)
