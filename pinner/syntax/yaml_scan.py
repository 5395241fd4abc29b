"""YAML text to the scalars under given keys, with their paths and exact places.

One walk over the event stream with a path tracker. Nothing is composed and no alias is expanded: an alias adds the
places it reaches, and every place of one scalar points at the same letters of the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Literal

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_chunks import Chunk, chunks
from pinner.syntax.yaml_events import BACKENDS, Parser, YamlSyntaxError, parser
from pinner.syntax.yaml_nodes import EVERY_KEY, Document
from pinner.syntax.yaml_tracker import PathTracker, TooDeepError
from pinner.text import Span

_TEMPLATE: Final = compile_later(r"\{\{|\{%|<%")

Reason = Literal["templated", "invalid-yaml", "too-deep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsed:
    """A chunk that was passed over, the offset in the source that says why, and a sentence for people."""

    reason: Reason
    chunk: Chunk
    offset: int
    detail: str


def scan(
    text: str, keys: frozenset[str] | None, *, is_needed: Callable[[str], bool] | None = None
) -> Iterator[Document | Unparsed]:
    """Yield the documents of `text` with the nodes under `keys`; without, with all nodes.

    Chunks of which `is_needed` says no are passed over unparsed.
    """
    for chunk in chunks(text):
        if is_needed is None or is_needed(text[chunk.start : chunk.end]):
            yield from scan_chunk(text, chunk, keys)


def scan_chunk(
    text: str, chunk: Chunk, keys: frozenset[str] | None, *, marker: str | None = None
) -> tuple[Document | Unparsed, ...]:
    """Parse one chunk with libyaml, and with ruamel.yaml where libyaml refuses what YAML 1.2 allows."""
    piece = text[chunk.start : chunk.end]
    problem: YamlSyntaxError | None = None
    for backend in _backends():
        try:
            return _track(backend, piece, chunk, keys, marker)
        except TooDeepError as error:
            offset = chunk.start + error.offset
            return (
                Unparsed(reason="too-deep", chunk=chunk, offset=offset, detail=f"nested deeper than {error.limit}"),
            )
        except YamlSyntaxError as error:
            problem = problem or error
        template = _TEMPLATE.search(piece)
        if template is not None:
            offset = chunk.start + template.start()
            detail = "a template that is no YAML before it is rendered"
            return (Unparsed(reason="templated", chunk=chunk, offset=offset, detail=detail),)
    assert problem is not None, "at least one back end parses"
    offset = chunk.start + problem.offset
    return (Unparsed(reason="invalid-yaml", chunk=chunk, offset=offset, detail=problem.message),)


def _backends() -> Iterator[Parser]:
    for name in BACKENDS:
        backend = parser(name)
        if backend is not None:
            yield backend


def _track(
    backend: Parser, piece: str, chunk: Chunk, keys: frozenset[str] | None, marker: str | None
) -> tuple[Document, ...]:
    tracker = PathTracker(EVERY_KEY if keys is None else keys, chunk.start, backend.kinds, marker)
    try:
        documents = tuple(tracker.documents(backend.events(piece)))
    except backend.failures as error:
        raise backend.problem(error, piece) from error
    limits = [chunk.start, *(document.start for document in documents[1:]), chunk.end]
    return tuple(
        replace(document, extent=Span(start, end))
        for document, start, end in zip(documents, limits, limits[1:], strict=False)
    )
