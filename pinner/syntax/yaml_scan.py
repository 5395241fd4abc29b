"""YAML text to the scalars under given keys, with their paths and exact places.

One walk over the event stream with a path tracker. Nothing is composed and no alias is expanded: an alias adds the
places it reaches, and every place of one scalar points at the same letters of the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, Literal

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_events import BACKENDS, Parser, YamlSyntaxError, parser
from pinner.syntax.yaml_nodes import EVERY_KEY, Document
from pinner.syntax.yaml_tracker import PathTracker, TooDeepError
from pinner.text import Span

# Each pattern begins with a letter, and looks behind it only then: so `re` skips to it at the speed of `str.find`.
_DOCUMENT_START: Final = compile_later(r"---(?<![^\n]---)(?=[ \t\r\n]|\Z)")
_DIRECTIVE: Final = compile_later(r"%(?<![^\r\n\ufeff]%)")
_TEMPLATE: Final = compile_later(r"\{\{|\{%|<%")
# Escaped keys, keys that are aliases, and explicit keys (with a comment before the colon) are found by no other
# pattern: such chunks are never passed over.
_ODD: Final = (
    re.compile(r"\\[xuU\r\n]"),
    re.compile(r"\*(?<![^\s,\[\]{}\ufeff]\*)[^\s,\[\]{}]+?\s*:"),
    re.compile(r"\?(?<![^\s,\[\]{}\ufeff]\?)\s"),
)
# A key with a value that may be a scalar: not where the next content line opens a sequence or a plain block mapping.
# Behind the colon of a quoted key no blank is needed (YAML 1.2.2, 7.4.2). What looks ahead is bounded, so that no text
# costs more than linear time; beyond the bounds a chunk counts as a candidate.
_CANDIDATE: Final = (
    r"""(?:%s)(?:["']\s*:|\s*:(?=[\s"'\[\]{}&!*|>,?]|\Z))"""
    r"(?!(?:[ \t]{0,99}(?:\#[^\r\n\x85\u2028\u2029]{0,299})?[\r\n]){1,99}"
    r"[ \t]{0,99}(?:-[ \t\r\n]|[A-Za-z_$][\w./$-]{0,99}:[ \t\r\n]))"
)
# A key with a block sequence, which may have an anchor.
_LISTING: Final = (
    r"""(?:%s)["']?[ \t]{0,99}:(?:[ \t]{1,99}&[^\s,\[\]{}]{1,99})?"""
    r"(?:[ \t]{0,99}(?:\#[^\r\n\x85\u2028\u2029]{0,299})?[\r\n]){1,99}[ \t]{0,99}-[ \t\r\n]"
)

Reason = Literal["templated", "invalid-yaml", "too-deep"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The text from one document start to the next: always a complete stream of its own, as offsets of the source."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsed:
    """A chunk that was passed over, the offset in the source that says why, and a sentence for people."""

    reason: Reason
    chunk: Chunk
    offset: int
    detail: str


def chunks(text: str) -> Iterator[Chunk]:
    """Split at lines that begin with `---`: such a line is no content anywhere in valid YAML (1.2.2, c-forbidden)."""
    start = 1 if text.startswith("\ufeff") else 0
    if _DIRECTIVE.search(text) is None:
        for match in _DOCUMENT_START.finditer(text):
            if match.start() > start:
                yield Chunk(start, match.start())
                start = match.start()
    yield Chunk(start, len(text))


@lru_cache(maxsize=32)
def candidate(keys: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern that finds every chunk in which one of `keys` may hold a scalar, and some others."""
    return re.compile(_CANDIDATE % _any_of(keys))


@lru_cache(maxsize=32)
def listing(keys: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern that finds a block sequence under one of `keys`."""
    return re.compile(_LISTING % _any_of(keys))


def _any_of(keys: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, keys)))


def scan(
    text: str,
    keys: frozenset[str] | None,
    *,
    wanted: frozenset[str] | None = None,
    lists: frozenset[str] | None = None,
    marker: str | None = None,
    whole: str | None = None,
) -> Iterator[Document | Unparsed]:
    """Yield the documents of `text` with the nodes under `keys`, and with every scalar that holds `marker`.

    With `wanted`, chunks in which none of these keys can hold a scalar, and none of `lists` a sequence, are passed over
    without being parsed. Without `keys`, and in a chunk that holds the text `whole`, all nodes are given.
    """
    filters = [candidate(wanted), *_ODD] if wanted is not None else []
    if filters and lists:
        filters.append(listing(lists))
    for chunk in chunks(text):
        is_whole = whole is not None and text.find(whole, chunk.start, chunk.end) >= 0
        if filters and not is_whole and not any(pattern.search(text, chunk.start, chunk.end) for pattern in filters):
            continue
        yield from scan_chunk(text, chunk, None if is_whole else keys, marker=marker)


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
