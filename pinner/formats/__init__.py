"""One file a kind of manifest: which files it takes, and where image references stand in them.

The table is ordered: the most particular name comes first, and the first format that takes a file has it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Final

from pinner.context import NO_CONTEXT, Context, Rule
from pinner.formats.base import Format
from pinner.formats.embedded import embedding
from pinner.text import Source

FORMATS: Final = (
    "dockerfile",
    "compose",
    "bake_json",
    "bake_hcl",
    "nomad",
    "terraform",
    "terraform_json",
    "gitlab_ci",
    "github_actions",
    "circleci",
    "azure_pipelines",
    "bitbucket_pipelines",
    "drone",
    "woodpecker",
    "vela",
    "cloud_build",
    "buildkite",
    "travis",
    "pre_commit",
    "gitpod",
    "helm_chart",
    "helm_values",
    "helmfile",
    "fleet",
    "argocd_source",
    "devcontainer",
    "skaffold",
    "quadlet",
    "ansible",
    "kustomize",
    "json_patch",
    "kubernetes",
    "ansible_variables",
    "plain_yaml",
    "plain_text",
)
# What is rendered before it is read has the name of its product in front of these.
_TEMPLATE_ENDS: Final = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".ctmpl", ".erb", ".template")


@cache
def load_format(module: str) -> Format:
    """Return the format of one module of the table."""
    loaded: Format = import_module(f"pinner.formats.{module}").FORMAT
    return loaded


@cache
def including_formats() -> tuple[Format, ...]:
    """Return the formats whose files take in others, which may have any name."""
    return tuple(one for one in map(load_format, FORMATS) if one.included is not None)


@lru_cache(maxsize=64)
def candidates(path: str) -> tuple[Format, ...]:
    """Return the formats that may take a file of this name (POSIX), in order; a template's are those of its product."""
    lowered = path.lower()
    return _naming(lowered) or _naming(_product(lowered))


def is_named(one: Format, path: str) -> bool:
    """Return whether a file has a name that a format knows."""
    return _names(one.filenames).fullmatch(path.lower()) is not None


def detect(source: Source, context: Context = NO_CONTEXT) -> Format | None:
    """Return the format that takes a file: by its name first, then by what stands in it, then by a project's rules."""
    rules = context.rules_for(source.path)
    taken = _by_family(source, context) or _by_text(source) or _by_rules(rules)
    inner = tuple(rule for rule in rules if rule.is_embedded)
    return embedding(taken, inner, detect) if taken is not None and inner else taken


def _by_family(source: Source, context: Context) -> Format | None:
    family = context.family_of(source.path)
    return None if family is None else next(one for one in including_formats() if one.name == family.format)


def _by_text(source: Source) -> Format | None:
    named = source if _naming(source.path.lower()) else Source(_product(source.path), source.text)
    for one in candidates(source.path):
        if one.needles and not any(needle in source.text for needle in one.needles):
            continue
        if one.is_ours is None or one.is_ours(named):
            return one
    return None


def _by_rules(rules: tuple[Rule, ...]) -> Format | None:
    """Return the format for a file that only rules know; a rule with a route takes it for YAML."""
    if not rules:
        return None
    return load_format("plain_text" if all(rule.route is None for rule in rules) else "plain_yaml")


def _naming(lowered: str) -> tuple[Format, ...]:
    starts, ends = _starts_and_ends()
    if not lowered.endswith(ends) and not lowered.rpartition("/")[2].startswith(starts):
        return ()
    return tuple(one for one in map(load_format, FORMATS) if _names(one.filenames).fullmatch(lowered))


def _product(path: str) -> str:
    """Return the path of what a template makes, by its name."""
    return path.rpartition(".")[0] if path.lower().endswith(_TEMPLATE_ENDS) else path


@cache
def _starts_and_ends() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how the names of all formats begin or end: most files of a tree have another one."""
    names = {name.rpartition("/")[2] for one in map(load_format, FORMATS) for name in one.filenames}
    starts = {name.partition("*")[0] for name in names if name.endswith("*")}
    return tuple(sorted(starts)), tuple(sorted({name.rpartition("*")[2] for name in names} - {""}))


@cache
def _names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Compile patterns for as many trailing parts of a path as they have; `/**/` is any folders, or none."""
    return re.compile(rf"(?:.*/)?(?:{'|'.join(map(_translate, patterns))})", re.DOTALL)


def _translate(pattern: str) -> str:
    return re.escape(pattern).replace(r"/\*\*/", "/(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
