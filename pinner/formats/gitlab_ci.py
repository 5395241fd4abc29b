"""GitLab CI/CD pipelines (docs.gitlab.com/ci/yaml, `image` and `services`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import is_string
from pinner.text import Source

_KEYS: Final = frozenset({"image", "services", "name"})
# Top-level keywords that hold no job; `pages` is a job, `default` is where jobs inherit from (G05).
_NOT_JOBS: Final = frozenset(
    {"include", "spec", "stages", "variables", "workflow", "cache", "before_script", "after_script"}
)
_REFERENCE_TAG: Final = "!reference"


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images and services of the pipeline, of `default` and of every job, hidden ones too (G01)."""
    return find_images(source, _classify, context, keys=_KEYS)


def _classify(document: Document) -> Iterator[Place]:
    referred = {node.path for node in document.nodes if node.tag == _REFERENCE_TAG}
    for node in document.nodes:
        place = _within_job(node.path)
        if place and _is_image(place, node) and not any(node.path[: len(path)] == path for path in referred):
            yield Place(node)


def _within_job(path: Path) -> Path:
    """Return the path inside the job, or inside the top level, or nothing."""
    if path[0] in ("image", "services"):
        return path
    return () if path[0] in _NOT_JOBS else path[1:]


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


FORMAT: Final = Format(
    name="gitlab-ci",
    filenames=(
        ".gitlab-ci.yml",
        ".gitlab-ci.yaml",
        "*.gitlab-ci.yml",
        "*.gitlab-ci.yaml",
        ".gitlab/ci/**/*.yml",
        ".gitlab/ci/**/*.yaml",
        ".gitlab-ci/**/*.yml",
        ".gitlab-ci/**/*.yaml",
    ),
    needles=("image", "services"),
    find=find,
    prove=prove,
)
