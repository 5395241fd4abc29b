"""`resolve`: what references mean now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

from pinner.cache.answers import AnswerCache
from pinner.commands.network import OpenResolver
from pinner.errors import InvalidReferenceError, UsageError
from pinner.formats.base import Unreadable, read_reference
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution

STDIN = "-"


def read_references(written: Sequence[str], stdin: IO[str]) -> tuple[Reference, ...]:
    """Read references from arguments, and from `stdin` where `-` stands: a line each, `#` begins a comment.

    Raise `InvalidReferenceError` naming every one that cannot be read.
    """
    texts: list[str] = []
    for one in written:
        texts += _lines(stdin) if one == STDIN else [one]
    if not texts:
        message = "no reference is given"
        raise UsageError(message, hint="write pinner resolve nginx:1.27, or give '-' and references on standard input")
    parsed = [(text, read_reference(text)) for text in texts]
    problems = [_explain(text, one) for text, one in parsed if isinstance(one, Unreadable)]
    if problems:
        raise InvalidReferenceError("\n".join(problems))
    return tuple(one for _, one in parsed if isinstance(one, Reference))


def resolve_all(
    references: Sequence[Reference],
    open_resolver: OpenResolver,
    *,
    platform: Platform | None = None,
    needs_documents: bool = False,
    cache: AnswerCache | None = None,
) -> tuple[Resolution, ...]:
    """Look the references up, in their order; documents are read for a platform and where they are wanted.

    What the cache recalls is not asked for; where it recalls everything, no resolver is opened.
    """
    is_reading = needs_documents or platform is not None
    if cache is None:
        return _ask(references, open_resolver, platform, is_reading=is_reading)
    recall = cache.recall_document if is_reading else cache.recall_tag
    recalled = [recall(one, platform) for one in references]
    missing = [reference for reference, answer in zip(references, recalled, strict=True) if answer is None]
    asked = _ask(missing, open_resolver, platform, is_reading=is_reading) if missing else ()
    note = cache.note_documents if is_reading else cache.note_tags
    note(asked, platform)
    fresh = iter(asked)
    return tuple(next(fresh) if answer is None else answer for answer in recalled)


def _ask(
    references: Sequence[Reference], open_resolver: OpenResolver, platform: Platform | None, *, is_reading: bool
) -> tuple[Resolution, ...]:
    with open_resolver(platform) as resolver:
        return resolver.describe(references) if is_reading else resolver.look_up(references)


def _explain(text: str, problem: Unreadable) -> str:
    detail = problem.detail or problem.reason
    return detail if repr(text) in detail else f"{text!r}: {detail}"


def _lines(stdin: IO[str]) -> Iterable[str]:
    for line in stdin:
        text = line.partition("#")[0].strip()
        if text:
            yield text
