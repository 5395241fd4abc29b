"""Dockerfiles and Containerfiles: `FROM`, `COPY --from`, `RUN --mount=from=` and `# syntax=`, also under `ONBUILD`.

Names of stages, their numbers and `scratch` are no images. Variables are never given a digest: it would make
`--build-arg` a word without effect (E03).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.errors import EditError
from pinner.formats.base import Change, Format, Found, Occurrence, Skipped, Unreadable, read_reference, rewrites_of
from pinner.formats.notes import NoNote, note_above, recall_tag
from pinner.formats.slots import WholeReference
from pinner.oci.reference import Reference
from pinner.syntax.dockerfile_lexer import Dockerfile, Instruction, Malformed, lex
from pinner.syntax.dockerfile_proof import prove as prove_texts
from pinner.syntax.dockerfile_words import Letters, split_fields, split_shell_words
from pinner.text import Source, Span

_SCRATCH: Final = "scratch"
_STAGE_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_VARIABLE: Final = re.compile(r"\$(?:\{(?P<braced>\w+)[^}]*\}|(?P<bare>\w+))")
_DIGEST_BEHIND: Final = re.compile(r"[^/]*\$[^/]*@[a-z0-9]+:[0-9a-fA-F]{32,}")
_NAMED_FROM: Final = 3
# BuildKit sets these without an ARG (Dockerfile reference, "Automatic platform ARGs in the global scope").
_BUILDER_VARIABLES: Final = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|TARGETSTAGE")
_NO_NOTE: Final = NoNote("its line is a directive, or names several images")
_NOT_DOCKERFILES: Final = (".dockerignore", ".md")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an image may be named: `value` is without quotes; `problem` says why it is left alone.

    `start` is where its instruction begins, of which it is the only image; None where no comment may stand above.
    """

    locator: str
    value: Letters
    problem: Unreadable | None = None
    start: int | None = None


@dataclass(slots=True)
class _Stages:
    """What is known of the stages and global arguments while a file is walked from top to bottom."""

    names: frozenset[str]
    earlier: set[str] = field(default_factory=set)
    count: int = 0
    current: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


def find(source: Source, _: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return every image that the file names, and every place that was passed over with its reason."""
    dockerfile = lex(source.text)
    if isinstance(dockerfile, Malformed):
        return (_skip_file(source, dockerfile),)
    found: list[Found] = []
    locators: Counter[str] = Counter()
    for place in _places(source, dockerfile):
        locators[place.locator] += 1
        number = locators[place.locator]
        found.append(_read_place(source, place, place.locator if number == 1 else f"{place.locator} ({number})"))
    return tuple(found)


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes, and means nothing else."""
    prove_texts(before.text, after.text, rewrites_of(changes))
    references = {change.occurrence.span: _identity(change.reference) for change in changes}
    wanted = [(one.locator, references.get(one.span, _meaning(one))) for one in find(before)]
    if wanted != [(one.locator, _meaning(one)) for one in find(after)]:
        message = "the file names other images than the edit wanted"
        raise EditError(message)


def _is_dockerfile(source: Source) -> bool:
    """Return whether a name like `Dockerfile.*` belongs to a Dockerfile and not to what stands beside one."""
    return not source.path.lower().endswith(_NOT_DOCKERFILES)


def _meaning(found: Found) -> tuple[object, ...]:
    return _identity(found.reference) if isinstance(found, Occurrence) else (found.reason, found.written)


def _identity(reference: Reference) -> tuple[object, ...]:
    return reference.name, reference.tag, reference.digest


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


def _read_place(source: Source, place: _Place, locator: str) -> Found:
    value = place.value
    span = Span(value.offsets[0], value.offsets[-1] + 1)
    reading = place.problem or read_reference(value.text)
    if not isinstance(reading, Unreadable) and value.is_split:
        reading = Unreadable("split-word", "a line continuation splits the image; write it on one line")
    if isinstance(reading, Unreadable):
        written, reason, detail = value.text, reading.reason, reading.detail
        return Skipped(path=source.path, span=span, locator=locator, written=written, reason=reason, detail=detail)
    is_plain = span.end - span.start == len(value.text)
    offsets = range(span.start, span.end + 1) if is_plain else (*value.offsets, span.end)
    note = _NO_NOTE if place.start is None else note_above(source.text, place.start)
    return Occurrence(
        path=source.path,
        span=span,
        reference=recall_tag(reading, note),
        locator=locator,
        slot=WholeReference(value.text, offsets, note=note),
    )


def _places(source: Source, dockerfile: Dockerfile) -> Iterator[_Place]:
    """Yield the places in the order of the file."""
    if dockerfile.syntax is not None and dockerfile.syntax.text:
        yield _Place(locator="syntax", value=dockerfile.syntax)
    named = (_stage_name(instruction.words) for instruction in dockerfile.instructions if instruction.name == "from")
    stages = _Stages(names=frozenset(name for name in named if name))
    for instruction in dockerfile.instructions:
        places = tuple(_instruction_places(source, instruction, stages, dockerfile.escape))
        start = instruction.keyword.offsets[0] if len(places) == 1 else None
        yield from (replace(place, start=start) for place in places)


def _instruction_places(source: Source, instruction: Instruction, stages: _Stages, escape: str) -> Iterator[_Place]:
    if instruction.name == "from":
        yield from _from_places(instruction, stages, escape)
    elif instruction.name == "arg" and not stages.count:
        _remember_arguments(source, instruction, stages, escape)
    elif instruction.name == "onbuild" and instruction.trigger:
        for place in _source_places(instruction.trigger, stages, "ONBUILD "):
            yield _doubt_trigger(place)
    else:
        yield from _source_places(instruction, stages, "")


def _stage_name(words: Sequence[Letters]) -> str:
    return words[2].text.lower() if len(words) == _NAMED_FROM and words[1].text.lower() == "as" else ""


def _remember_arguments(source: Source, instruction: Instruction, stages: _Stages, escape: str) -> None:
    for word in split_shell_words(instruction.arguments, escape) or ():
        name, has_default, default = word.text.partition("=")
        if has_default or name not in stages.arguments:
            line = source.position(word.offsets[0]).line
            ending = f"has the default {default!r}" if has_default else "has no default"
            stages.arguments[name] = f"ARG {name} on line {line} {ending}"


def _from_places(instruction: Instruction, stages: _Stages, escape: str) -> Iterator[_Place]:
    """Yield the base of a stage: one word, or three with `AS` in the middle (E01, E04)."""
    words = instruction.words
    name = _stage_name(words)
    stages.current = f"stage {name or stages.count}"
    stages.count += 1
    known = set(stages.earlier)
    if name:
        stages.earlier.add(name)
    if len(words) != 1 and not name:
        whole = instruction.arguments if words else instruction.keyword
        yield _Place(locator=stages.current, value=whole, problem=_explain_words(whole.text, len(words)))
        return
    unquoted = split_shell_words(words[0], escape)
    if unquoted is None or len(unquoted) != 1:
        problem = Unreadable("invalid-instruction", "the image is not one word, or its quotes are not closed")
        yield _Place(locator=stages.current, value=words[0], problem=problem)
    elif unquoted[0].text != _SCRATCH and unquoted[0].text.lower() not in known:
        yield _Place(
            locator=stages.current, value=unquoted[0], problem=_explain_variables(unquoted[0].text, stages.arguments)
        )


def _explain_words(text: str, count: int) -> Unreadable:
    reading = read_reference(text.partition("#")[0].strip())
    if isinstance(reading, Unreadable) and reading.reason in ("template-value", "placeholder"):
        return reading
    hint = "; a comment has a line of its own" if "#" in text else ""
    return Unreadable("invalid-instruction", f"FROM takes an image, or an image AS a name, not {count} words{hint}")


def _explain_variables(text: str, arguments: dict[str, str]) -> Unreadable | None:
    """Name the variables and their defaults, or return None where there are none (E02, E03)."""
    reading = read_reference(text)
    if not isinstance(reading, Unreadable) or reading.reason != "variable":
        return None
    names = dict.fromkeys(match["braced"] or match["bare"] for match in _VARIABLE.finditer(text))
    detail = "; ".join(arguments.get(name) or _explain_unknown(name) for name in names) or reading.detail
    if _DIGEST_BEHIND.search(_VARIABLE.sub("$", text)):
        return Unreadable("digest-after-variable", f"the digest decides, whatever the variable says: {detail}")
    return Unreadable("variable", detail)


def _explain_unknown(name: str) -> str:
    if _BUILDER_VARIABLES.fullmatch(name):
        return f"{name} is set by the builder"
    return f"no ARG {name} stands before the first FROM"


def _source_places(instruction: Instruction, stages: _Stages, prefix: str) -> Iterator[_Place]:
    """Yield the images of `COPY --from` and `RUN --mount=from=`; stages may stand anywhere in the file."""
    where = f"{stages.current}: {prefix}" if stages.current else prefix
    if instruction.name == "copy":
        for flag in instruction.flags:
            if flag.text.startswith("--from="):
                yield from _source_place(flag.part(len("--from=")), stages, f"{where}COPY --from")
    elif instruction.name == "run":
        for flag in instruction.flags:
            if flag.text.startswith("--mount="):
                yield from _mount_places(flag.part(len("--mount=")), stages, f"{where}RUN --mount from")


def _mount_places(mount: Letters, stages: _Stages, locator: str) -> Iterator[_Place]:
    """Yield the image of a mount: the value of the last `from` key, which BuildKit lets win."""
    fields = split_fields(mount)
    if fields is None:
        if "from=" in mount.text.lower():
            problem = Unreadable("invalid-instruction", "the mount is not a comma-separated list")
            yield _Place(locator=locator, value=mount, problem=problem)
        return
    sources = [one.part(len("from=")) for one in fields if one.text.lower().startswith("from=")]
    for source in sources[-1:]:
        yield from _source_place(source, stages, locator)


def _source_place(value: Letters, stages: _Stages, locator: str) -> Iterator[_Place]:
    # BuildKit counts stages in COPY alone, Buildah also in mounts; no image has a mere number for its name.
    is_stage = _STAGE_NUMBER.fullmatch(value.text) or value.text.lower() in stages.names
    if value.text and not is_stage and value.text != _SCRATCH:
        yield _Place(locator=locator, value=value, problem=_refuse_variables(value.text))


def _refuse_variables(text: str) -> Unreadable | None:
    reading = read_reference(text)
    if isinstance(reading, Unreadable) and reading.reason == "variable":
        return Unreadable("variable", "no variable is expanded here; give the image a stage of its own")
    return None


def _doubt_trigger(place: _Place) -> _Place:
    """Pass over a bare name: it may be a stage of the Dockerfile that builds on this image."""
    if not _STAGE_NAME.fullmatch(place.value.text):
        return place
    name = place.value.text
    detail = f"{name!r} may be a stage of the Dockerfile that builds on this image; an image is written {name}:latest"
    return replace(place, problem=Unreadable("ambiguous-stage", detail))


FORMAT: Final = Format(
    name="dockerfile",
    filenames=(
        "dockerfile",
        "dockerfile.*",
        "*.dockerfile",
        "containerfile",
        "containerfile.*",
        "*.containerfile",
    ),
    is_ours=_is_dockerfile,
    find=find,
    prove=prove,
)
