"""What a pipeline of GitLab says by names: variables, and the inputs of its `spec` (docs.gitlab.com/ci/yaml).

A variable is known in all files of a pipeline, and by the scripts of its jobs, too: any word that is its name counts as
a use. Inputs are put into the text of their own file before anything else is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.gitlab_includes import included_path
from pinner.formats.names import Definition, Hole, Name, Names
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text
from pinner.syntax.yaml_scan import scan
from pinner.text import Source

_HOLE: Final = compile_later(r"(?<!\$)\$(?:\{(\w+)\}|([A-Za-z_]\w*)|\[\[\s*inputs\.([\w-]+)\s*\]\])", re.ASCII)
_WORD: Final = compile_later(r"[A-Za-z_]\w*", re.ASCII)
_INTERPOLATION: Final = compile_later(r"\$\[\[[^\]]*?\binputs\.([\w-]+)")
_MATRIX: Final = Unreadable("matrix", "a value of `parallel: matrix`; pin it by hand, or name it in a rule")
_CHOICE: Final = Unreadable("choice", "only certain values may be chosen here; pin them by hand")
_PER_RULE: Final = Unreadable("overridden", "rules give this variable its value; pin it by hand")
_VARIABLES: Final = "variables"


def read_names(source: Source, images: Sequence[Node], documents: Sequence[Document]) -> Names:
    """Return what one file says; `images` are the nodes that are images, of which many hold no name."""

    def holes(node: Node) -> tuple[Hole, ...]:
        return tuple(
            Hole(found.start(), found.end(), _name(source, found[1] or found[2], found[3]))
            for found in _HOLE.finditer(scalar_text(node))
        )

    return Names(
        owner=source.path,
        definitions=tuple(one for document in documents for one in _definitions(source, document)),
        images=tuple(node for node in images if node.shape == "scalar" and holes(node)),
        holes=holes,
        mentions=partial(_mentions, source),
    )


def _mentions(source: Source, names: frozenset[Name]) -> Mapping[Name, Iterable[tuple[int, int]]]:
    """Return where the names stand; the file is read again, for all that its words say is much more than its text."""
    mentions: dict[Name, set[tuple[int, int]]] = defaultdict(set)
    if not _may_mention(source, names):
        return mentions
    for node in chain.from_iterable(document.nodes for document in read_documents(source)):
        for name in names.intersection(_mentioned(source, node)):
            mentions[name].add((node.start, node.end))
        for name in names.intersection(_mentioned_by_key(source, node.path)):
            # A name that is a part of a key, such as a job's name, is no image anywhere.
            mentions[name].add((node.start, -1))
    return mentions


def _may_mention(source: Source, names: frozenset[Name]) -> bool:
    """Return whether one of the names may stand in a text, where it may also be written with escapes."""
    if "\\" in source.text or "inputs" in source.text:
        return True
    return any(_name(source, found[0], "") in names for found in _WORD.finditer(source.text))


@lru_cache(maxsize=32)
def read_documents(source: Source) -> tuple[Document, ...]:
    """Return the documents of a file with all their nodes; without those that cannot be read."""
    return tuple(part for part in scan(source.text, None) if isinstance(part, Document))


def _name(source: Source, variable: str | None, interpolated: str) -> Name:
    return ("", variable) if variable else (source.path, f"inputs.{interpolated}")


def _mentioned(source: Source, node: Node) -> Iterator[Name]:
    if node.shape != "scalar" or node.path[-1:] == ("description",):
        return
    for found in _INTERPOLATION.finditer(node.value):
        yield _name(source, None, found[1])
    for found in _WORD.finditer(node.value):
        yield _name(source, found[0], "")


def _mentioned_by_key(source: Source, path: Path) -> Iterator[Name]:
    key = path[-1] if path else 0
    if isinstance(key, str) and "$" in key:
        for found in _INTERPOLATION.finditer(key):
            yield _name(source, None, found[1])
        for found in _HOLE.finditer(key):
            yield _name(source, found[1] or found[2], found[3])


def _definitions(source: Source, document: Document) -> Iterator[Definition]:
    chosen = {node.path[:-1] for node in document.nodes if node.path and node.path[-1] in ("options", "regex")}
    valued = {node.path[:-1] for node in document.nodes if node.path and node.path[-1] == "value"}
    for node in document.nodes:
        verdict = _CHOICE if node.path[:-1] in chosen else None
        match node.path:
            case ("spec", "inputs", str(name), "default"):
                yield Definition(_name(source, None, name), node, verdict, is_default=True)
            case (*include, "inputs", str(name)) if path := included_path(document, tuple(include)):
                yield Definition((path, f"inputs.{name}"), node)
            case ("spec", "inputs", str(name), "rules", int(), "default"):
                yield Definition(_name(source, None, name), node, _CHOICE)
            case (*_, "parallel", "matrix", int(), str(name)) if node.shape == "scalar":
                yield Definition(_name(source, name, ""), node, _MATRIX)
            case (*_, "parallel", "matrix", int(), str(name), int()):
                yield Definition(_name(source, name, ""), node, _MATRIX)
            case (*_, "rules", int(), "variables", str(name)):
                yield Definition(_name(source, name, ""), node, _PER_RULE)
            case (*_, "variables", str(name), "value"):
                yield Definition(_name(source, name, ""), node, verdict, is_exported=True)
            case (*_, "variables", str(name)) if node.path not in valued and node.shape != "mapping":
                yield Definition(_name(source, name, ""), node, is_exported=True)
