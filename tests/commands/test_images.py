from __future__ import annotations

import gc
from pathlib import Path

import pytest

from pinner.commands.check import check_tree
from pinner.commands.images import list_images
from pinner.commands.scanning import scan_each, scan_tree
from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock
from pinner.packed import Packed
from pinner.report.text import describe_images
from pinner.text import Source
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

FILES = 40


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of small files, each with an image and a variable."""
    for number in range(FILES):
        write(tmp_path, **{f"a{number:02}__compose_yaml": compose_text(f"nginx:1.{number}", "${X}")})
    return tmp_path


def texts_alive() -> int:
    return sum(type(one) is Source and "services:" in one.text for one in gc.get_objects())


def test_what_is_said_of_a_tree_is_what_is_said_of_its_files(tree: Path) -> None:
    project = project_at(tree)
    found = list_images(project, (), describe=describe_images)
    assert list(found.parts) == [describe_images(file, Lock.empty()) for file in scan_tree(project)]
    assert (found.files, found.untaken) == (FILES, ())


def test_a_text_is_dropped_when_it_was_judged(tree: Path) -> None:
    alive: list[int] = []

    def judge(file: ScannedFile) -> str:
        alive.append(texts_alive())
        return file.source.path

    before = texts_alive()
    paths = [one.verdict for one in scan_each(project_at(tree), judge=judge)]
    assert (len(paths), len(alive)) == (FILES, FILES)
    assert max(alive) <= before + 3


def test_findings_come_in_the_order_of_places_wherever_the_lock_stands(tree: Path) -> None:
    write_lock(tree, pin("a.io/b:1"), pin("docker.io/library/nginx:1.3"))
    write(tree, z__compose_yaml=compose_text("nginx:1.3"))
    findings = list(check_tree(project_at(tree)).findings)
    assert findings == sorted(findings, key=lambda one: (one.path, one.line, one.column))
    assert [one.rule for one in findings if one.path == "pinner.lock"] == ["lock-unused"]
    assert findings[-1].path == "z/compose.yaml"


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257, 1000])
def test_what_is_packed_is_read_as_often_as_wanted(number: int) -> None:
    packed = Packed(range(number))
    assert list(packed) == list(packed) == list(range(number))
