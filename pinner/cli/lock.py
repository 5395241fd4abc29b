"""`pinner lock`: upkeep of the lockfile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli import options
from pinner.lock.merging import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.cli.session import Terminal
    from pinner.commands.lock_import import Imported
    from pinner.lock.merging import Clash

app = typer.Typer(help="Look after the lockfile.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


Base = Annotated[Path, typer.Argument(metavar="%O", help="The lockfile before both branches.")]
Ours = Annotated[Path, typer.Argument(metavar="%A", help="Ours; the result is written here.")]
Theirs = Annotated[Path, typer.Argument(metavar="%B", help="Theirs.")]
Name = Annotated[str, typer.Argument(metavar="[%P]", help="What messages call the lockfile.")]
Foreign = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="Other tools' lockfiles. Without one: the project's own files."),
]
Online = Annotated[bool, typer.Option("--online", help="Read each digest: it must exist, and what it is is recorded.")]
Take = Annotated[Side | None, typer.Option("--take", help="Whose digest counts where both moved an image.")]


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


@app.command("prune")
def prune(
    check: options.Check = False,
    diff: options.Diff = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
) -> None:
    """Remove the entries that no file uses."""
    from pinner.cli import session
    from pinner.commands.lock_prune import prune_lock

    terminal = session.Terminal()
    project = session.open_for((), terminal, config, lockfile, templates, no_config=no_config)
    is_preview = check or diff
    result = prune_lock(project, writes=not is_preview)
    if diff:
        session.emit_bytes(result.patch.encode())
    for key in result.keys:
        terminal.note(f"{'would remove' if is_preview else 'removed'} {key!r}")
    session.finish(session.FINDINGS if result.keys and is_preview else 0)


@app.command("import")
def import_(
    files: Foreign = None,
    online: Online = False,
    check: options.Check = False,
    diff: options.Diff = False,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    lockfile: options.Lockfile = None,
    templates: options.Templates = None,
    registries: options.Registries = None,
    auth: options.Auth = None,
    pull_secret: options.PullSecret = None,
    jobs: options.Jobs = options.DEFAULT_JOBS,
    timeout: options.Timeout = 300,
    color: options.Colour = options.ColourChoice.AUTO,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
) -> None:
    """Adopt digests of files, or of another lockfile."""
    from pinner.cli import session
    from pinner.commands.lock_import import import_digests

    terminal = session.Terminal(color, quiet, has_progress=not no_progress)
    project = session.open_for((), terminal, config, lockfile, templates, no_config=no_config)
    is_preview = check or diff
    if online:
        with session.look_ups(
            registries, jobs, timeout, auth, pull_secret, terminal=terminal, has_stats=False
        ) as reach:
            result = import_digests(project, files or (), open_resolver=reach.open_resolver, writes=not is_preview)
    else:
        result = import_digests(project, files or (), writes=not is_preview)
    _finish_import(result, terminal, is_preview=is_preview, is_diff=diff)


def _finish_import(result: Imported, terminal: Terminal, *, is_preview: bool, is_diff: bool) -> None:
    import sys

    from pinner.cli import session
    from pinner.cli.terminal import say
    from pinner.report.imports import render_adopted, summarize_import
    from pinner.report.text import render_failures, render_findings

    if is_diff:
        session.emit_bytes(result.patch.encode())
    elif not terminal.is_quiet:
        session.emit(render_adopted(result.pins))
    paint = terminal.paint_for(sys.stderr)
    say(render_failures(result.failures, paint=paint))
    say(render_findings(result.unreadable, paint=paint))
    terminal.note(summarize_import(len(result.pins), len(result.failures), is_preview=is_preview))
    session.finish(
        *(failure.error.exit_code for failure in result.failures),
        session.FINDINGS if result.unreadable or (is_preview and result.pins) else 0,
    )


@app.command("merge")
def merge(base: Base, ours: Ours, theirs: Theirs, name: Name = "pinner.lock") -> None:
    """Merge three versions of a lockfile. The merge driver for git is `pinner lock merge %O %A %B %P`."""
    from pinner.cli import session
    from pinner.commands.lock_merge import merge_files

    clashes = merge_files(base, ours, theirs, name=name)
    _say_clashes(clashes, name, session.Terminal())
    session.finish(session.FINDINGS if clashes else 0)


@app.command("resolve")
def resolve(take: Take = None, lockfile: options.Lockfile = None) -> None:
    """Solve the conflicts that a merge has left in the lockfile."""
    from pinner.cli import session
    from pinner.commands.lock_merge import resolve_lock

    terminal = session.Terminal()
    project = session.open_for((), terminal, config=None, no_config=True, lockfile=lockfile)
    result = resolve_lock(project, side=take)
    path = project.workspace.lock_path
    if not result.had_conflicts:
        terminal.note(f"{path} has no conflict")
    elif not result.clashes:
        terminal.note(f"{path} is solved; run `git add {path}`")
    _say_clashes(result.clashes, path, terminal)
    session.finish(session.FINDINGS if result.clashes else 0)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the lockfile."""
    from pinner.cli import session

    session.print_schema("lock")


def _say_clashes(clashes: Sequence[Clash], name: str, terminal: Terminal) -> None:
    for clash in clashes:
        terminal.note(f"{name}: both branches moved {clash.key!r}: {clash.ours.digest} and {clash.theirs.digest}")
    if clashes:
        terminal.note(
            "run `pinner lock resolve --take ours` (or theirs), then `pinner update` for what the tags mean now"
        )
