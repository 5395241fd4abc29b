"""Real repositories (PINNER_CORPUS): the lines in which a search for `image:` finds something, and what they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from pinner.commands.project import open_project
from pinner.commands.scanning import scan_tree
from pinner.errors import SourceError
from pinner.formats.base import Occurrence, ScannedFile, Skipped
from pinner.path_filter import PathFilter
from pinner.syntax.yaml_chunks import chunks
from pinner.text import Source

FOLDER: Final = os.environ.get("PINNER_CORPUS")
PAGE: Final = Path(__file__).parents[2] / "docs" / "not-images.md"
# grep -nE '(^|[^A-Za-z])image["'\'']?\s*:\s*[^\s#{]'
_IMAGE_LINE: Final = re.compile(r"""(?:^|[^A-Za-z])image["']?\s*:\s*(?P<value>[^\s#{].*)""")
# What stands for a value elsewhere: an alias, the value in the next lines, a template's or another language's own word.
_NOT_LITERAL: Final = re.compile(r"\*|[|>][0-9+-]*\s*(?:#.*)?$|!reference\b|\[|&[\w-]+\s*$")
# What speaks for a whole document that was not parsed, and for all documents of a file that a template makes.
_WHOLE_DOCUMENT: Final = ("invalid-yaml", "too-deep")
_WHOLE_FILE: Final = "templated"
# In lines, between the tag of an image and its name.
_FARTHEST_PART: Final = 5
_ROW: Final = re.compile(r"^\| `(?P<files>[^`]+)` \| `+ ?(?P<text>.+?) ?`+ \| (?P<why>.+) \|$", re.MULTILINE)

Fate = Literal["image", "skipped", "not an image", "missed"]


@dataclass(frozen=True, slots=True)
class ImageLine:
    """A line that the search finds, of a file that is relative to its repository."""

    repository: str
    path: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the page: in files like this, a line in which this text stands names no image that could be pinned."""

    files: str
    pattern: re.Pattern[str]
    why: str

    def explains(self, line: ImageLine) -> bool:
        """Return whether the rule is about this line."""
        if self.pattern.search(line.text) is None:
            return False
        return PathFilter(include=(self.files,)).accepts(f"{line.repository}/{line.path}")


def read_rules() -> tuple[Rule, ...]:
    """Return the rows of the page in their order; a pipe in a pattern is written `\\|` there."""
    page = PAGE.read_text(encoding="utf-8")
    return tuple(
        Rule(row["files"], re.compile(row["text"].replace(r"\|", "|")), row["why"]) for row in _ROW.finditer(page)
    )


def repositories() -> tuple[Path, ...]:
    """Return the folders of the corpus, one a repository."""
    return tuple(sorted(path for path in Path(FOLDER or "").iterdir() if path.is_dir()))


@dataclass(frozen=True)
class Repository:
    """One repository of the corpus, scanned as `pinner images` scans a tree."""

    root: Path

    @property
    def name(self) -> str:
        """The name of its folder, which names its owner, too."""
        return self.root.name

    @cached_property
    def scanned(self) -> dict[str, ScannedFile]:
        """What was found, by path."""
        project = open_project((self.root,), is_config_off=True, warn=lambda _: None)
        return {one.source.path: one for one in scan_tree(project)}

    def fates(self, rules: tuple[Rule, ...]) -> Iterator[tuple[ImageLine, Fate]]:
        """Yield every line that the search finds with a literal value, and what becomes of it."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = path.relative_to(self.root).as_posix()
                covered = _covered_lines(self.scanned[name]) if name in self.scanned else {}
                for line in _image_lines(self.name, name, path):
                    is_explained = any(rule.explains(line) for rule in rules)
                    yield line, covered.get(line.number) or ("not an image" if is_explained else "missed")


def _image_lines(repository: str, name: str, path: Path) -> Iterator[ImageLine]:
    try:
        text = Source.decode(name, path.read_bytes()).text
    except SourceError:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        found = _IMAGE_LINE.search(line)
        if found is not None and not _NOT_LITERAL.match(found["value"]):
            yield ImageLine(repository, name, number, line.rstrip("\r"))


def _covered_lines(file: ScannedFile) -> dict[int, Fate]:
    """Return the lines of a file that hold an image, or what is left alone with a reason; an image goes before."""
    images: dict[int, Fate] = {}
    skipped: dict[int, Fate] = {}
    for one in file.found:
        start, end = _extent(file.source, one) if isinstance(one, Skipped) else (one.span.start, one.span.end)
        lines = range(file.source.position(start).line, file.source.position(end).line + 1)
        if isinstance(one, Skipped):
            skipped |= dict.fromkeys(lines, "skipped")
        else:
            images |= dict.fromkeys((*lines, *_lines_of_parts(file.source, one)), "image")
    return skipped | images


def _lines_of_parts(source: Source, one: Occurrence) -> Iterator[int]:
    """Yield where the name of an image in parts stands: its place is the tag's or the digest's."""
    if one.reference.repository not in source.text[one.span.start : one.span.end]:
        number = source.position(one.span.start).line
        first = max(0, number - _FARTHEST_PART)
        for at, line in enumerate(source.text.split("\n")[first : number + _FARTHEST_PART], start=first + 1):
            if line.rstrip("\r\"' ").endswith(one.reference.repository):
                yield at


def _extent(source: Source, one: Skipped) -> tuple[int, int]:
    """Return what is left alone: the place, the whole document, or the whole file."""
    if one.reason == _WHOLE_FILE:
        return 0, len(source.text)
    if one.reason in _WHOLE_DOCUMENT:
        for chunk in chunks(source.text):
            if chunk.start <= one.span.start <= chunk.end:
                return chunk.start, chunk.end
    return one.span.start, one.span.end
