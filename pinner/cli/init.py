"""`pinner init`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli import options

Git = Annotated[bool, typer.Option("--git", help="Let git merge lockfiles entry by entry (.gitattributes).")]


def init(
    git: Git = False,
    check: options.Check = False,
    diff: options.Diff = False,
    lockfile: options.Lockfile = None,
    quiet: options.Quiet = False,
) -> None:
    """Begin with pinner in a repository, one part at a time."""
    from pinner.cli import session
    from pinner.commands.git_setup import ATTRIBUTES_FILE, set_git_up
    from pinner.errors import UsageError

    if not git:
        raise UsageError(
            "nothing was asked for", hint="`pinner init --git` makes pinner git's merge driver for the lockfile"
        )
    terminal = session.Terminal(is_quiet=quiet)
    project = session.open_for((), terminal, config=None, no_config=True, lockfile=lockfile)
    setup = set_git_up(project, writes=not (check or diff))
    if diff:
        session.emit_bytes(setup.patch.encode())
    elif check:
        terminal.note(f"{ATTRIBUTES_FILE} would change" if setup.patch else f"{ATTRIBUTES_FILE} names pinner")
    else:
        terminal.note(f"{ATTRIBUTES_FILE} {'names pinner now' if setup.patch else 'named pinner already'}")
        terminal.note("once in every clone, run what follows (or `pinner init --git | sh`):")
        session.emit("".join(f"{command}\n" for command in setup.commands))
    session.finish(session.FINDINGS if setup.patch and (check or diff) else 0)
