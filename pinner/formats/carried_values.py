"""The tool for Helm values that stand in files of something else: as mappings, as text, or one by one.

    FORMAT: Final = carrying_format(
        name="fleet", carried=Carried(values=("helm.values",), texts=("helm.template",))
    )

Of a chart that is named in another file nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.carriers import Carried
from pinner.formats.chart_values import Entry, document_entries, is_below, read_values
from pinner.formats.places import AnyPlace, Embedded, node_of
from pinner.formats.yaml_places import find_images, prove
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.routes import Route, nodes_at
from pinner.syntax.yaml_nodes import Document, Path, split_document
from pinner.text import Source

# A step of `sidecars[0].image\.tag`: a dot behind a backslash belongs to the key (helm.sh/docs/intro/using_helm).
_STEP: Final = compile_later(r"\[([0-9]{1,9})\]|((?:[^.\[\]\\]|\\.)+)")


@dataclass(frozen=True, slots=True)
class CarriedRoutes:
    """The routes of `Carried`, ready to be asked."""

    values: tuple[Route, ...]
    texts: tuple[Route, ...]
    parameters: tuple[Route, ...]
    sets: tuple[Route, ...]

    def mappings(self, document: Document, root: Path = ()) -> tuple[Path, ...]:
        """Return where the mappings of values stand, in an object at `root`."""
        return tuple(node.path for node in nodes_at(document, self.values, root) if node.shape == "mapping")

    def places(self, document: Document, root: Path = ()) -> Iterator[AnyPlace]:
        """Yield the images in all values of an object at `root`."""
        for below, path in _parts(document, self.mappings(document, root)):
            yield from read_values(document_entries(below, path))
        for node in nodes_at(document, self.texts, root):
            yield Embedded(node=node, classify=_classify_text)
        for below, path in _parts(document, (node.path for node in nodes_at(document, self.parameters, root))):
            yield from read_values(_parameters(below, path), named_at=path)
        for below, path in _parts(document, (node.path for node in nodes_at(document, self.sets, root))):
            direct = (one for one in below.nodes if one.path[:-1] == path)
            yield from read_values(((read_name(str(one.path[-1])), one) for one in direct), named_at=path)


def _parts(document: Document, paths: Iterable[Path]) -> Iterator[tuple[Document, Path]]:
    """Yield each of these paths with the document as it is below; many take no longer than one."""
    paths = tuple(paths)
    below = split_document(document, paths) if len(paths) > 1 else dict.fromkeys(paths, document)
    return ((below[path], path) for path in paths)


def _classify_text(document: Document) -> Iterable[AnyPlace]:
    return read_values(document_entries(document))


def _parameters(document: Document, path: Path) -> Iterator[Entry]:
    for node in document.nodes:
        if is_below(node.path, path) and len(node.path) == len(path) + 2 and node.path[-1] == "value":
            name = document.scalar_at((*node.path[:-1], "name"))
            if name:
                yield read_name(name), node


def read_name(name: str) -> Path:
    """Return the path that a name like `sidecars[0].image.tag` leads to."""
    steps = tuple(int(index) if index else key.replace("\\", "") for index, key in _STEP.findall(name))
    return steps or (name,)


def carrying_format(
    *,
    name: str,
    carried: Carried,
    more: Callable[[Document], Iterable[AnyPlace]] = lambda _: (),
) -> Format:
    """Return the format of files that carry values; `more` gives the other images in them."""
    routes = carried.compile()

    def classify(document: Document) -> Iterator[AnyPlace]:
        yield from sorted((*routes.places(document), *more(document)), key=lambda place: node_of(place).start)

    def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
        return find_images(source, classify, context, keys=None)

    return Format(name=name, find=find, prove=prove)
