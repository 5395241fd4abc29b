"""Terraform and OpenTofu in JSON (developer.hashicorp.com/terraform/language/syntax/json): the same places as in HCL.

Strings are templates of HCL there, so that what holds a `$` or a `%{` is left alone. Blocks may be wrapped in lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.hcl_places import HclImages
from pinner.formats.places import Place
from pinner.formats.terraform_resources import IMAGES
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.routes import Route, parse_route
from pinner.syntax.yaml_nodes import Document, Path
from pinner.text import Source

_NO_COMMENT: Final = Unreadable(
    "digest-alone", "a tag and a digest cannot stand here together, and JSON has no comment that keeps the tag"
)
_BUILT: Final = Unreadable("build", "the resource builds this image; the name is only the result's")
_NOT_READ: Final = Unreadable("json-place", "in JSON this place is not pinned; write the resource in HCL")


# Its `build` is looked for here; what else is read together with its neighbours in HCL is not in JSON.
_MAY_BE_BUILT: Final = "resource.docker_image.*.name"


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of every resource."""
    return find_images(source, _classify, context, keys=None)


def _classify(document: Document) -> Iterator[Place]:
    steps = [_steps(node.path) for node in document.nodes]
    built = {one[:-1] for one in steps if one[3:] == ("build",)}
    for node, one in zip(document.nodes, steps, strict=True):
        if node.shape == "scalar" and isinstance(node.path[-1], str):
            images = next((images for route, images in _routes() if route.matches(one, _no_value)), None)
            if images is not None:
                yield Place(node, _BUILT if one[:-1] in built else _verdict(images))


def _steps(path: Path) -> Path:
    """Return the path without the lists in which JSON may wrap every block."""
    return tuple(step for step in path if isinstance(step, str))


def _no_value(_: Path) -> None:
    """Return no value: routes of this table tell nothing by what stands beside."""


def _verdict(images: HclImages) -> Unreadable | None:
    if images.is_digest_alone:
        return _NO_COMMENT
    is_read = images.read is not None and images.route != _MAY_BE_BUILT
    return images.verdict or (_NOT_READ if is_read else None)


@cache
def _routes() -> tuple[tuple[Route, HclImages], ...]:
    """Return the places that are values of their own."""
    own = (one for one in IMAGES if one.document is None and one.where is None)
    return tuple((parse_route(one.route.replace("[]", "")), one) for one in own)


FORMAT: Final = Format(
    name="terraform-json",
    find=find,
    prove=prove,
)
