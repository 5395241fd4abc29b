"""The contract of every format, held against the folders of fixtures/formats.

A case is a folder with one file under its real name, `expected.json`, and the bytes after pinning in the file that
`pinned` names; without `pinned` nothing may change.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import pinner.formats
from pinner.formats import FORMATS, detect, load_format
from pinner.formats.base import Change, Found, Occurrence, Skipped
from pinner.oci.digest import Digest
from pinner.text import BYTE_ORDER_MARK, Edit, Source, apply_edits

ROOT: Final = Path(__file__).parents[2] / "fixtures" / "formats"
# Modules of the room that are no formats but what formats are made of.
TOOLS: Final = {"base", "slots", "yaml_places"}
DIGEST: Final = Digest("sha256", "a" * 64)
CASES: Final = sorted(path.parent for path in ROOT.glob("*/*/expected.json"))

every_case = pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One folder, read."""

    module: str
    source: Source
    expected: dict[str, Any]
    pinned: bytes

    def found(self) -> tuple[Found, ...]:
        return load_format(self.module).find(self.source)


def read_case(folder: Path) -> Case:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    beside = {"expected.json", expected.get("pinned")}
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name not in beside]
    assert len(files) == 1, files
    content = (folder / files[0]).read_bytes()
    pinned = (folder / expected["pinned"]).read_bytes() if expected.get("pinned") else content
    source = Source.decode(files[0].as_posix(), content)
    return Case(module=folder.parent.name, source=source, expected=expected, pinned=pinned)


def changes(found: Iterable[Found]) -> tuple[Change, ...]:
    return tuple(
        Change(occurrence=one, reference=one.reference.pinned_to(DIGEST))
        for one in found
        if isinstance(one, Occurrence) and one.reference.digest is None
    )


def edits(changed: Iterable[Change]) -> set[Edit]:
    return {one.occurrence.slot.edit(one.occurrence.reference, one.reference) for one in changed}


def pin(module: str, source: Source) -> Source:
    """Pin everything that has no digest, and prove it."""
    changed = changes(load_format(module).find(source))
    after = source.with_text(apply_edits(source.text, edits(changed)))
    load_format(module).prove(source, after, changed)
    return after


def describe(source: Source, one: Found) -> dict[str, object]:
    position = source.position(one.span.start)
    place = {"line": position.line, "column": position.column, "locator": one.locator}
    if isinstance(one, Skipped):
        return {"written": one.written, **place, "reason": one.reason}
    reference = one.reference
    canonical = reference.name + (f":{reference.tag}" if reference.tag else "")
    canonical += f"@{reference.digest}" if reference.digest else ""
    return {"written": reference.written, **place, "reference": canonical}


def meanings(found: Iterable[Found]) -> list[tuple[str, str, object]]:
    return [
        (one.locator, one.reference.written, None) if isinstance(one, Occurrence) else (one.locator, "", one.reason)
        for one in found
    ]


def test_every_module_that_is_a_format_stands_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(pinner.formats.__path__)}
    assert modules - TOOLS == set(FORMATS)


@pytest.mark.parametrize("module", FORMATS)
def test_every_format_has_a_case_that_changes_and_one_that_does_not(module: str) -> None:
    folders = [folder for folder in CASES if folder.parent.name == module]
    cases = [read_case(folder) for folder in folders]
    assert {case.pinned == case.source.encode() for case in cases} == {True, False}


def test_every_folder_of_fixtures_belongs_to_a_format() -> None:
    assert {folder.name for folder in ROOT.iterdir()} <= set(FORMATS)


@every_case
def test_the_format_takes_the_file(folder: Path) -> None:
    case = read_case(folder)
    assert detect(case.source) is load_format(case.module)
    assert case.expected.get("format", load_format(case.module).name) == load_format(case.module).name


@every_case
def test_references_are_found_where_they_stand(folder: Path) -> None:
    case = read_case(folder)
    found = [describe(case.source, one) for one in case.found() if isinstance(one, Occurrence)]
    assert found == case.expected["found"]


@every_case
def test_what_is_left_alone_is_said(folder: Path) -> None:
    case = read_case(folder)
    skipped = [describe(case.source, one) for one in case.found() if isinstance(one, Skipped)]
    assert skipped == case.expected["skipped"]


@every_case
def test_pinning_gives_the_expected_bytes_and_is_proven(folder: Path) -> None:
    case = read_case(folder)
    assert pin(case.module, case.source).encode() == case.pinned


@every_case
def test_a_second_run_changes_nothing(folder: Path) -> None:
    case = read_case(folder)
    again = Source.decode(case.source.path, case.pinned)
    assert not changes(load_format(case.module).find(again))


@every_case
def test_pinning_changes_only_digests_in_what_is_found(folder: Path) -> None:
    case = read_case(folder)
    after = load_format(case.module).find(Source.decode(case.source.path, case.pinned))
    unpinned = [
        (place, text.partition("@")[0] if reason is None else "", reason) for place, text, reason in meanings(after)
    ]
    wanted = [
        (place, text.partition("@")[0] if reason is None else "", reason)
        for place, text, reason in meanings(case.found())
    ]
    assert unpinned == wanted


@every_case
def test_the_span_holds_the_value(folder: Path) -> None:
    case = read_case(folder)
    for one in case.found():
        if isinstance(one, Occurrence):
            inside = case.source.text[one.span.start : one.span.end]
            # Quotes and escapes may stand between the letters, nothing else.
            letters = iter(inside)
            assert "\\x" in inside or all(letter in letters for letter in one.reference.written)
            assert inside == one.reference.written or any(letter in "\\`\"'" for letter in inside)


@every_case
def test_carriage_returns_are_kept(folder: Path) -> None:
    case = read_case(folder)
    if "\r" in case.source.text:
        assert pin(case.module, case.source).text.count("\r") == case.source.text.count("\r")
        return
    variant = case.source.with_text(case.source.text.replace("\n", "\r\n"))
    assert meanings(load_format(case.module).find(variant)) == meanings(case.found())
    expected = Source.decode("x", case.pinned).text.replace("\n", "\r\n")
    assert pin(case.module, variant).text == expected


@every_case
def test_a_byte_order_mark_is_kept(folder: Path) -> None:
    case = read_case(folder)
    if case.source.text.startswith(BYTE_ORDER_MARK):
        assert pin(case.module, case.source).text.startswith(BYTE_ORDER_MARK)
        return
    variant = case.source.with_text(BYTE_ORDER_MARK + case.source.text)
    expected = [describe(case.source, one) for one in case.found()]
    assert [describe(variant, one) for one in load_format(case.module).find(variant)] == expected
    assert pin(case.module, variant).encode() == BYTE_ORDER_MARK.encode(case.source.encoding) + case.pinned
