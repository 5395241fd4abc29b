"""The tool for tables whose programs know names: parameters, substitutions, the values of a matrix.

A format says how a name is written in a value, what else counts as a mention of it, and what gives it its value; what
follows from that is the work of `formats/names.py`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final

from pinner.context import Context
from pinner.formats.names import Definition, Hole, Name, Names, follow_names
from pinner.formats.places import Classify, Place
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text
from pinner.syntax.yaml_scan import scan
from pinner.text import Source

_SIGN: Final = compile_later(r"<<|\$")


def _everywhere(_: Path, written: str) -> Name:
    return ("", written)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTable:
    """How names are used in one kind of file.

    `hole` matches a name in a value, and `mention` whatever may have to do with one; the first group that matched is
    the name as `definitions` know it. `scope` tells where a name that stands at a path is known.
    """

    hole: str
    mention: str
    definitions: Callable[[Document], Iterable[Definition]]
    scope: Callable[[Path, str], Name] = _everywhere

    def is_needed(self, text: str) -> bool:
        """Return whether a name is used in a text."""
        return re.search(self.hole, text) is not None

    def join(self, source: Source, classify: Classify, context: Context) -> tuple[Classify, Context]:
        """Return what gives the places of a file with its names followed, and the context with what they mean."""
        documents = [part for part in scan(source.text, None) if isinstance(part, Document)]
        meanings = follow_names([self._read(source, documents, classify)], context.aliases)
        aliases = {**meanings.aliases, **context.aliases}
        return meanings.join(source.path, classify), replace(context, aliases=aliases)

    def _read(self, source: Source, documents: list[Document], classify: Classify) -> Names:
        def mentions(_: frozenset[Name]) -> Mapping[Name, Iterable[tuple[int, int]]]:
            found: dict[Name, set[tuple[int, int]]] = defaultdict(set)
            for node in chain.from_iterable(document.nodes for document in documents):
                key = node.path[-1]
                for name in self._mentioned(node.path, scalar_text(node) if _is_read(node) else ""):
                    found[name].add((node.start, node.end))
                for name in self._mentioned(node.path, key if isinstance(key, str) and _SIGN.search(key) else ""):
                    # A name that is a part of a key is no image anywhere.
                    found[name].add((node.start, -1))
            return found

        places = (place for document in documents for place in classify(document))
        images = tuple(place.node for place in places if isinstance(place, Place) and place.verdict is None)
        definitions = tuple(one for document in documents for one in self.definitions(document))
        return Names(owner=source.path, definitions=definitions, images=images, holes=self._holes, mentions=mentions)

    def _holes(self, node: Node) -> tuple[Hole, ...]:
        return tuple(
            Hole(found.start(), found.end(), self.scope(node.path, _written(found)))
            for found in re.finditer(self.hole, scalar_text(node))
        )

    def _mentioned(self, path: Path, text: str) -> Iterator[Name]:
        for found in re.finditer(self.mention, text):
            yield self.scope(path, _written(found))


def _is_read(node: Node) -> bool:
    return node.shape == "scalar" and node.path[-1] != "description"


def _written(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)
