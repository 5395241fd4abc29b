"""What a pipeline of GitLab takes in (docs.gitlab.com/ci/yaml, `include` and `trigger:include`).

Files of the same repository are read with it. Of what comes from elsewhere nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.places import Place
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import is_string, scalar_text
from pinner.syntax.yaml_scan import scan
from pinner.text import Source

# How files are named that are not in the repository.
UNSEEN: Final = frozenset({"remote", "project", "component", "template", "artifact"})
_LOCAL: Final = compile_later(r"(?!\w+://)[^$]+\.ya?ml")
_WILD: Final = compile_later(r"[*?]")
_ADDRESS: Final = compile_later(r"\w+://(?:[^/?#]*@)?([^?#]*)")
_REMOTE: Final = Unreadable(
    "remote-include", "what this takes in is not in the repository, and its images are not seen"
)
_INPUT: Final = Unreadable("input", "an input of something that is not followed; pin it by hand")


def local_includes(source: Source) -> Iterator[str]:
    """Yield the patterns of the files of the same repository that a pipeline includes, or starts as a child."""
    for part in scan(source.text, frozenset({"include", "local"})):
        if isinstance(part, Document):
            values = (node.value for node in part.nodes if node.shape == "scalar" and _kind(node.path) == "local")
            yield from (value.removeprefix("/") for value in values if _LOCAL.fullmatch(value))


def included_path(document: Document, include: Path) -> str | None:
    """Return the one file of the same repository that an entry at this path takes in."""
    local = document.scalar_at((*include, "local")) if _kind((*include, "local")) == "local" else None
    if local is None or not _LOCAL.fullmatch(local) or _WILD.search(local):
        return None
    return local.removeprefix("/")


def classify_includes(document: Document) -> Iterator[Place]:
    """Yield what comes from elsewhere, and the images that are given to it."""
    for node in document.nodes:
        if node.shape == "scalar":
            if _is_unseen(node):
                yield Place(node, _REMOTE, part=_shown(scalar_text(node)))
            elif _is_given(document, node):
                yield Place(node, _INPUT)


def _shown(address: str) -> tuple[int, int]:
    """Return the part of an address that holds no login and no query, where a token may stand."""
    shown = _ADDRESS.match(address)
    return (0, len(address)) if shown is None else shown.span(1)


def _is_unseen(node: Node) -> bool:
    kind = _kind(node.path)
    return kind in UNSEEN or (kind == "local" and node.shape == "scalar" and ("://" in node.value or "$" in node.value))


def _kind(path: Path) -> str | None:
    """Return how an entry of `include` names a file; one that is a text alone is local, or an address."""
    match path:
        case ("include", *inside) | (_, "trigger", "include", *inside):
            match inside:
                case [] | [int()]:
                    return "local"
                case [str(kind)] | [int(), str(kind)]:
                    return kind
    return None


def _is_given(document: Document, node: Node) -> bool:
    """Return whether a value looks like an image, and is an input of what cannot be read."""
    match node.path:
        case ("include", "inputs", str(name)) | ("include", int(), "inputs", str(name)):
            pass
        case (_, "trigger", "inputs", str(name)) | (_, "trigger", "include", int(), "inputs", str(name)):
            pass
        case _:
            return False
    if not is_string(node) or included_path(document, node.path[:-2]) is not None:
        return False
    reference = read_reference(node.value)
    return not isinstance(reference, Unreadable) and ("image" in name.lower() or ":" in node.value)
