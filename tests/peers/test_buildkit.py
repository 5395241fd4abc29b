"""The images of Dockerfiles are those that BuildKit's own parser names (E01, E05, E06, E08)."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from pinner.errors import SourceError
from pinner.formats.base import Found, Occurrence, Skipped
from pinner.formats.dockerfile import FORMAT
from pinner.formats.slots import WholeReference
from pinner.text import Source
from tests.formats.test_dockerfile import PIECES
from tests.formats.test_dockerfile_rows import ROWS
from tests.peers.go_programs import Ask, build_program
from tests.support.cases import ROOT, read_case

PROGRAM: Final = Path(__file__).parent / "buildkit"
CORPUS: Final = os.environ.get("PINNER_CORPUS")
RANDOM_TEXTS: Final = 3_000
# BuildKit reads flags byte by byte: other letters come out as two or three.
ASCII_PIECES: Final = [piece for piece in PIECES if piece.isascii()]
# What has a meaning in some place, and none in others.
SYNTAX: Final = [
    *"\n\t \\`'\"$<-=#,:[]{}0",
    "${V:-a:1}",
    "${V/a/b}",
    "$$",
    "<<-'E F'",
    "\nE F\n",
    "//syntax=x\n",
    "\v",
    "--",
]

# The first build takes a minute.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Build the program that asks BuildKit, once."""
    return build_program(PROGRAM, tmp_path_factory.mktemp("buildkit"))


@dataclass(slots=True)
class Tally:
    """How many texts were compared, and the differences."""

    accepted: int = 0
    images: int = 0
    differences: list[tuple[str, list[str], list[str]]] = field(default_factory=list)


def compare(ask: Ask, texts: Sequence[str]) -> Tally:
    """Compare what BuildKit accepts; return how much that was."""
    tally = Tally()
    for text, answer in zip(texts, ask(texts), strict=True):
        if answer["error"]:
            continue
        found = FORMAT.find(Source("Dockerfile", text))
        images = answer["images"] or []
        ours, theirs = [written(one) for one in found], [image["written"] for image in images]
        tally.accepted += 1
        tally.images += len(images)
        is_same = len(found) == len(images) and all(map(is_named, found, images))
        if not is_same:
            tally.differences.append((text, ours, theirs))
    return tally


def written(one: Found) -> str:
    """Return what stands in the file, without a tag that a comment recalls."""
    if isinstance(one, Skipped):
        return f"{one.written} ({one.reason})"
    assert isinstance(one.slot, WholeReference)
    return one.slot.elsewhere + one.slot.text


def is_named(one: Found, image: dict[str, str]) -> bool:
    """Return whether a place is BuildKit's: what can be pinned is what its variables expand to."""
    if isinstance(one, Occurrence):
        return written(one) == image["expanded"]
    return one.written in image.values() or "$" in image["written"]


def fixtures_and_rows() -> list[str]:
    cases = [read_case(folder) for folder in sorted((ROOT / "dockerfile").iterdir())]
    return [case.source.text for case in cases] + [str(row.values[0]) for row in ROWS]


def test_fixtures_and_rows_name_the_images_that_buildkit_names(ask: Ask) -> None:
    tally = compare(ask, fixtures_and_rows())
    assert tally.differences == []
    assert tally.accepted > 20


def test_random_texts_name_the_images_that_buildkit_names(ask: Ask) -> None:
    chance = random.Random(1)
    texts = ["FROM a:1\n" + "".join(chance.choices(ASCII_PIECES, k=chance.randint(1, 12))) for _ in range(RANDOM_TEXTS)]
    tally = compare(ask, texts)
    assert tally.differences == []
    assert tally.accepted > RANDOM_TEXTS // 20


def test_damaged_files_name_the_images_that_buildkit_names(ask: Ask) -> None:
    chance = random.Random(2)
    seeds = [text for text in fixtures_and_rows() if text.isascii()]
    tally = compare(ask, [damage(chance.choice(seeds), seeds, chance) for _ in range(RANDOM_TEXTS)])
    assert tally.differences == []
    assert tally.accepted > RANDOM_TEXTS // 10


def damage(text: str, seeds: Sequence[str], chance: random.Random) -> str:
    """Add, drop and move a few letters, and bring in some of another text."""
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        start = chance.randint(0, len(text))
        end = start + chance.choice((0, 0, 1, 2, 10, 30))
        other = chance.choice(seeds)
        at = chance.randint(0, len(other))
        added = chance.choice(("", other[at : at + 30], chance.choice(ASCII_PIECES), chance.choice(SYNTAX)))
        text = text[:start] + added + text[end:]
    return text


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="PINNER_CORPUS names no folder of real manifests")
def test_real_dockerfiles_name_the_images_that_buildkit_names(ask: Ask) -> None:
    texts = [text for path in sorted(Path(CORPUS or "").rglob("*")) for text in read(path)]
    tally = compare(ask, texts)
    print(f"\n{tally.accepted} of {len(texts)} texts, {tally.images} images")  # noqa: T201 - what the run is for
    assert tally.differences == []
    assert tally.images > 0


def read(path: Path) -> list[str]:
    """Return the text of a Dockerfile, or those in the strings of BuildKit's own tests."""
    is_dockerfile = re.fullmatch(r"(?i)(docker|container)file(\..*|-.*)?|.*\.(docker|container)file", path.name)
    if not path.is_file() or path.is_symlink() or not (is_dockerfile or path.suffix == ".go"):
        return []
    try:
        text = Source.decode(path.name, path.read_bytes()).text
    except SourceError:
        return []
    return [text] if path.suffix != ".go" else re.findall(r"`([^`]*\bFROM [^`]*)`", text)
