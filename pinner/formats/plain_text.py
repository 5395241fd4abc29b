"""Any other text: the line below `# pinner: image`, and what a project's own patterns tell in its lines.

A mark means the one token of the next line that is a reference with a tag or a digest. Lines are looked at one by one,
so that nothing else can change the meaning of a place.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.errors import EditError
from pinner.formats.base import (
    Change,
    Format,
    Found,
    Occurrence,
    Skipped,
    Unreadable,
    edits_for,
    is_versioned,
    read_reference,
)
from pinner.formats.slots import WholeReference
from pinner.patterns import compile_later
from pinner.syntax.line_patterns import Searcher
from pinner.syntax.marks import find_marks
from pinner.text import Source, Span, apply_edits

_MISPLACED: Final = "misplaced-mark"
_NOT_ALONE: Final = Unreadable(_MISPLACED, "the mark stands in a line of its own, above the image")
_UNSEARCHED: Final = Unreadable(
    "pattern-limit", "the line is too long for the rule's pattern, or the file for all of it"
)
# Between tokens stands what no reference holds; a bracket beside one may make it a part of something.
_TOKEN: Final = compile_later(r"[^\s\"'`,;()\[\]{}<>=|&\\]+")
_JOINED_BEFORE: Final = frozenset(")]}>")
_JOINED_BEHIND: Final = frozenset("([{<")
_SCHEME: Final = compile_later(r"(?:docker|docker-image|oci)://")
_LONGEST_LINE: Final = 10_000


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the marked references and those that patterns tell, in the order of the text."""
    matched = tuple(_matched(source, context))
    ends = [one.span.end for one in matched]
    # What a pattern means is not meant once more by a mark.
    marked = (one for one in _marked(source, context) if not _meets(one.span, matched, ends))
    return tuple(sorted((*matched, *marked), key=lambda one: one.span))


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes, each in its line."""
    if apply_edits(before.text, edits_for(changes)) != after.text:
        raise EditError(f"{before.path}: text outside the references changed")
    if before.text.count("\n") != after.text.count("\n"):
        raise EditError(f"{before.path}: a line was added or removed")
    lines = after.text.split("\n")
    ends = [found.start() for found in re.finditer("\n", before.text)]
    for change in changes:
        if change.reference.written not in lines[bisect_left(ends, change.occurrence.span.start)]:
            raise EditError(f"{before.path}: the line does not name {change.reference.written!r}")


def _matched(source: Source, context: Context) -> Iterator[Found]:
    rules = context.rules_for(source.path)
    patterns = [rule.pattern for rule in rules if rule.pattern is not None and rule.route is None]
    for part in Searcher().find_all(patterns, source.text):
        span = Span(part.start, part.end)
        yield _skip(source, span, _UNSEARCHED) if part.is_unsearched else _read(source, span, context)


def _meets(span: Span, others: Sequence[Found], ends: Sequence[int]) -> bool:
    """Return whether one of the others, which stand in order and apart, has a letter of a span."""
    at = bisect_right(ends, span.start)
    return at < len(others) and others[at].span.start < span.end


def _marked(source: Source, context: Context) -> Iterator[Found]:
    text = source.text
    for mark in find_marks(text):
        if not mark.is_alone:
            yield _skip(source, Span(mark.start, mark.end), _NOT_ALONE)
            continue
        ends = [at for at in (text.find("\n", mark.below), text.find("\r", mark.below)) if at >= 0]
        end = min(ends, default=len(text))
        spans = _reference_spans(text, mark.below, end, context) if end - mark.below <= _LONGEST_LINE else ()
        if len(spans) == 1:
            yield _read(source, spans[0], context)
        else:
            several = f"{len(spans)} references" if spans else "no reference with a tag or a digest"
            problem = Unreadable(_MISPLACED, f"in the line below the mark stands {several}, where one is meant")
            yield _skip(source, Span(mark.start, mark.end), problem)


def _reference_spans(text: str, start: int, end: int, context: Context) -> tuple[Span, ...]:
    """Return the tokens of a line that are references with a tag or a digest."""
    spans: list[Span] = []
    for token in _TOKEN.finditer(text, start, end):
        scheme = _SCHEME.match(token[0])
        span = Span(token.start() + (scheme.end() if scheme else 0), token.end())
        is_part = (
            text[token.start() - 1 : token.start()] in _JOINED_BEFORE or text[span.end : span.end + 1] in _JOINED_BEHIND
        )
        if not is_part and is_versioned(text[span.start : span.end], context.aliases):
            spans.append(span)
    return tuple(spans)


def _read(source: Source, span: Span, context: Context) -> Found:
    text = source.text[span.start : span.end]
    reference = read_reference(text, context.aliases)
    if isinstance(reference, Unreadable):
        return _skip(source, span, reference)
    return Occurrence(
        path=source.path,
        span=span,
        reference=reference,
        locator=_locator(source, span),
        slot=WholeReference(text, range(span.start, span.end + 1)),
    )


def _skip(source: Source, span: Span, verdict: Unreadable) -> Skipped:
    return Skipped(
        path=source.path,
        span=span,
        locator=_locator(source, span),
        written=source.text[span.start : span.end][:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )


def _locator(source: Source, span: Span) -> str:
    return f"line {source.position(span.start).line}"


FORMAT: Final = Format(
    name="text",
    find=find,
    prove=prove,
)
