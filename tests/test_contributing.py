"""The worked example of CONTRIBUTING.md, done as it says: one file, one folder, one line in the table."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

import pinner.formats
import pinner.formats.table
from pinner.formats import candidates, detect, load_format
from pinner.formats.table import FORMATS, Row
from pinner.text import Source
from tests.support import cases, fixture, writing

PAGE: Final = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAME: Final = "bakery"


def example(language: str, at: int = 0) -> str:
    """Return one of the page's examples in a language."""
    return str(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[at])


def table_with(line: str) -> dict[str, Row]:
    """Return the table with a line before that of Kubernetes."""
    rows = list(FORMATS.items())
    at = list(FORMATS).index("kubernetes")
    added: dict[str, Row] = eval(f"{{{line}}}", vars(pinner.formats.table))
    return {**dict(rows[:at]), **added, **dict(rows[at:])}


def forget_formats() -> None:
    for cached in (
        load_format,
        candidates,
        pinner.formats.needles_of,
        pinner.formats.formats_named,
        pinner.formats._naming,
    ):
        cached.cache_clear()


@pytest.fixture
def bakery(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's module in the room and its name in the table, as a contributor leaves them."""
    module = ModuleType(f"pinner.formats.{NAME}")
    exec(example("python"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(pinner.formats, "FORMATS", table_with(example("python", 1)))
    forget_formats()
    yield NAME
    monkeypatch.undo()
    forget_formats()


def test_without_it_no_format_takes_the_file() -> None:
    assert detect(Source("bakery.yaml", example("yaml"))) is None


def test_the_example_is_all_that_a_format_needs(bakery: str, tmp_path: Path) -> None:
    assert f"`pinner/formats/{bakery}.py`" in PAGE
    text = example("yaml")
    folder = tmp_path / bakery / "plain"
    folder.mkdir(parents=True)
    (folder / "bakery.yaml").write_text(text, encoding="utf-8")
    fixture.write_expectation(folder)
    case = cases.read_case(folder)
    (found,) = case.expected["found"]
    assert found["locator"] == "ovens.main.image"
    assert found["locator"] in PAGE
    assert case.pinned.decode() == text.replace("oven:2.1", f"oven:2.1@{writing.DIGEST}")
    assert cases.unpin(bakery, case.source.with_text(case.pinned.decode())) == case.source


@pytest.mark.parametrize("path", ["bakery.yml", "shop/bakery.yaml", ".bakery/deep/x.yaml"])
def test_its_files_are_taken_and_others_are_not(bakery: str, path: str) -> None:
    assert detect(Source(path, example("yaml"))) is load_format(bakery)
    assert detect(Source("other.yaml", example("yaml"))) is None
