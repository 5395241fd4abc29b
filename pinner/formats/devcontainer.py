"""Development containers (containers.dev/implementors/json_reference): JSON with comments.

Features are artifacts with a lockfile of their own (`devcontainer-lock.json`), which holds their digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Format, Found, Occurrence, Skipped, Unreadable, read_reference, rewrites_of
from pinner.formats.notes import NoNote
from pinner.formats.slots import WholeReference
from pinner.formats.yaml_reading import locator
from pinner.syntax import jsonc
from pinner.syntax.jsonc import JsoncSyntaxError, Value
from pinner.text import Source, Span

_NO_NOTE: Final = NoNote("tools write this file anew and may drop its comments")
_DOCKERFILE: Final = Unreadable("build", "the image is built from a Dockerfile, which is looked at by its own name")
_CACHE: Final = Unreadable("cache", "a cache is taken where it has something; its image may change")
_ARGUMENT: Final = Unreadable("build-argument", "the Dockerfile may read it in any way; pin it by hand")
_FEATURE: Final = Unreadable(
    "feature", "the digests of features stand in devcontainer-lock.json: `devcontainer upgrade`"
)
_NO_STRING: Final = Unreadable("not-a-scalar", "the image must be one string")


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the image of a container, and what else names images."""
    try:
        values = jsonc.read(source.text)
    except JsoncSyntaxError as error:
        end = Span(error.offset, error.offset)
        return (
            Skipped(path=source.path, span=end, locator="", written="", reason="invalid-json", detail=error.message),
        )
    return tuple(_find_in(source, values, context))


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other value changed."""
    jsonc.prove(before.text, after.text, rewrites_of(changes))


def _find_in(source: Source, values: Sequence[Value], context: Context) -> Iterator[Found]:
    for value in values:
        match value.path:
            case ("image",):
                yield _read(source, value, context)
            case ("dockerFile",) | ("build", "dockerfile"):
                yield _skip(source, value, _DOCKERFILE)
            case ("build", "cacheFrom") | ("build", "cacheFrom", int()) if value.text is not None:
                yield _skip(source, value, _CACHE)
            case ("build", "args", str(name)) if value.text and "image" in name.lower():
                yield _skip(source, value, _ARGUMENT)
            case ("features", str(name)) if "/" in name and not name.startswith((".", "https://", "http://")):
                yield _skip(source, value, _FEATURE, value.key)


def _read(source: Source, value: Value, context: Context) -> Found:
    if value.text is None:
        return _skip(source, value, _NO_STRING)
    reading = read_reference(value.text, context.aliases)
    if isinstance(reading, Unreadable):
        return _skip(source, value, reading)
    return Occurrence(
        path=source.path,
        span=Span(value.offsets[0], value.offsets[-1]),
        reference=reading,
        locator=locator(value.path),
        slot=WholeReference(value.text, value.offsets, note=_NO_NOTE),
    )


def _skip(source: Source, value: Value, verdict: Unreadable, key: Span | None = None) -> Skipped:
    span = key or Span(value.offsets[0], value.offsets[-1])
    written = source.text[span.start : span.end] if key or value.text is None else value.text
    return Skipped(
        path=source.path,
        span=span,
        locator=locator(value.path),
        written=written[:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )


FORMAT: Final = Format(
    name="devcontainer",
    find=find,
    prove=prove,
)
