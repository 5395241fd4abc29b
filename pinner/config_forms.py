"""What the configuration says of output forms: `[[forms]]`, validated; the first table that takes a path decides."""

from __future__ import annotations

from typing import Final

from pinner.config_reading import Complain, Table, read_patterns, read_tables, suggest
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.path_filter import PathFilter
from pinner.syntax.toml_places import Route, show

_TABLE: Final = "forms"
_KEYS: Final = ("paths", "form")
_FORMS: Final = tuple(form.value for form in Form)


@dataclass(frozen=True, slots=True)
class FormRule:
    """The form of the files that `paths` takes."""

    paths: PathFilter
    form: Form


def read_forms(content: Table, complain: Complain) -> tuple[FormRule, ...]:
    """Read the tables of a configuration."""
    read = [_read_rule(table, where, complain) for table, where in read_tables(content, _TABLE, _KEYS, complain)]
    return tuple(rule for rule in read if rule is not None)


def _read_rule(table: Table, where: Route, complain: Complain) -> FormRule | None:
    paths = read_patterns(table, "paths", where, complain, "charts/**")
    form = _read_form(table.get("form"), where, complain)
    return None if paths is None or form is None else FormRule(PathFilter(include=paths), form)


def _read_form(value: object, where: Route, complain: Complain) -> Form | None:
    if isinstance(value, str) and value in _FORMS:
        return Form(value)
    hint = suggest(value if isinstance(value, str) else "", _FORMS, "forms")
    if value is None:
        complain(where, "form is missing", hint)
    else:
        complain((*where, "form"), f"{show(value)} is no form", hint)
    return None
