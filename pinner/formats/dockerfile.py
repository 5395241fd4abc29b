"""Dockerfiles and Containerfiles: `FROM`, `COPY --from`, `RUN --mount=from=` and `# syntax=`, also under `ONBUILD`.

A variable is never given a digest: it would make `--build-arg` a word without effect (E03). The default of its `ARG`
is, where that is an image or the tag of one, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Format, Found, Occurrence, Skipped, Unreadable, read_reference, rewrites_of
from pinner.formats.build_proof import prove_images
from pinner.formats.dockerfile_arguments import Arguments
from pinner.formats.dockerfile_places import ImagePlace, find_places
from pinner.formats.notes import NoNote, note_above, recall_tag
from pinner.formats.slots import WholeReference
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_lexer import Malformed, lex, lex_first
from pinner.syntax.dockerfile_proof import prove as prove_texts
from pinner.text import Source, Span

_ESCAPES: Final = "\\`"
_SPLIT: Final = Unreadable("split-word", "a line continuation splits the image; write it on one line")
_NO_NOTE: Final = NoNote("its line is a directive, or names several images")
_TAG_ALONE: Final = NoNote("the tag stands in an argument of its own")
_NOT_DOCKERFILES: Final = (".dockerignore", ".md")
# A library about Dockerfiles has such names, and so has the Dockerfile of a language: the first instruction tells.
_SOURCE_CODE: Final = compile_later(
    r".*\.(?:c|cc|cpp|cs|css|go|h|hcl|html|java|js|json|jsx|kt|lua|php|pl|py|rb|rs|rst|scala|sh|snap|sql|svg|tf|toml|ts"
    r"|tsx|vim|xml|ya?ml)"
)


def find(source: Source, _: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return every image that the file names, and every place that was passed over with its reason."""
    dockerfile = lex(source.text)
    if isinstance(dockerfile, Malformed):
        return (_skip_file(source, dockerfile),)
    arguments = Arguments(source, dockerfile)
    return tuple(_read_place(source, arguments.expand(place)) for place in find_places(dockerfile))


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes, and means nothing else."""
    prove_texts(before.text, after.text, rewrites_of(changes))
    prove_images(find(before), find(after), changes)


def _is_dockerfile(source: Source) -> bool:
    """Return whether a name like `Dockerfile.*` belongs to a Dockerfile and not to what stands beside one."""
    name = source.path.lower()
    return not name.endswith(_NOT_DOCKERFILES) and (not _SOURCE_CODE.fullmatch(name) or _begins_build(source.text))


def _begins_build(text: str) -> bool:
    """Return whether a text begins with an `ARG`, or with a `FROM` as BuildKit takes it."""
    # A file of another language is seldom short, and seldom begins so: the whole is read only then.
    first = lex_first(text)
    words = first.words if first is not None else ()
    is_base = len(words) == 1 or [one.text.lower() for one in words[1:2]] == ["as"]
    begins = first is not None and (first.name == "arg" or (first.name == "from" and is_base))
    return begins and not isinstance(lex(text), Malformed)


def _skip_file(source: Source, malformed: Malformed) -> Skipped:
    span = malformed.span
    return Skipped(
        path=source.path,
        span=span,
        locator=f"line {source.position(span.start).line}",
        written=source.text[span.start : span.end],
        reason=malformed.reason,
        detail=malformed.detail,
    )


def _read_place(source: Source, place: ImagePlace) -> Found:
    value, locator = place.value, place.locator
    span = Span(value.offsets[0], value.offsets[-1] + 1)
    reading = place.problem or read_reference(place.name + value.text)
    if not isinstance(reading, Unreadable) and value.is_split:
        reading = _SPLIT
    if isinstance(reading, Unreadable):
        written, reason, detail = value.text, reading.reason, reading.detail
        return Skipped(path=source.path, span=span, locator=locator, written=written, reason=reason, detail=detail)
    is_plain = span.end - span.start == len(value.text)
    offsets = range(span.start, span.end + 1) if is_plain else (*_with_escapes(value.offsets, source.text), span.end)
    note = _TAG_ALONE if place.name else _NO_NOTE if place.start is None else note_above(source.text, place.start)
    return Occurrence(
        path=source.path,
        span=span,
        reference=recall_tag(reading, note),
        locator=locator,
        slot=WholeReference(value.text, offsets, elsewhere=place.name, note=note, taken=place.taken),
    )


def _with_escapes(offsets: Sequence[int], text: str) -> Iterator[int]:
    """Yield where each letter begins together with its escape, which goes when the letter does."""
    end = offsets[0]
    for offset in offsets:
        yield end if offset == end + 1 and text[end] in _ESCAPES else offset
        end = offset + 1


FORMAT: Final = Format(
    name="dockerfile",
    is_ours=_is_dockerfile,
    find=find,
    prove=prove,
)
