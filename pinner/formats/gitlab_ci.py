"""GitLab CI/CD pipelines (docs.gitlab.com/ci/yaml, `image` and `services`).

An image that is a variable or an input is pinned where that gets its value (`formats/names.py`). The prefixes of the
dependency proxy stand for Docker Hub; what `$CI_REGISTRY` means, only the user can say, by an alias.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from pinner.context import NO_CONTEXT, Context, Family
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.gitlab_includes import UNSEEN, classify_includes, local_includes
from pinner.formats.gitlab_names import read_documents, read_names
from pinner.formats.names import Meanings, Names, follow_names
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import is_string
from pinner.text import Source

_NAME: Final = "gitlab-ci"
_KEYS: Final = frozenset({"image", "services", "name", "repository", "include", *UNSEEN})
# Top-level keywords that hold no job; `pages` is a job, `default` is where jobs inherit from (G05).
_NOT_JOBS: Final = frozenset(
    {"include", "spec", "stages", "variables", "workflow", "cache", "before_script", "after_script"}
)
_STEP: Final = Unreadable("oci-step", "GitLab's steps are an experiment, and say nothing of digests; pin it by hand")
_REFERENCE_TAG: Final = "!reference"
# docs.gitlab.com, "Predefined CI/CD variables", and "Customize analyzer settings" for the last one.
_PREFIXES: Final = {
    "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX": "docker.io",
    "CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX": "docker.io",
    "CI_TEMPLATE_REGISTRY_HOST": "registry.gitlab.com",
}
_ALIASES: Final = {written: host for name, host in _PREFIXES.items() for written in (f"${name}", f"${{{name}}}")}
# Charts have folders of this name, too; a component says `spec:` first.
_COMPONENT: Final = compile_later(r"(?:.*/)?templates/(?:[^/]+|[^/]+/template)\.ya?ml", re.IGNORECASE)
_HEADER: Final = compile_later(
    r"\ufeff?(?:[ \t]*(?:\#[^\n]*|---[ \t]*)?\r?\n)*+spec:[ \t]*(?:\{[^\n]*|\#[^\n]*)?\r?\n"
    r"(?:(?:[ \t#][^\n]*)?\r?\n)*+---\s"
)


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images and services of the pipeline, of `default` and of every job, hidden ones too (G01)."""
    context = replace(context, aliases={**_ALIASES, **context.aliases})
    family = _family_with(source, context.family_of(source.path))
    if "$" not in source.text and "inputs" not in source.text and len(family.sources) == 1:
        return find_images(source, _classify, context, keys=_KEYS)
    meanings = _follow(family, tuple(context.aliases.items()))
    context = replace(context, aliases={**meanings.aliases, **context.aliases})
    return find_images(source, meanings.join(source.path, _classify), context, keys=None)


def _family_with(source: Source, family: Family | None) -> Family:
    """Return the pipeline of a file as it is; another one where the file has changed."""
    known = None if family is None else family.source_of(source.path)
    if family is None or known is None:
        return Family(_NAME, (source,))
    if known == source:
        return family
    return replace(family, sources=tuple(source if one.path == source.path else one for one in family.sources))


@lru_cache(maxsize=8)
def _follow(family: Family, aliases: tuple[tuple[str, str], ...]) -> Meanings:
    """Follow the names of a pipeline: once, and not once for each of its files. Families are told by identity."""
    return follow_names(tuple(map(_read, family.sources)), dict(aliases))


@lru_cache(maxsize=128)
def _read(source: Source) -> Names:
    documents = read_documents(source)
    places = (place for document in documents for place in _classify_jobs(document))
    images = tuple(place.node for place in places if place.verdict is None)
    return read_names(source, images, documents)


def _classify(document: Document) -> Iterator[Place]:
    yield from classify_includes(document)
    yield from _classify_jobs(document)


def _classify_jobs(document: Document) -> Iterator[Place]:
    referred = {node.path for node in document.nodes if node.tag == _REFERENCE_TAG}
    for node in document.nodes:
        place = _within_job(node.path)
        if place and _is_image(place, node) and not _is_within(node.path, referred):
            yield Place(node)
        elif _is_step(place):
            yield Place(node, _STEP)


def _is_within(path: Path, others: Collection[Path]) -> bool:
    return bool(others) and any(path[:length] in others for length in range(len(path) + 1))


def _within_job(path: Path) -> Path:
    """Return the path inside the job, or inside the top level, or nothing."""
    if path[0] in ("image", "services"):
        return path
    return () if path[0] in _NOT_JOBS else path[1:]


def _is_step(path: Path) -> bool:
    """Return whether a job runs a step that comes as an image (docs.gitlab.com/ci/steps)."""
    match path:
        case ("run", int(), "step", "oci", "repository"):
            return True
    return False


def _is_image(path: Path, node: Node) -> bool:
    match path:
        case ("image",) | ("image", "name"):
            return True
        case ("services",):
            # No services are nothing that would have to be said.
            return node.shape != "scalar" or is_string(node)
        case ("services", int()) | ("services", int(), "name") | ("services", "name"):
            return True
    return False


def _is_ours(source: Source) -> bool:
    return _COMPONENT.fullmatch(source.path) is None or _HEADER.match(source.text) is not None


FORMAT: Final = Format(
    name=_NAME,
    included=local_includes,
    is_ours=_is_ours,
    find=find,
    prove=prove,
)
