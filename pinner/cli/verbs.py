"""The verbs by name. Only the one that runs is loaded: to read the flags of all takes longer than most runs.

A verb `pin` is the function `pin` of the module `pinner.cli.pin`; a group of verbs is the `app` of its module.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

NAMES: Final = (
    *("pin", "update", "unpin", "check", "verify", "images", "files", "resolve", "tags", "referrers", "diff", "demo"),
    *("lock", "explain", "auth", "init"),
)


class _Verb(TyperCommand):
    """A verb of which only the name is known yet."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of what it does."""
        verb = _load(str(self.name))
        words = verb.info.help if isinstance(verb, typer.Typer) else inspect.getdoc(verb)
        return TyperCommand(self.name, help=words).get_short_help_str(limit)


class Verbs(TyperGroup):
    """All verbs, of which one runs."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: _Verb(name) for name in NAMES}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name of the verb that was asked for, the verb with its flags, and the arguments for it."""
        name, verb, rest = super().resolve_command(ctx, args)
        return name, _build(str(verb.name)) if isinstance(verb, _Verb) else verb, rest


def _load(name: str) -> Callable[..., None] | typer.Typer:
    module = import_module(f"pinner.cli.{name}")
    verb: Callable[..., None] | typer.Typer = getattr(module, "app", None) or getattr(module, name)
    return verb


def _build(name: str) -> object:
    verb = _load(name)
    if isinstance(verb, typer.Typer):
        group = typer.main.get_command(verb)
        group.name = name
        return group
    alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    alone.command(name)(verb)
    return typer.main.get_command(alone)
