"""The tool of formats that are tables: from routes to a whole `Format`.

    FORMAT: Final = routed_format(
        name="circleci",
        places=("jobs.*.docker[].image", "executors.*.docker[].image"),
    )

A place is a route, or `Images` where something must be said of what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.places import AnyPlace, Classify, Place, node_of
from pinner.formats.yaml_places import find_images, prove
from pinner.frozen import dataclass
from pinner.syntax.routes import Route, followed_keys, parse_route
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text
from pinner.text import Source

if TYPE_CHECKING:
    from pinner.formats.name_tables import NameTable

_WHOLE: Final = "(.*)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The values at a route that are images.

    With `prefix` (`docker://`), only those that begin with it, and the reference is what follows. With `pattern`, only
    those that match it as a whole, and the reference is its one group. `where` is asked once a document for what tells
    of a node whether it is meant; it sees the values that it needs where the table's `keys` name them. `verdict` says
    why all of these are left alone; `collection` is what to say where no scalar stands, by default nothing (C10).
    `no_tag` and `needs_tag` are those of `Place`.
    """

    route: str
    prefix: str = ""
    pattern: str = ""
    where: Callable[[Document], Callable[[Node], bool]] | None = None
    verdict: Unreadable | None = None
    collection: str = ""
    no_tag: str = ""
    needs_tag: str = ""


def routed_format(  # noqa: PLR0913 - one parameter a column of the table
    *,
    name: str,
    places: Sequence[str | Images],
    keys: frozenset[str] = frozenset(),
    sections: frozenset[str] | None = None,
    more: Classify | None = None,
    names: NameTable | None = None,
    is_ours: Callable[[Source], bool] | None = None,
) -> Format:
    """Return the format of a table. Of two places that lead to one value, the first decides.

    `keys` are those that `where` looks at besides those of the places; `sections` are all keys at the top that mean
    something, where others are free for templates. `more` gives places that no route can tell; with it the nodes under
    every key are there to be looked at. `names` follows images that are parameters.
    """
    compiled = tuple(RoutedPlace.of(Images(route=one) if isinstance(one, str) else one) for one in places)
    routes = tuple(one.route for one in compiled)
    followed = followed_keys(routes)
    followed = None if followed is None or more is not None else followed | keys

    def classify(document: Document) -> Iterator[AnyPlace]:
        others = {node_of(place).path: place for place in more(document)} if more is not None else {}
        readers = tuple(one.reader(document) for one in compiled)
        for node in document.nodes:
            places = (read(node) for read in readers)
            place = next((one for one in places if one is not None), others.get(node.path))
            if place is not None:
                yield place

    def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
        if names is None or not names.is_needed(source.text):
            return find_images(source, classify, context, keys=followed, sections=sections)
        joined, context = names.join(source, classify, context)
        return find_images(source, joined, context, keys=None, sections=sections)

    return Format(name=name, is_ours=is_ours, find=find, prove=prove)


@dataclass(frozen=True, slots=True)
class RoutedPlace:
    """One place of a table, ready to be asked."""

    images: Images
    route: Route

    @classmethod
    def of(cls, images: Images) -> RoutedPlace:
        """Return the place of one line of a table."""
        return cls(images, parse_route(images.route))

    def reader(self, document: Document, root: Path = ()) -> Callable[[Node], Place | None]:
        """Return what gives the place that a node of this document is, or None; the route begins at `root`."""
        is_meant = None if self.images.where is None else self.images.where(document)

        def look_up(path: Path) -> str | None:
            return document.scalar_at(root + path)

        def read(node: Node) -> Place | None:
            path = node.path[len(root) :] if root else node.path
            if not self.route.matches(path, look_up) or (is_meant is not None and not is_meant(node)):
                return None
            return self._read(node)

        return read

    def _read(self, node: Node) -> Place | None:
        images = self.images
        if node.shape != "scalar":
            return None if images.prefix or images.pattern else Place(node, images.verdict, images.collection)
        value = scalar_text(node)
        if not value.startswith(images.prefix):
            return None
        # Compiled where it is needed first: start-up is a feature.
        matched = re.compile(images.pattern or _WHOLE, re.DOTALL).fullmatch(value, len(images.prefix))
        if matched is None:
            return None
        part = matched.span(1)
        return Place(
            node,
            images.verdict,
            images.collection,
            None if part == (0, len(value)) else part,
            no_tag=images.no_tag,
            needs_tag=images.needs_tag,
        )
