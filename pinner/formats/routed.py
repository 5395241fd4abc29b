"""The tool of formats that are tables: from routes to a whole `Format`.

    FORMAT: Final = routed_format(
        name="circleci",
        filenames=(".circleci/config.yml",),
        places=("jobs.*.docker[].image", "executors.*.docker[].image"),
    )

A place is a route, or `Images` where something must be said of what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.places import Place
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.routes import Route, followed_keys, parse_route
from pinner.syntax.yaml_nodes import Document, Node
from pinner.syntax.yaml_scalars import scalar_text
from pinner.text import Source

_WHOLE: Final = re.compile(r"(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The values at a route that are images.

    With `prefix` (`docker://`), only those that begin with it, and the reference is what follows. With `pattern`, only
    those that match it as a whole, and the reference is its one group. `is_image` looks at everything else: the
    document has the values that it needs where the table's `keys` name them. `verdict` says why all of these are left
    alone; `collection` is what to say where no scalar stands; without it nothing is said (C10).
    """

    route: str
    prefix: str = ""
    pattern: str = ""
    is_image: Callable[[Node, Document], bool] | None = None
    verdict: Unreadable | None = None
    collection: str = ""


def routed_format(  # noqa: PLR0913 - one parameter a column of the table
    *,
    name: str,
    filenames: tuple[str, ...],
    places: Sequence[str | Images],
    needles: tuple[str, ...] = (),
    keys: frozenset[str] = frozenset(),
    sections: frozenset[str] | None = None,
    is_ours: Callable[[Source], bool] | None = None,
) -> Format:
    """Return the format of a table. Of two places that lead to one value, the first decides.

    `needles` are texts of which a file must hold one, by default the keys in which the places end; `keys` are those
    that `is_image` looks at besides; `sections` are all keys at the top that mean something, where others are free for
    templates.
    """
    compiled = tuple(_Compiled.of(Images(route=one) if isinstance(one, str) else one) for one in places)
    routes = tuple(one.route for one in compiled)
    followed = followed_keys(routes)
    followed = None if followed is None else followed | keys

    def classify(document: Document) -> Iterator[Place]:
        for node in document.nodes:
            place = next((one for one in (each.read(node, document) for each in compiled) if one is not None), None)
            if place is not None:
                yield place

    def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
        return find_images(source, classify, context, keys=followed, sections=sections)

    return Format(
        name=name,
        filenames=filenames,
        needles=needles or tuple(sorted({route.last_key for route in routes if route.last_key is not None})),
        is_ours=is_ours,
        find=find,
        prove=prove,
    )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One place of a table, ready to be asked."""

    images: Images
    route: Route
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, images: Images) -> _Compiled:
        pattern = re.compile(images.pattern, re.DOTALL) if images.pattern else _WHOLE
        assert pattern.groups == 1, "the one group of a pattern is the reference"
        return cls(images, parse_route(images.route), pattern)

    def read(self, node: Node, document: Document) -> Place | None:
        """Return the place that a node is, or None."""
        images = self.images
        if not self.route.matches(node.path, document.scalar_at):
            return None
        if node.shape != "scalar":
            return None if images.prefix or images.pattern else Place(node, images.verdict, images.collection)
        value = scalar_text(node)
        matched = self.pattern.fullmatch(value, len(images.prefix)) if value.startswith(images.prefix) else None
        if matched is None or (images.is_image is not None and not images.is_image(node, document)):
            return None
        part = matched.span(1)
        return Place(node, images.verdict, images.collection, None if part == (0, len(value)) else part)
