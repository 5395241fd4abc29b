"""The tool for Dockerfiles, also those in values of other files: where images may be named, and what is no image.

Names of stages, their numbers and `scratch` are no images. Variables are left to whoever knows what sets them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.build_names import bare_name, is_stage_name
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_lexer import Dockerfile, Instruction
from pinner.syntax.dockerfile_words import WHITE_SPACE, Letters, split_fields, split_shell_words

SCRATCH: Final = "scratch"
_NAMED_FROM: Final = 3
_STAGE_NUMBER: Final = compile_later(r"[+-]?[0-9]+")
_NOT_ONE_WORD: Final = Unreadable("invalid-instruction", "the image is not one word, or its quotes are not closed")
_NO_LIST: Final = Unreadable("invalid-instruction", "the mount is not a comma-separated list")
_NOT_EXPANDED: Final = Unreadable("variable", "no variable is expanded here; give the image a stage of its own")
_NUMBER: Final = Unreadable(
    "ambiguous-stage", "BuildKit takes the number for an image, Buildah for a stage; name the stage"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlace:
    """Where an image may be named: `value` is without quotes; `problem` says why it is left alone.

    `start` is where its instruction begins, of which it is the only image; None where no comment may stand above.
    `name` is what of the reference stands elsewhere, in front of `value`. `taken` is a text that is no image here.
    """

    locator: str
    value: Letters
    problem: Unreadable | None = None
    start: int | None = None
    is_base: bool = False
    name: str = ""
    taken: str = ""


@dataclass(slots=True)
class _Stages:
    """What is known of the stages while a file is walked from top to bottom."""

    names: frozenset[str]
    earlier: set[str] = field(default_factory=set)
    count: int = 0
    current: str = ""


def find_places(dockerfile: Dockerfile) -> Iterator[ImagePlace]:
    """Yield the places in the order of the file; where several would have one locator, later ones get a number."""
    locators: Counter[str] = Counter()
    for place in _find_places(dockerfile):
        locators[place.locator] += 1
        number = locators[place.locator]
        yield place if number == 1 else replace(place, locator=f"{place.locator} ({number})")


def _find_places(dockerfile: Dockerfile) -> Iterator[ImagePlace]:
    if dockerfile.syntax is not None and dockerfile.syntax.text:
        yield ImagePlace(locator="syntax", value=dockerfile.syntax)
    stages = _Stages(names=stage_names(dockerfile))
    for instruction in dockerfile.instructions:
        places = tuple(_instruction_places(instruction, stages, dockerfile.escape))
        start = instruction.keyword.offsets[0] if len(places) == 1 else None
        yield from (replace(place, start=start) for place in places)


def stage_names(dockerfile: Dockerfile) -> frozenset[str]:
    """Return the names of all stages, in lowercase."""
    named = (_stage_name(instruction.words) for instruction in dockerfile.instructions if instruction.name == "from")
    return frozenset(name for name in named if name)


def _stage_name(words: Sequence[Letters]) -> str:
    return words[2].text.lower() if len(words) == _NAMED_FROM and words[1].text.lower() == "as" else ""


def is_no_image(text: str, stages: Collection[str]) -> bool:
    """Return whether a name leads to a stage or to nothing; `stages` are in lowercase."""
    return text == SCRATCH or text.lower() in stages


def _instruction_places(instruction: Instruction, stages: _Stages, escape: str) -> Iterator[ImagePlace]:
    if instruction.name == "from":
        yield from _from_places(instruction, stages, escape)
    elif instruction.name == "onbuild" and instruction.trigger:
        yield from _trigger_places(instruction.trigger, stages)
    else:
        yield from _source_places(instruction, stages, "")


def _from_places(instruction: Instruction, stages: _Stages, escape: str) -> Iterator[ImagePlace]:
    """Yield the base of a stage: one word, or three with `AS` in the middle (E01, E04)."""
    words = instruction.words
    name = _stage_name(words)
    stages.current = f"stage {name or stages.count}"
    stages.count += 1
    if len(words) != 1 and not name:
        whole = instruction.arguments if words else instruction.keyword
        yield ImagePlace(locator=stages.current, value=whole, problem=_explain_words(whole.text, len(words)))
        return
    # Only ASCII blanks end a word here; other ones stay in it, and no image has them in its name.
    is_clean = not any(letter in WHITE_SPACE for letter in words[0].text)
    unquoted = split_shell_words(words[0], escape) if is_clean else None
    if unquoted is None or len(unquoted) != 1:
        yield ImagePlace(locator=stages.current, value=words[0], problem=_NOT_ONE_WORD)
    elif not is_no_image(unquoted[0].text, stages.earlier):
        bare = bare_name(unquoted[0].text)
        taken = bare if is_no_image(bare, stages.earlier) else ""
        yield ImagePlace(locator=stages.current, value=unquoted[0], is_base=True, taken=taken)
    if name:
        stages.earlier.add(name)


def _explain_words(text: str, count: int) -> Unreadable:
    reading = read_reference(text.partition("#")[0].strip())
    if isinstance(reading, Unreadable) and reading.reason in ("template-value", "placeholder"):
        return reading
    hint = "; a comment has a line of its own" if "#" in text else ""
    return Unreadable("invalid-instruction", f"FROM takes an image, or an image AS a name, not {count} words{hint}")


def _trigger_places(trigger: Instruction, stages: _Stages) -> Iterator[ImagePlace]:
    """Yield what an instruction names that runs in the builds on this image."""
    if trigger.name in ("from", "onbuild"):
        problem = Unreadable("invalid-instruction", f"ONBUILD takes no {trigger.name.upper()}")
        if trigger.name == "from" or "from=" in trigger.arguments.text.lower():
            value = trigger.arguments if trigger.arguments.text else trigger.keyword
            yield ImagePlace(locator=f"{_where(stages)}ONBUILD {trigger.name.upper()}", value=value, problem=problem)
        return
    for place in _source_places(trigger, stages, "ONBUILD "):
        yield _doubt_trigger(place)


def _where(stages: _Stages) -> str:
    return f"{stages.current}: " if stages.current else ""


def _source_places(instruction: Instruction, stages: _Stages, prefix: str) -> Iterator[ImagePlace]:
    """Yield the images of `COPY --from` and `RUN --mount=from=`; stages may stand anywhere in the file (E08)."""
    where = f"{_where(stages)}{prefix}"
    if instruction.name == "copy":
        for flag in instruction.flags:
            if flag.text.startswith("--from="):
                source = flag.part(len("--from="))
                if not _STAGE_NUMBER.fullmatch(source.text):
                    yield from _source_place(source, stages, f"{where}COPY --from")
    elif instruction.name == "run":
        for flag in instruction.flags:
            if flag.text.startswith("--mount="):
                yield from _mount_places(flag.part(len("--mount=")), stages, f"{where}RUN --mount from")


def _mount_places(mount: Letters, stages: _Stages, locator: str) -> Iterator[ImagePlace]:
    """Yield the image of a mount: the value of the last `from` key, which BuildKit lets win."""
    fields = split_fields(mount)
    if fields is None:
        if "from=" in mount.text.lower():
            yield ImagePlace(locator=locator, value=mount, problem=_NO_LIST)
        return
    sources = [one.part(len("from=")) for one in fields if one.text.lower().startswith("from=")]
    for source in sources[-1:]:
        yield from _source_place(source, stages, locator)


def _source_place(value: Letters, stages: _Stages, locator: str) -> Iterator[ImagePlace]:
    if value.text and not is_no_image(value.text, stages.names):
        bare = bare_name(value.text)
        taken = bare if _STAGE_NUMBER.fullmatch(bare) or is_no_image(bare, stages.names) else ""
        yield ImagePlace(locator=locator, value=value, problem=_doubt_source(value.text), taken=taken)


def _doubt_source(text: str) -> Unreadable | None:
    if _STAGE_NUMBER.fullmatch(text):
        return _NUMBER
    reading = read_reference(text)
    return _NOT_EXPANDED if isinstance(reading, Unreadable) and reading.reason == "variable" else None


def _doubt_trigger(place: ImagePlace) -> ImagePlace:
    """Pass over a bare name: it may be a stage of the Dockerfile that builds on this image."""
    if not is_stage_name(place.value.text):
        bare = bare_name(place.value.text)
        return replace(place, taken=bare) if is_stage_name(bare) else place
    name = place.value.text
    detail = f"{name!r} may be a stage of the Dockerfile that builds on this image; an image is written {name}:latest"
    return replace(place, problem=Unreadable("ambiguous-stage", detail))
