"""The tool for what kustomize is told to change, wherever that stands: image overrides and patches.

ROUTES: Final = Customized(overrides=("spec.images[]",), patches=("spec.patches[].patch",)).compile()
"""

from __future__ import annotations

from collections.abc import Iterator

from pinner.formats.image_overrides import override_mappings, override_text
from pinner.formats.patches import operation_images, patch_images
from pinner.formats.places import AnyPlace, Embedded, node_of
from pinner.frozen import dataclass
from pinner.syntax.routes import Route, nodes_at
from pinner.syntax.yaml_nodes import Document, Path


@dataclass(frozen=True, slots=True)
class CustomizedRoutes:
    """The routes of `Customized`, ready to be asked."""

    overrides: tuple[Route, ...]
    texts: tuple[Route, ...]
    patches: tuple[Route, ...]
    operations: tuple[Route, ...]

    def places(self, document: Document, root: Path = ()) -> tuple[AnyPlace, ...]:
        """Return the images in an object at `root`, in the order of the text."""
        return tuple(sorted(self._places(document, root), key=lambda place: node_of(place).start))

    def _places(self, document: Document, root: Path) -> Iterator[AnyPlace]:
        yield from override_mappings(document, nodes_at(document, self.overrides, root))
        yield from map(override_text, nodes_at(document, self.texts, root))
        for node in nodes_at(document, self.patches, root):
            yield Embedded(node=node, classify=patch_images)
        for node in nodes_at(document, self.operations, root):
            yield from operation_images(document, node.path)
