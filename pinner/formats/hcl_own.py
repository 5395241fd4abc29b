"""Places of a project's own in HCL: what its rules and its marks name, beside what the format knows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from pinner.context import Context, Rule
from pinner.formats.base import Skipped, Unreadable
from pinner.formats.hcl_reading import HclPlace
from pinner.frozen import dataclass
from pinner.syntax.hcl_leaves import Leaf, expressions
from pinner.syntax.hcl_nodes import File, Text
from pinner.syntax.line_patterns import LinePattern, Searcher
from pinner.syntax.marks import Mark, find_marks
from pinner.syntax.yaml_nodes import Path
from pinner.text import Source, Span

_MISPLACED: Final = "misplaced-mark"
_NOT_ALONE: Final = Unreadable(_MISPLACED, "the mark stands in a line of its own, above the image")
_NO_VALUE: Final = Unreadable(_MISPLACED, "in the line below the mark stands not exactly one text")
_UNSEARCHED: Final = Unreadable(
    "pattern-limit", "the line is too long for the rule's pattern, or the file for all of it"
)
_NO_TEXT: Final = Unreadable("not-a-text", "the pattern tells something that is no part of a text in quotes")


@dataclass(frozen=True)
class OwnHcl:
    """The rules and marks of one file, and the values that they may mean."""

    source: Source
    file: File
    leaves: Sequence[Leaf]
    context: Context

    def places(self) -> Iterator[HclPlace]:
        """Yield the texts that are meant."""
        for rule in self._rules:
            if rule.route is not None:
                yield from self._routed(rule)
        for part, text in self._matched:
            if text is not None:
                yield HclPlace(self._leaf(text), part=_inside(text, part))
        for _, texts in self._marked:
            if len(texts) == 1:
                yield HclPlace(self._leaf(texts[0]))

    def remarks(self) -> Iterator[Skipped]:
        """Yield the marks and patterns that mean no text."""
        for mark, texts in self._marked:
            if not mark.is_alone or len(texts) != 1:
                yield self._skip(Span(mark.start, mark.end), _NO_VALUE if mark.is_alone else _NOT_ALONE)
        for part, text in self._matched:
            if text is None:
                yield self._skip(part, _NO_TEXT)
        for part in self._unsearched:
            yield self._skip(part, _UNSEARCHED)

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.context.rules_for(self.source.path) if not rule.is_embedded)

    def _routed(self, rule: Rule) -> Iterator[HclPlace]:
        for leaf in self.leaves:
            text = leaf.expression
            if not isinstance(text, Text) or rule.route is None or not rule.route.matches(leaf.path, self._value_at):
                continue
            if rule.pattern is None:
                yield HclPlace(leaf)
            else:
                for part in Searcher().find_all([rule.pattern], text.value):
                    yield HclPlace(leaf, _UNSEARCHED if part.is_unsearched else None, (part.start, part.end))

    def _value_at(self, path: Path) -> str | None:
        return self._values.get(path)

    @cached_property
    def _values(self) -> dict[Path, str]:
        texts = ((leaf.path, leaf.expression) for leaf in self.leaves)
        return {path: text.value for path, text in texts if isinstance(text, Text) and text.is_literal}

    @cached_property
    def _patterns(self) -> tuple[LinePattern, ...]:
        return tuple(rule.pattern for rule in self._rules if rule.route is None and rule.pattern is not None)

    @cached_property
    def _matched(self) -> tuple[tuple[Span, Text | None], ...]:
        """What patterns without a route tell in lines, with the text that holds it."""
        parts = Searcher().find_all(self._patterns, self.source.text) if self._patterns else ()
        spans = (Span(part.start, part.end) for part in parts if not part.is_unsearched)
        return tuple((span, self._around(span)) for span in spans)

    def _around(self, span: Span) -> Text | None:
        """Return the literal that has all letters of a span, and as they stand there; literals stand apart."""
        at = bisect_right(self._literals, span.start, key=_content_start)
        text = self._literals[at - 1] if at else None
        return text if text is not None and span.end <= text.offsets[-1] else None

    @cached_property
    def _literals(self) -> tuple[Text, ...]:
        return tuple(sorted((text for text in self._texts if text.is_literal), key=_content_start))

    @cached_property
    def _unsearched(self) -> tuple[Span, ...]:
        parts = Searcher().find_all(self._patterns, self.source.text) if self._patterns else ()
        return tuple(Span(part.start, part.end) for part in parts if part.is_unsearched)

    @cached_property
    def _texts(self) -> tuple[Text, ...]:
        """All texts but labels, by where they begin."""
        texts = (one for one in expressions(self.file) if isinstance(one, Text))
        return tuple(sorted(texts, key=_start))

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        """How far each text, or one that begins before it, reaches."""
        return tuple(accumulate((text.span.end for text in self._texts), max))

    @cached_property
    def _marked(self) -> tuple[tuple[Mark, tuple[Text, ...]], ...]:
        """The marks, each with the texts that begin in the line below it."""
        marks = (mark for mark in find_marks(self.source.text) if mark.sign in ("#", "//"))
        return tuple((mark, self._below(mark) if mark.is_alone else ()) for mark in marks)

    def _below(self, mark: Mark) -> tuple[Text, ...]:
        end = self.source.text.find("\n", mark.below)
        end = len(self.source.text) if end < 0 else end
        before = bisect_right(self._texts, mark.start, key=_start)
        if before and self._ends[before - 1] > mark.start:
            return ()
        return self._texts[bisect_left(self._texts, mark.below, key=_start) : bisect_left(self._texts, end, key=_start)]

    def _leaf(self, text: Text) -> Leaf:
        line = self.source.position(text.span.start).line
        return self._leaves.get(id(text)) or Leaf((f"line {line}",), text, ())

    @cached_property
    def _leaves(self) -> dict[int, Leaf]:
        """The first leaf of each expression, by its identity."""
        return {id(leaf.expression): leaf for leaf in reversed(self.leaves)}

    def _skip(self, span: Span, verdict: Unreadable) -> Skipped:
        return Skipped(
            path=self.source.path,
            span=span,
            locator=f"line {self.source.position(span.start).line}",
            written=self.source.text[span.start : span.end][:200],
            reason=verdict.reason,
            detail=verdict.detail,
        )


def _start(text: Text) -> int:
    return text.span.start


def _content_start(text: Text) -> int:
    return text.offsets[0]


def _inside(text: Text, span: Span) -> tuple[int, int]:
    return bisect_left(text.offsets, span.start), bisect_left(text.offsets, span.end)
