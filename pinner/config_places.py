"""What the configuration says of places: `[[rules]]` and `[aliases]`, validated.

A rule names files, and in them a route, or a pattern that is searched line by line, or both. What is wrong is told to
`complain` with its place; what comes out is what is right.
"""

from __future__ import annotations

import re
from typing import Final

from pinner.config_reading import Complain, Table, read_patterns, read_tables
from pinner.context import Context, Rule, Templates
from pinner.errors import InvalidPatternError, InvalidReferenceError, InvalidRouteError
from pinner.oci.reference import Reference
from pinner.path_filter import PathFilter
from pinner.patterns import compile_later
from pinner.syntax.line_patterns import LinePattern, parse_pattern
from pinner.syntax.routes import Route, parse_route
from pinner.syntax.toml_places import Route as Key
from pinner.syntax.toml_places import show

_RULES: Final = "rules"
_ALIASES: Final = "aliases"
_TEMPLATES: Final = "templates"
_KEYS: Final = ("files", "route", "pattern", "embedded", "inside")
_YAML: Final = "yaml"
# A variable of a shell or a pipeline: a plain name cannot be given another meaning.
_VARIABLE: Final = compile_later(r"\$(?:\w+|\{\w+\}|\(\w+\)|\{\{ ?[\w.-]+ ?\}\})", re.ASCII)


def read_context(content: Table, complain: Complain) -> Context:
    """Read both tables of a configuration, and what it wants for templates."""
    return Context(
        rules=_read_rules(content, complain),
        aliases=_read_aliases(content, complain),
        templates=_read_templates(content, complain),
    )


def _read_templates(content: Table, complain: Complain) -> Templates:
    value = content.get(_TEMPLATES, Templates.SKIP)
    wanted = next((one for one in Templates if one == value), None)
    if wanted is not None:
        return wanted
    choices = " or ".join(repr(one.value) for one in Templates)
    complain((_TEMPLATES,), f"must be {choices}, not {show(value)}", None)
    return Templates.SKIP


def _read_rules(content: Table, complain: Complain) -> tuple[Rule, ...]:
    read = [_read_rule(table, where, complain) for table, where in read_tables(content, _RULES, _KEYS, complain)]
    return tuple(rule for rule in read if rule is not None)


def _read_rule(table: Table, where: Key, complain: Complain) -> Rule | None:
    files = read_patterns(table, "files", where, complain, "config/*.yaml")
    texts = {name: _read_text(table, (*where, name), complain) for name in _KEYS[1:]}
    route = _read_route(texts["route"], (*where, "route"), complain)
    inside = _read_route(texts["inside"], (*where, "inside"), complain)
    pattern = _read_pattern(texts["pattern"], (*where, "pattern"), complain)
    _check_together(table, where, complain)
    if files is None or (route is None and pattern is None):
        return None
    return Rule(
        paths=PathFilter(include=files),
        route=route,
        pattern=pattern,
        is_embedded=texts["embedded"] is not None,
        inside=inside,
        name=f"{_RULES}[{where[-1]}]",
    )


def _check_together(table: Table, where: Key, complain: Complain) -> None:
    """Complain of keys that need each other, or exclude each other."""
    if "route" not in table and "pattern" not in table:
        complain(where, "a route or a pattern is missing", 'write for example route = "spec.sidecar.image"')
    if "embedded" in table:
        if table["embedded"] != _YAML:
            complain((*where, "embedded"), f"must be {_YAML!r}, not {show(table['embedded'])}", None)
        if "route" not in table:
            complain((*where, "embedded"), "needs a route to the text that is YAML itself", None)
        if "pattern" in table:
            complain((*where, "embedded"), "excludes a pattern", "use two rules")
    elif "inside" in table:
        complain((*where, "inside"), "needs embedded", f'write embedded = "{_YAML}" beside it')


def _read_text(table: Table, where: Key, complain: Complain) -> str | None:
    value = table.get(str(where[-1]))
    if value is None or isinstance(value, str):
        return value
    complain(where, f"must be a string, not {show(value)}", None)
    return None


def _read_route(written: str | None, where: Key, complain: Complain) -> Route | None:
    try:
        return None if written is None else parse_route(written)
    except InvalidRouteError as error:
        complain(where, f"column {error.column} of {show(written)}: {error.message}", error.hint)
        return None


def _read_pattern(written: str | None, where: Key, complain: Complain) -> LinePattern | None:
    try:
        return None if written is None else parse_pattern(written)
    except InvalidPatternError as error:
        complain(where, f"column {error.column} of {show(written)}: {error.message}", error.hint)
        return None


def _read_aliases(content: Table, complain: Complain) -> dict[str, str]:
    table = content.get(_ALIASES, {})
    if not isinstance(table, dict):
        complain((_ALIASES,), f"must be a table, not {show(table)}", 'write for example "$CI_REGISTRY" = "…"')
        return {}
    aliases: dict[str, str] = {}
    for variable, name in table.items():
        if _VARIABLE.fullmatch(variable) is None:
            complain((_ALIASES, variable), "is no variable", 'an alias is a variable, as "$NAME" or "${NAME}"')
        elif not isinstance(name, str) or not _is_name(name):
            hint = "name a registry, or a registry and the first parts of the repository"
            complain((_ALIASES, variable), f"{show(name)} is not the name of a registry", hint)
        else:
            aliases[variable] = name
    return aliases


def _is_name(text: str) -> bool:
    """Return whether a text is a registry, or begins with one and goes on with a repository."""
    try:
        reference = Reference.parse(f"{text}/x")
    except InvalidReferenceError:
        return False
    return reference.written.lower().startswith(f"{reference.registry}/") and reference.tag is None
