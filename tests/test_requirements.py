"""`docs/requirements.md` against code and tests: every id has its line there, and every line is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.syntax.yaml_rows import ROWS

ROOT: Final = Path(__file__).parents[1]
TESTS: Final = ROOT / "tests"
PAGE: Final = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")

_WRITTEN: Final = re.compile(r"(?<![\w.-])(?:(?:REF|RES|AUTH|RATE|NET|SEC|REQ)-[0-9]{2}|[A-I][0-2][0-9])(?!\w)")
_NAMED: Final = re.compile(r"(?<=_)(?:(?:ref|res|auth|rate|net|sec|req)_[0-9]{2}|[a-i][0-2][0-9])(?=_|$)")
_ROW: Final = re.compile(r"row[-_ ]([0-9]+)")
# How many pitfalls of each letter there are, and how many tricky inputs of the YAML editor.
PITFALLS: Final = {"A": 12, "C": 12, "D": 8, "E": 8, "F": 4, "G": 8}
LAST_ROW: Final = 109
DOCKERFILE_ROWS: Final = 36
_TEST_NAME: Final = re.compile(r"\bdef (test_\w+)")
_LINE: Final = re.compile(r"^\| ([A-Z]+-?[0-9]{2}) \| .+ \| (.+) \|$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(#([a-z-]+)\)")


def _ids(text: str) -> set[str]:
    """Return the ids in `text`, those in the names of tests included."""
    named = {one.upper().replace("_", "-") for name in _TEST_NAME.findall(text) for one in _NAMED.findall(name)}
    return named | set(_WRITTEN.findall(text))


def _ids_below(folder: Path) -> dict[str, set[str]]:
    """Return the ids of each Python file by its name relative to `folder`; this file is about ids and has none."""
    return {
        path.relative_to(folder).as_posix(): _ids(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
        if path != Path(__file__)
    }


LINES: Final = _LINE.findall(PAGE)
PROMISED: Final = {one: set(re.findall(r"`([^`]+)`", places)) for one, places in LINES}
TESTED: Final = _ids_below(TESTS)


def test_an_id_has_one_line() -> None:
    assert len(LINES) == len(PROMISED) > 100


@pytest.mark.parametrize("folder", ["pinner", "tests"])
def test_every_id_in_code_and_tests_has_a_line(folder: str) -> None:
    strangers = {name: sorted(ids - PROMISED.keys()) for name, ids in _ids_below(ROOT / folder).items()}
    assert {name: ids for name, ids in strangers.items() if ids} == {}


def test_every_line_names_tests_that_carry_its_id() -> None:
    untrue = {one: sorted(name for name in files if one not in TESTED.get(name, ())) for one, files in PROMISED.items()}
    assert all(PROMISED.values())
    assert {one: files for one, files in untrue.items() if files} == {}


def test_no_pitfall_of_files_and_formats_is_left_out() -> None:
    wanted = {f"{letter}{number:02}" for letter, last in PITFALLS.items() for number in range(1, last + 1)}
    assert sorted(wanted - PROMISED.keys()) == []


def test_every_row_of_yaml_has_a_test() -> None:
    """Rows up to the last one of the table stand there; each of the others names itself in a test."""
    listed = {row[0] for row in ROWS}
    texts = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path != Path(__file__))
    named = {int(number) for number in _ROW.findall(texts)}
    assert listed == set(range(1, max(listed) + 1))
    assert sorted(set(range(1, LAST_ROW + 1)) - listed - named) == []


def test_every_row_of_dockerfiles_has_a_test() -> None:
    named = {int(one) for one in _ROW.findall((TESTS / "formats/test_dockerfile_rows.py").read_text(encoding="utf-8"))}
    assert sorted(set(range(1, DOCKERFILE_ROWS + 1)) - named) == []


def test_links_lead_to_headings() -> None:
    headings = {re.sub(r"[^a-z -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"(?m)^#+ (.+)$", PAGE)}
    assert headings >= set(_LINK.findall(PAGE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "def test_a_digest_alone_has_no_tag_a06() -> None:  # RES-09, AUTH-27 row 6", 3, id="name and comment"
        ),
        pytest.param("def test_a_long_document_is_refused_res_14_sec_07() -> None:", 2, id="two in a name"),
        pytest.param('id="C10-null"', 1, id="a parameter"),
        pytest.param("F64 UTF-16 CVE-2021-41190 sha-25 E501 SEC-015 xA01 v1.A01", 0, id="none"),
    ],
)
def test_ids_are_found_where_they_stand(text: str, expected: int) -> None:
    assert len(_ids(text)) == expected
