"""The targets of fuzzing by name: bytes in, nothing out, an exception where something that must hold does not.

Every format of the table is one, with the files of its cases as seeds; so is the YAML editor with an image under every
`image` key, and so are the lexers that read other languages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from pinner.errors import SourceError
from pinner.formats import has_needle, load_format
from pinner.formats.base import Format
from pinner.formats.routed import routed_format
from pinner.formats.table import FORMATS
from pinner.forms import Form
from pinner.text import Source
from tests.fuzz.invariants import hold_dockerfile_lexer, hold_format
from tests.fuzz.seeds import case_sources, words, yaml_texts
from tests.support.writing import WRITTEN_FORMS

_EVERY_IMAGE: Final = routed_format(name="every image", places=("**.image",))
_YAML_EDITOR: Final = "yaml-editor"
_DOCKERFILE_LEXER: Final = "dockerfile-lexer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to try bytes on; `words` are what mutations are made of."""

    name: str
    hold: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...]


def target_names() -> tuple[str, ...]:
    """Return the names of all targets."""
    return (_YAML_EDITOR, _DOCKERFILE_LEXER, *FORMATS)


@cache
def target(name: str) -> Target:
    """Return a target by its name, ready to be run."""
    if name == _YAML_EDITOR:
        seeds = tuple(_pack(0, form, text.encode()) for text in yaml_texts() for form in WRITTEN_FORMS)
        return Target(name=name, hold=_hold_yaml_editor, seeds=seeds, words=words())
    if name == _DOCKERFILE_LEXER:
        texts = tuple(one.encode() for one in case_sources("dockerfile"))
        return Target(name=name, hold=_hold_dockerfile_lexer, seeds=texts, words=words("dockerfile"))
    return _format_target(name)


def _format_target(module: str) -> Target:
    sources = case_sources(module)
    paths = tuple(dict.fromkeys(one.path for one in sources))
    seeds = tuple(_pack(paths.index(one.path), form, one.encode()) for one in sources for form in WRITTEN_FORMS)

    def hold(content: bytes) -> None:
        _hold_packed(load_format(module), paths, content, lambda text: has_needle(module, text))

    return Target(name=module, hold=hold, seeds=seeds, words=words(module))


def _hold_yaml_editor(content: bytes) -> None:
    _hold_packed(_EVERY_IMAGE, ("x.yaml",), content, lambda text: "image" in text)


def _hold_dockerfile_lexer(content: bytes) -> None:
    source = _decode("Dockerfile", content)
    if source is not None:
        hold_dockerfile_lexer(source.text)


def _pack(path: int, form: Form, content: bytes) -> bytes:
    """Return the bytes that stand for a file: which name it has and which form is wanted, then what stands in it."""
    return bytes((path, WRITTEN_FORMS.index(form))) + content


def _hold_packed(one: Format, paths: tuple[str, ...], content: bytes, is_wanted: Callable[[str], bool]) -> None:
    if len(content) > 2:
        source = _decode(paths[content[0] % len(paths)], content[2:])
        if source is not None and is_wanted(source.text):
            hold_format(one, source, WRITTEN_FORMS[content[1] % len(WRITTEN_FORMS)])


def _decode(path: str, content: bytes) -> Source | None:
    """Read bytes as files are read; what is no text is not looked at by any format."""
    try:
        return Source.decode(path, content)
    except SourceError:
        return None
