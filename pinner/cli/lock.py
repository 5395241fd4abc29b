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
    from pinner.lock.merging import Clash

app = typer.Typer(help="Look after the lockfile.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


Base = Annotated[Path, typer.Argument(metavar="%O", help="The lockfile before both branches.")]
Ours = Annotated[Path, typer.Argument(metavar="%A", help="Ours; the result is written here.")]
Theirs = Annotated[Path, typer.Argument(metavar="%B", help="Theirs.")]
Name = Annotated[str, typer.Argument(metavar="[%P]", help="What messages call the lockfile.")]
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


@app.command("merge")
def merge(base: Base, ours: Ours, theirs: Theirs, name: Name = "pinner.lock") -> None:
    """Merge three versions of a lockfile: git's merge driver is `pinner lock merge %O %A %B %P`."""
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


def _say_clashes(clashes: Sequence[Clash], name: str, terminal: Terminal) -> None:
    for clash in clashes:
        terminal.note(f"{name}: both branches moved {clash.key!r}: {clash.ours.digest} and {clash.theirs.digest}")
    if clashes:
        terminal.note(
            "run `pinner lock resolve --take ours` (or theirs), then `pinner update` for what the tags mean now"
        )
