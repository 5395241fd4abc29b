"""Kustomizations and components (kubectl.docs.kubernetes.io/references/kustomize/kustomization; formerly `imageTags`).

An entry of `images` replaces what the manifests say. Patches that stand here as text, and Helm values, are read too;
files that are named belong to the formats of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.carriers import CUSTOMIZATION, Carried
from pinner.formats.places import AnyPlace, Place, node_of
from pinner.formats.yaml_places import find_images, prove
from pinner.patterns import compile_later
from pinner.syntax.routes import nodes_at, parse_route
from pinner.syntax.yaml_nodes import Document, Node
from pinner.text import Source

_API_VERSION: Final = compile_later(r"""^\ufeff?["']?apiVersion["']?[ \t]*:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_OUR_GROUP: Final = "kustomize.config.k8s.io/"
_CUSTOMIZED: Final = CUSTOMIZATION.compile()
_VALUES: Final = Carried(values=("helmCharts[].valuesInline",)).compile()
_LITERALS: Final = (parse_route("configMapGenerator[].literals[]"), parse_route("secretGenerator[].literals[]"))
_IMAGE_LITERAL: Final = compile_later(r"[^=]*image[^=]*=(\S+[/:@]\S+)", re.IGNORECASE)
_LITERAL: Final = Unreadable("literal", "the program that reads this value may expect another form; name it in a rule")
_TARGETS: Final = (parse_route("replacements[].targets[].fieldPaths[]"),)
_REPLACED: Final = Unreadable(
    "replacement", "an image is put together here from another field; what that gives is not pinned"
)


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images that a kustomization writes (D06)."""
    return find_images(source, _classify, context, keys=None)


def is_kustomization(source: Source) -> bool:
    """Return whether nothing says that a file is another object, as one of Flux; a kustomization may say nothing."""
    versions = _API_VERSION.findall(source.text)
    return not versions or any(one.startswith(_OUR_GROUP) for one in versions)


def _classify(document: Document) -> Iterator[AnyPlace]:
    places = (*_CUSTOMIZED.places(document), *_VALUES.places(document), *_left_alone(document))
    yield from sorted(places, key=lambda place: node_of(place).start)


def _left_alone(document: Document) -> Iterator[Place]:
    """Yield what kustomize puts into other places, where an image may be meant."""
    for node in nodes_at(document, _LITERALS):
        literal = _IMAGE_LITERAL.fullmatch(node.value)
        if literal is not None:
            yield Place(node, _LITERAL, part=literal.span(1))
    yield from (Place(node, _REPLACED) for node in nodes_at(document, _TARGETS) if _is_image_path(node))


def _is_image_path(node: Node) -> bool:
    return node.value.rpartition(".")[2] == "image"


FORMAT: Final = Format(
    name="kustomize",
    is_ours=is_kustomization,
    find=find,
    prove=prove,
)
