"""`Chart.yaml`: the images that a chart says it runs, as text in its annotations.

Artifact Hub reads `artifacthub.io/images` (artifacthub.io/docs/topics/annotations/helm), and other tools `images`; both
are lists of `{name, image}` in YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.places import AnyPlace, Embedded, Place
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.yaml_nodes import Document
from pinner.text import Source

_ANNOTATIONS: Final = frozenset({"artifacthub.io/images", "images"})


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images in the annotations."""
    return find_images(source, _classify, context, keys=_ANNOTATIONS, wanted=_ANNOTATIONS)


def _classify(document: Document) -> Iterator[AnyPlace]:
    for node in document.nodes:
        match node.path:
            case ("annotations", "artifacthub.io/images" | "images"):
                yield Embedded(node=node, classify=_classify_list)


def _classify_list(document: Document) -> Iterator[Place]:
    for node in document.nodes:
        match node.path:
            case (int(), "image"):
                yield Place(node)


FORMAT: Final = Format(name="helm-chart", find=find, prove=prove)
