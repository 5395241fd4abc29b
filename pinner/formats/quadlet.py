"""Quadlet's units of Podman, and commands in units of systemd (podman-systemd.unit(5)).

`Image=` of containers, images and volumes, and mounts of images; also in drop-ins. A name that ends with `.image` or
`.build` is another unit. Podman takes a tag beside a digest since 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Format, Found, Occurrence, Skipped, Unreadable, read_reference, rewrites_of
from pinner.formats.notes import note_above, recall_tag
from pinner.formats.slots import WholeReference
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax import unit_files
from pinner.syntax.unit_files import Setting, lex
from pinner.text import Source, Span

_IMAGES: Final = frozenset({("Container", "Image"), ("Image", "Image"), ("Volume", "Image")})
_MOUNTED: Final = compile_later(r"(?:.*,)?(?:source|src)=([^,]*)(?:,.*)?", re.DOTALL)
_IS_IMAGE_MOUNT: Final = compile_later(r"(?:.*,)?type=image(?:,.*)?", re.DOTALL)
_COMMAND: Final = compile_later(
    r"(?:^|[\s/;&|'\"])(?:podman|docker)\s+(?:\S+\s+){0,99}?(?:run|create|pull)\s", re.DOTALL
)
_OPTION: Final = "image="
_COMMANDS: Final = ("Exec", "PodmanArgs", "GlobalArgs")
_TOKEN: Final = compile_later(r"[^\s\"'=]+")
_NUMBERS: Final = compile_later(r"[0-9.]+(?:-[0-9]+)?:[0-9]+(?:-[0-9]+)?(?:/[a-z]+)?")
_SCHEME: Final = "docker://"
_UNIT: Final = Unreadable("unit", "another unit names the image")
_BUILT: Final = Unreadable("build", "the image is built by this unit")
_SPECIFIER: Final = Unreadable("variable", "systemd replaces the specifier")
_SPLIT: Final = Unreadable("split-value", "a comment stands in the value, which systemd and Quadlet read differently")
_SCRIPT: Final = Unreadable("script", "the image stands in a command; pin it by hand, or by a rule with a pattern")


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of units; those in commands are left alone."""
    return tuple(one for setting in lex(source.text) for one in _find_in(source, setting, context))


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other setting changed."""
    unit_files.prove(before.text, after.text, rewrites_of(changes))


def _find_in(source: Source, setting: Setting, context: Context) -> Iterator[Found]:
    if not setting.value:
        return
    match setting.section, setting.key:
        case place if place in _IMAGES:
            yield _read(source, setting, (0, len(setting.value)), context)
        case "Container", "Mount" if _IS_IMAGE_MOUNT.fullmatch(setting.value):
            mounted = _MOUNTED.fullmatch(setting.value)
            if mounted is not None:
                yield _read(source, setting, mounted.span(1), context)
        case "Build", "ImageTag":
            yield _skip(source, setting, (0, len(setting.value)), _BUILT)
        case _ if setting.key.startswith(_COMMANDS):
            yield from (_skip(source, setting, part, _SCRIPT) for part in _command_images(setting))


def _read(source: Source, setting: Setting, part: tuple[int, int], context: Context) -> Found:
    start, end = part
    start += len(_SCHEME) if setting.value.startswith(_SCHEME, start) else 0
    text = setting.value[start:end]
    reading = _refuse(setting, text) or read_reference(text, context.aliases)
    if isinstance(reading, Unreadable):
        return _skip(source, setting, (start, end), reading)
    note = note_above(source.text, setting.start)
    offsets = (*setting.offsets[start:end], setting.offsets[end - 1] + 1)
    return Occurrence(
        path=source.path,
        span=Span(offsets[0], offsets[-1]),
        reference=recall_tag(reading, note),
        locator=_locator(setting),
        slot=WholeReference(text, offsets, base=start, note=note),
    )


def _refuse(setting: Setting, text: str) -> Unreadable | None:
    if setting.has_comment:
        return _SPLIT
    if text.endswith((".image", ".build")):
        return _UNIT
    return _SPECIFIER if "%" in text else None


def _command_images(setting: Setting) -> Iterator[tuple[int, int]]:
    """Yield the words of a command that can only be images; the whole of it where none can, and it runs one."""
    runs = _COMMAND.search(setting.value)
    start = runs.end() if runs is not None else 0
    option = setting.value.find(_OPTION)
    if runs is None:
        # Without a command, an image can only stand behind an option that is called so.
        start = option + len(_OPTION) if option >= 0 else len(setting.value)
    words = [word.span() for word in _TOKEN.finditer(setting.value, start) if _is_versioned(word[0])]
    yield from words or ([(0, len(setting.value))] if runs is not None else [])


def _is_versioned(word: str) -> bool:
    reading = read_reference(word)
    is_reference = isinstance(reading, Reference) and (reading.tag is not None or reading.digest is not None)
    return is_reference and _NUMBERS.fullmatch(word) is None


def _skip(source: Source, setting: Setting, part: tuple[int, int], verdict: Unreadable) -> Skipped:
    start, end = part
    return Skipped(
        path=source.path,
        span=Span(setting.offsets[start], setting.offsets[max(start, end - 1)] + 1),
        locator=_locator(setting),
        written=setting.value[start:end][:200],
        reason=verdict.reason,
        detail=verdict.detail,
    )


def _locator(setting: Setting) -> str:
    return f"[{setting.section}] {setting.key}"


FORMAT: Final = Format(
    name="quadlet",
    find=find,
    prove=prove,
)
