"""The contract of every format, held against the folders of fixtures/formats (CONTRIBUTING.md, "A new format").

A case is a folder with one file under its real name, `expected.json`, and the bytes after pinning in the file that
`pinned` names; without `pinned` nothing may change. `form` names another form than `tag@digest`, and `refused` the
places that cannot be written in it.
"""

from __future__ import annotations

import codecs
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

import pinner.formats
from pinner.formats import detect, load_format
from pinner.formats.base import Found, Occurrence, Skipped
from pinner.formats.table import FORMATS
from pinner.forms import Form
from pinner.syntax import yaml_proof, yaml_scan
from pinner.text import BYTE_ORDER_MARK, Source
from tests.support import cases
from tests.support.cases import ROOT, VARIANTS, WRITTEN_FORMS, Case, describe, read_case

# Modules of the room that are no formats but what formats are made of.
TOOLS: Final = {
    "api_objects",
    "base",
    "build_names",
    "build_places",
    "build_proof",
    "carried_values",
    "carriers",
    "chart_values",
    "chart_words",
    "customizations",
    "delivery_objects",
    "dockerfile_arguments",
    "dockerfile_places",
    "edit_proof",
    "embedded",
    "gitlab_includes",
    "gitlab_names",
    "hcl_own",
    "hcl_places",
    "hcl_reading",
    "hcl_variables",
    "helm_objects",
    "image_overrides",
    "inner",
    "known_kinds",
    "name_tables",
    "names",
    "naming",
    "notes",
    "own_places",
    "parts",
    "patches",
    "places",
    "pod_paths",
    "routed",
    "slots",
    "table",
    "terraform_resources",
    "unknown_kinds",
    "yaml_places",
    "yaml_reading",
    "yaml_unparsed",
}
CASES: Final = sorted(path.parent for path in ROOT.glob("*/*/expected.json"))

every_case = pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
every_form = pytest.mark.parametrize("form", WRITTEN_FORMS)


def describe_all(source: Source, found: Iterable[Found]) -> list[dict[str, object]]:
    return [describe(source, one) for one in found]


def without_digests(found: Iterable[Found]) -> list[tuple[str, str]]:
    """Return what is named at which place; an untagged reference stays one."""
    return [
        (one.locator, one.reason if isinstance(one, Skipped) else cases.canonical(one.reference).partition("@")[0])
        for one in found
    ]


# --- the table


def test_every_module_that_is_a_format_stands_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(pinner.formats.__path__)}
    assert modules - TOOLS == set(FORMATS)


@pytest.mark.parametrize("module", FORMATS)
def test_every_format_has_a_case_that_changes_and_one_that_does_not(module: str) -> None:
    folders = [folder for folder in CASES if folder.parent.name == module]
    read = [read_case(folder) for folder in folders]
    # Some systems name images only where none can be edited.
    is_edited = any(isinstance(one, Occurrence) for case in read for one in case.found())
    assert {case.pinned == case.source.encode() for case in read} == {True, not is_edited}


def test_every_folder_of_fixtures_belongs_to_a_format() -> None:
    assert {folder.name for folder in ROOT.iterdir()} <= set(FORMATS)


# --- what is found


@every_case
def test_the_format_takes_the_file(folder: Path) -> None:
    case = read_case(folder)
    assert detect(case.source) is load_format(case.module)
    assert case.expected.get("format", load_format(case.module).name) == load_format(case.module).name


@every_case
def test_references_are_found_where_they_stand(folder: Path) -> None:
    case = read_case(folder)
    found = (one for one in case.found() if isinstance(one, Occurrence))
    assert describe_all(case.source, found) == case.expected["found"]


@every_case
def test_what_is_left_alone_is_said(folder: Path) -> None:
    case = read_case(folder)
    skipped = (one for one in case.found() if isinstance(one, Skipped))
    assert describe_all(case.source, skipped) == case.expected["skipped"]


@every_case
def test_the_span_holds_the_reference_or_the_part_that_names_most(folder: Path) -> None:
    case = read_case(folder)
    for one in case.found():
        if isinstance(one, Occurrence):
            inside = case.source.text[one.span.start : one.span.end]
            assert inside
            assert is_spelled(inside, one.reference.written) or is_spelled(inside, one.reference.untagged().written)


def is_spelled(inside: str, written: str) -> bool:
    """Return whether a text says a reference or a part of it; escapes and quotes may stand between the letters."""
    if inside in written or "\\x" in inside or "\\u" in inside:
        return True
    letters = iter(inside)
    return all(letter in letters for letter in written) and any(letter in "\\`\"'" for letter in inside)


# --- what is written


@every_case
def test_pinning_gives_the_expected_bytes_and_is_proven(folder: Path) -> None:
    case = read_case(folder)
    assert cases.pin(case.module, case.source, case.form).encode() == case.pinned
    assert cases.refused(case.module, case.source, case.form) == case.expected.get("refused", [])


@every_case
@every_form
def test_pinning_twice_changes_nothing(folder: Path, form: Form) -> None:
    case = read_case(folder)
    once = cases.pin(case.module, case.source, form)
    assert cases.changes(case.module, once, cases.with_digest, form) == ()


@every_case
@every_form
def test_an_update_changes_only_digests(folder: Path, form: Form) -> None:
    case = read_case(folder)
    pinned = cases.pin(case.module, case.source, form)
    updated = cases.update(case.module, pinned, form)
    refused = cases.refused(case.module, pinned, form)
    for one in cases.find(case.module, updated):
        if isinstance(one, Occurrence) and one.locator not in refused:
            assert one.reference.digest == cases.OTHER_DIGEST
    assert without_digests(cases.find(case.module, updated)) == without_digests(case.found())
    # A digest without a tag stays.
    assert without_hex(cases.unpin(case.module, updated)) == without_hex(cases.unpin(case.module, pinned))


def without_hex(source: Source) -> str:
    """Return the text of a source, with every digest alike."""
    return re.sub("[0-9a-f]{64}", "0", source.text)


@every_case
@every_form
def test_pinning_and_unpinning_gives_the_first_bytes(folder: Path, form: Form) -> None:
    case = read_case(folder)
    pinned = cases.pin(case.module, case.source, form)
    # A digest that stood there before goes, too.
    first = cases.unpin(case.module, case.source)
    assert cases.unpin(case.module, pinned).encode() == first.encode()
    if not any(isinstance(one, Occurrence) and one.reference.digest for one in case.found()):
        assert first.encode() == case.source.encode()


@every_case
@every_form
def test_pinning_changes_only_digests_in_what_is_found(folder: Path, form: Form) -> None:
    case = read_case(folder)
    after = cases.find(case.module, cases.pin(case.module, case.source, form))
    assert without_digests(after) == without_digests(case.found())


# --- variants


def assert_found_and_pinned_alike(case: Case, variant: Source, pinned: bytes) -> None:
    assert without_digests(cases.find(case.module, variant)) == without_digests(case.found())
    after = cases.pin(case.module, variant, case.form)
    assert after.encode() == pinned
    assert cases.unpin(case.module, after) == cases.unpin(case.module, variant)


@every_case
@pytest.mark.parametrize("name", VARIANTS)
def test_line_ends_and_marks_are_kept(folder: Path, name: str) -> None:  # C02
    case = read_case(folder)
    text = VARIANTS[name](case.source.text)
    pinned = VARIANTS[name](Source.decode("x", case.pinned).text)
    if text is not None and pinned is not None:
        variant = case.source.with_text(text)
        assert_found_and_pinned_alike(case, variant, variant.with_text(pinned).encode())


@every_case
@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)])
def test_the_encoding_is_kept(folder: Path, encoding: str, mark: bytes) -> None:  # row 94
    case = read_case(folder)
    text, pinned = (
        Source.decode("x", one).text.removeprefix(BYTE_ORDER_MARK) for one in (case.source.encode(), case.pinned)
    )
    variant = Source.decode(case.source.path, mark + text.encode(encoding))
    assert_found_and_pinned_alike(case, variant, mark + pinned.encode(encoding))


@every_case
def test_both_back_ends_find_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = read_case(folder)
    expected = describe_all(case.source, case.found())
    for module in (yaml_scan, yaml_proof):
        monkeypatch.setattr(module, "BACKENDS", tuple(reversed(module.BACKENDS)))
    assert describe_all(case.source, case.found()) == expected
    assert cases.pin(case.module, case.source, case.form).encode() == case.pinned
