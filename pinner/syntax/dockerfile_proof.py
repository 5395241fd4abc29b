"""The proof of an edit in a Dockerfile: read both texts again, and let nothing differ but what was meant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.errors import EditError
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_lexer import Dockerfile, Malformed, lex
from pinner.syntax.dockerfile_words import Letters
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrite, edits_of
from pinner.text import Edit, Span, apply_edits

_COMMENT_LINE: Final = compile_later(r"(?:[ \t]*#[^\n]*\n)?")


def prove(before: str, after: str, rewrites: Iterable[Rewrite]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these rewrites, and its instructions say so too."""
    rewrites = tuple(rewrites)
    if apply_edits(before, edits_of(rewrites)) != after:
        message = "text outside the references changed"
        raise EditError(message)
    if not rewrites:
        return
    old, new = lex(before), lex(after)
    if isinstance(old, Malformed) or isinstance(new, Malformed):
        message = "the file cannot be read as a Dockerfile"
        raise EditError(message)
    for edit in (one.edit for one in rewrites if isinstance(one, CommentRewrite)):
        pieces = (before[edit.span.start : edit.span.end], edit.replacement)
        if not all(_COMMENT_LINE.fullmatch(piece) for piece in pieces):
            message = "an edit of a comment changes something else"
            raise EditError(message)
    edits = sorted(one.edit for one in rewrites if isinstance(one, ValueRewrite))
    starts, ends = [edit.span.start for edit in edits], [edit.span.end for edit in edits]
    expected = [_edited(letters, _near(letters, edits, starts, ends)) for letters in _contents(before, old)]
    if expected != [letters.text for letters in _contents(after, new)]:
        message = "an instruction changed beside its reference"
        raise EditError(message)


def _contents(text: str, dockerfile: Dockerfile) -> Iterator[Letters]:
    """Yield all that has a meaning, in order: directives, keywords, flags, arguments and here-documents."""
    for directive in dockerfile.directives:
        yield directive.value
    if dockerfile.syntax is not None:
        yield dockerfile.syntax
    for instruction in dockerfile.instructions:
        for part in (instruction, *((instruction.trigger,) if instruction.trigger else ())):
            yield part.keyword
            yield from part.flags
            yield part.arguments
        for heredoc in instruction.heredocs:
            start, end = heredoc.body.start, heredoc.body.end
            yield Letters(text[start:end], range(start, end))


def _edited(letters: Letters, edits: Sequence[Edit]) -> str:
    """Return the text as it must read after the edits: each belongs to the letters around its place."""
    offsets = letters.offsets
    return apply_edits(
        letters.text,
        [
            Edit(Span(bisect_left(offsets, edit.span.start), bisect_left(offsets, edit.span.end)), edit.replacement)
            for edit in edits
        ],
    )


def _near(letters: Letters, edits: Sequence[Edit], starts: Sequence[int], ends: Sequence[int]) -> Sequence[Edit]:
    """Return the edits that reach into a text; they are sorted and apart, so that only those are looked at."""
    offsets = letters.offsets
    return edits[bisect_right(ends, offsets[0]) : bisect_right(starts, offsets[-1] + 1)] if offsets else ()
