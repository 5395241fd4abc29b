"""What the configuration says of output forms: `[[forms]]`, validated; the first table that takes a path decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pinner.forms import Form
from pinner.path_filter import PathFilter, refuse_pattern
from pinner.syntax.toml_places import Route, show

# Says what is wrong with a key, and what to do.
Complain = Callable[[Route, str, str | None], None]

_TABLE: Final = "forms"
_KEYS: Final = ("paths", "form")
_FORMS: Final = tuple(form.value for form in Form)
_PATTERNS: Final = "patterns follow the syntax of .gitignore"


@dataclass(frozen=True, slots=True)
class FormRule:
    """The form of the files that `paths` takes."""

    paths: PathFilter
    form: Form


def read_forms(content: Mapping[str, object], complain: Complain) -> tuple[FormRule, ...]:
    """Read the tables of a configuration; what is wrong is told to `complain`, and what is right comes out."""
    tables = content.get(_TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        complain((_TABLE,), f"must be tables, not {show(tables)}", "write [[forms]] in front of each of them")
        return ()
    read = [_read_rule(table, (_TABLE, index), complain) for index, table in enumerate(tables)]
    return tuple(rule for rule in read if rule is not None)


def _read_rule(table: Mapping[str, object], where: Route, complain: Complain) -> FormRule | None:
    for name in table:
        if name not in _KEYS:
            complain((*where, name), "unknown key", _suggest(name, _KEYS, "keys"))
    paths = _read_paths(table.get("paths"), where, complain)
    form = _read_form(table.get("form"), where, complain)
    return None if paths is None or form is None else FormRule(PathFilter(include=paths), form)


def _read_paths(value: object, where: Route, complain: Complain) -> tuple[str, ...] | None:
    hint = 'write for example paths = ["charts/**"]'
    if value is None:
        complain(where, "paths are missing", hint)
        return None
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        complain((*where, "paths"), f"must be a list of patterns, not {show(value)}", hint)
        return None
    reasons = {index: refuse_pattern(pattern) for index, pattern in enumerate(value)}
    for index, reason in reasons.items():
        if reason is not None:
            complain((*where, "paths", index), f"{value[index]!r} {reason}", _PATTERNS)
    return None if any(reasons.values()) else tuple(value)


def _read_form(value: object, where: Route, complain: Complain) -> Form | None:
    if value is None:
        complain(where, "form is missing", _list(_FORMS, "forms"))
    elif not isinstance(value, str) or value not in _FORMS:
        hint = _suggest(value, _FORMS, "forms") if isinstance(value, str) else _list(_FORMS, "forms")
        complain((*where, "form"), f"{show(value)} is no form", hint)
    else:
        return Form(value)
    return None


def _suggest(name: str, names: Iterable[str], noun: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - start-up: only a mistake comes here

    close = get_close_matches(name.lower().replace("_", "-"), names, n=1)
    return f"did you mean {close[0]!r}?" if close else _list(names, noun)


def _list(names: Iterable[str], noun: str) -> str:
    return f"the {noun} are {', '.join(names)}"
