"""Which format takes a file, and the format itself: its module is imported with the first file that it may take.

The table in `table.py` is ordered, and the first format that takes a file has it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from pinner.context import NO_CONTEXT, Context, Rule
from pinner.formats.naming import Naming
from pinner.formats.table import FORMATS
from pinner.text import Source

if TYPE_CHECKING:
    from pinner.formats.base import Format

# What is rendered before it is read has the name of its product in front of these.
_TEMPLATE_ENDS: Final = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".ctmpl", ".erb", ".template")


@cache
def load_format(module: str) -> Format:
    """Return the format of one module of the table."""
    loaded: Format = import_module(f"pinner.formats.{module}").FORMAT
    return loaded


@cache
def including_formats() -> tuple[str, ...]:
    """Return the formats whose files take in others, which may have any name."""
    return tuple(module for module, row in FORMATS.items() if row.entries)


@lru_cache(maxsize=64)
def candidates(path: str) -> tuple[str, ...]:
    """Return the formats that may take a file of this name (POSIX), in order; a template's are those of its product."""
    return formats_named(path) or formats_named(_product(path))


# Of one file after the other, each is asked for three times.
@lru_cache(maxsize=64)
def formats_named(path: str) -> tuple[str, ...]:
    """Return the formats that know the name of a file (POSIX) as it is, in order."""
    return _naming(tuple(FORMATS)).formats_of(path.lower())


def is_named(module: str, path: str) -> bool:
    """Return whether a file has a name that a format knows."""
    return bool(_naming((module,)).formats_of(path.lower()))


@cache
def needles_of(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of which one stands in each file that one of these formats takes; an empty one is anywhere.

    The short ones come first: most often, one of these is there, and no other has to be looked for.
    """
    known = {needle for module in formats for needle in FORMATS[module].needles or ("",)}
    least = (one for one in known if not any(other in one for other in known - {one}))
    return tuple(sorted(least, key=lambda one: (len(one), one.isupper(), one)))


def has_needle(module: str, text: str) -> bool:
    """Return whether something stands in a text without which the format takes no file."""
    return any(needle in text for needle in needles_of((module,)))


def detect(source: Source, context: Context = NO_CONTEXT) -> Format | None:
    """Return the format that takes a file: by its name first, then by what stands in it, then by a project's rules."""
    rules = context.rules_for(source.path)
    taken = _by_family(source, context) or _by_text(source) or _by_rules(rules)
    inner = tuple(rule for rule in rules if rule.is_embedded)
    if taken is None or not inner:
        return taken
    from pinner.formats.embedded import embedding  # noqa: PLC0415 - start-up: few projects have such rules

    return embedding(taken, inner, detect)


def _by_family(source: Source, context: Context) -> Format | None:
    family = context.family_of(source.path)
    return None if family is None else load_format(family.format)


def _by_text(source: Source) -> Format | None:
    named = source if formats_named(source.path) else Source(_product(source.path), source.text)
    for module in candidates(source.path):
        if has_needle(module, source.text):
            one = load_format(module)
            if one.is_ours is None or one.is_ours(named):
                return one
    return None


def _by_rules(rules: tuple[Rule, ...]) -> Format | None:
    """Return the format for a file that only rules know; a rule with a route takes it for YAML."""
    if not rules:
        return None
    return load_format("plain_text" if all(rule.route is None for rule in rules) else "plain_yaml")


def _product(path: str) -> str:
    """Return the path of what a template makes, by its name."""
    return path.rpartition(".")[0] if path.lower().endswith(_TEMPLATE_ENDS) else path


@cache
def _naming(modules: tuple[str, ...]) -> Naming:
    return Naming({module: FORMATS[module].filenames for module in modules})
