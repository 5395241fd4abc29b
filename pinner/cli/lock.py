"""`pinner lock`: upkeep of the lockfile."""

from __future__ import annotations

import typer

from pinner.cli import options

app = typer.Typer(help="Look after the lockfile.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `fmt` a verb of its own: a single command would take the place of its group."""


@app.command("fmt")
def fmt(check: options.Check = False, diff: options.Diff = False, lockfile: options.Lockfile = None) -> None:
    """Write the lockfile in its normal form."""
    from pinner.cli import session
    from pinner.commands.lock import format_lock

    terminal = session.Terminal()
    project = session.open_for((), terminal, config=None, no_config=True, lockfile=lockfile)
    result = format_lock(project, writes=not (check or diff))
    if diff:
        session.emit_bytes(result.patch.encode())
    elif check and result.would_change:
        terminal.note(f"{project.workspace.lock_path} is not in its normal form; run `pinner lock fmt`")
    session.finish(session.FINDINGS if result.would_change and (check or diff) else 0)
