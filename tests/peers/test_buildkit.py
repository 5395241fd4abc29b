"""The images of Dockerfiles are those that BuildKit's own parser names (E01, E05, E06, E08)."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from pinner.errors import SourceError
from pinner.formats.base import Found, Occurrence
from pinner.formats.dockerfile import FORMAT
from pinner.text import Source
from tests.formats.test_dockerfile import PIECES
from tests.formats.test_dockerfile_rows import ROWS
from tests.support.cases import ROOT, read_case

PROGRAM: Final = Path(__file__).parent / "buildkit"
CORPUS: Final = os.environ.get("PINNER_CORPUS")
RANDOM_TEXTS: Final = 3_000

# The first build takes a minute.
pytestmark = pytest.mark.timeout(900)

# Gives BuildKit's answers to texts, one for each.
Ask = Callable[[Sequence[str]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Build the program that asks BuildKit, once."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed")
    folder = tmp_path_factory.mktemp("buildkit")
    shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
    fetched = subprocess.run([go, "mod", "download"], cwd=folder, capture_output=True, check=False)
    if fetched.returncode != 0:
        pytest.skip("BuildKit's modules cannot be fetched, or need a newer Go")
    build = subprocess.run([go, "build", "-o", "peer", "."], cwd=folder, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr

    def run(texts: Sequence[str]) -> list[dict[str, Any]]:
        answer = subprocess.run([folder / "peer"], input=json.dumps(texts).encode(), capture_output=True, check=True)
        answers: list[dict[str, Any]] = json.loads(answer.stdout)
        return answers

    return run


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
    return one.reference.written if isinstance(one, Occurrence) else f"{one.written} ({one.reason})"


def is_named(one: Found, image: dict[str, str]) -> bool:
    """Return whether a place is BuildKit's: what can be pinned is what its variables expand to."""
    if isinstance(one, Occurrence):
        return one.reference.written == image["expanded"]
    return one.written in image.values() or "$" in image["written"]


def test_fixtures_and_rows_name_the_images_that_buildkit_names(ask: Ask) -> None:
    cases = [read_case(folder) for folder in sorted((ROOT / "dockerfile").iterdir())]
    texts = [case.source.text for case in cases] + [str(row.values[0]) for row in ROWS]
    tally = compare(ask, texts)
    assert tally.differences == []
    assert tally.accepted > 20


def test_random_texts_name_the_images_that_buildkit_names(ask: Ask) -> None:
    chance = random.Random(1)
    # BuildKit reads flags byte by byte: other letters come out as two or three.
    pieces = [piece for piece in PIECES if piece.isascii()]
    texts = ["FROM a:1\n" + "".join(chance.choices(pieces, k=chance.randint(1, 12))) for _ in range(RANDOM_TEXTS)]
    tally = compare(ask, texts)
    assert tally.differences == []
    assert tally.accepted > RANDOM_TEXTS // 20


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="PINNER_CORPUS names no folder of real manifests")
def test_real_dockerfiles_name_the_images_that_buildkit_names(ask: Ask) -> None:
    texts = [text for path in sorted(Path(CORPUS or "").rglob("*")) if (text := read(path)) is not None]
    tally = compare(ask, texts)
    print(f"\n{tally.accepted} of {len(texts)} files, {tally.images} images")  # noqa: T201 - what the run is for
    assert tally.differences == []
    assert tally.images > 0


def read(path: Path) -> str | None:
    """Return the text of a Dockerfile."""
    name = path.name.lower()
    is_dockerfile = "dockerfile" in name or "containerfile" in name or "testfiles" in path.parts
    if not path.is_file() or path.is_symlink() or not is_dockerfile:
        return None
    try:
        return Source.decode(path.name, path.read_bytes()).text
    except SourceError:
        return None
