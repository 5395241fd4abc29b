"""`docs/formats.md` against the table of formats: a row for each, and nothing in it that cases show to be untrue."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pinner.errors import PinnerError
from pinner.formats import candidates, load_format
from pinner.formats.base import Occurrence, change_to
from pinner.formats.table import FORMATS
from pinner.forms import Form
from tests.support.cases import ROOT, read_case
from tests.support.writing import with_digest

PAGE: Final = Path(__file__).parents[1] / "docs" / "formats.md"
LETTERS: Final = {"t": Form.TAG_AND_DIGEST, "d": Form.DIGEST, "k": Form.DIGEST_KEY}
_NAME: Final = re.compile(r"`([\w./-]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `modules` are the formats that the first column names, with commas between them.

    A line that names none is about objects that files of other formats carry.
    """

    title: str
    modules: tuple[str, ...]
    files: str
    forms: frozenset[Form]


def spell(name: str) -> str:
    """Return a name without blanks, signs and capitals."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


NAMES: Final = {spell(load_format(module).name): module for module in FORMATS}


def rows() -> list[Row]:
    table = PAGE.read_text(encoding="utf-8").partition("|---|")[2].partition("\n\n")[0]
    cells = [re.split(r" \| ", line.strip("| ")) for line in table.split("\n")[1:]]
    assert [one for one in cells if len(one) != 5] == []
    return [
        Row(
            title=title,
            modules=tuple(NAMES[spell(one)] for one in title.split(",") if spell(one) in NAMES),
            files=files,
            forms=frozenset(LETTERS[letter] for letter in forms.split() if letter in LETTERS),
        )
        for title, files, _, forms, _ in cells
    ]


every_row = pytest.mark.parametrize("row", [row for row in rows() if row.modules], ids=lambda row: row.title)
CARRIED: Final = frozenset(form for row in rows() if not row.modules for form in row.forms)


def test_every_format_has_one_row() -> None:
    counts = Counter(module for row in rows() for module in row.modules)
    assert {module: counts[module] for module in FORMATS} == dict.fromkeys(FORMATS, 1)


@every_row
def test_a_format_takes_the_names_that_its_row_gives(row: Row) -> None:
    for name in _NAME.findall(row.files):
        if "." in name.rpartition("/")[2] and not name.endswith("/"):
            assert set(row.modules) & set(candidates(name)), name


@every_row
def test_a_row_names_the_forms_that_cases_can_be_written_in(row: Row) -> None:
    shown = frozenset(form for form in LETTERS.values() if any(can_be_written(one, form) for one in row.modules))
    assert row.forms <= shown or not shown
    assert shown <= row.forms | CARRIED


def can_be_written(module: str, form: Form) -> bool:
    for path in sorted((ROOT / module).glob("*/expected.json")):
        for one in read_case(path.parent).found():
            if isinstance(one, Occurrence):
                try:
                    change_to(one, with_digest(one.reference), form)
                except PinnerError:
                    continue
                return True
    return False
