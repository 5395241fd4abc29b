"""The whole YAML editor on tricky inputs, with every `image` key taken for an image."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pinner.formats.base import Found, Occurrence, Skipped, change_to, edits_for
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.oci.digest import Digest
from pinner.syntax.yaml_events import parser
from pinner.syntax.yaml_nodes import Document
from pinner.text import Source, apply_edits
from tests.syntax.yaml_rows import ROWS, A, B

DIGEST = Digest("sha256", A)
KEYS = frozenset({"image"})


def every_image(document: Document) -> Iterable[Place]:
    return (Place(node) for node in document.nodes if node.path[-1] == "image")


def find(text: str) -> tuple[Found, ...]:
    return find_images(Source("x.yaml", text), every_image, keys=KEYS, wanted=KEYS)


def pin(text: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Return the text with everything pinned and proven, and the reasons with their lines."""
    source = Source("x.yaml", text)
    found = find(text)
    changes = [
        change_to(one, one.reference.pinned_to(DIGEST))
        for one in found
        if isinstance(one, Occurrence) and one.reference.digest != DIGEST
    ]
    after = apply_edits(text, edits_for(changes))
    if changes:
        prove(source, source.with_text(after), changes)
    skipped = sorted((source.position(one.span.start).line, one.reason) for one in found if isinstance(one, Skipped))
    return after, tuple((reason, line) for line, reason in skipped)


def fill(text: str) -> str:
    return text.replace("sha256:A", f"sha256:{A}").replace("sha256:B", f"sha256:{B}")


@pytest.mark.parametrize(
    ("text", "wanted", "reasons"), [row[2:] for row in ROWS], ids=[f"{row[0]}-{row[1]}" for row in ROWS]
)
def test_a_tricky_text_is_pinned_at_its_references_and_nowhere_else(
    text: str, wanted: str | None, reasons: tuple[tuple[str, int], ...]
) -> None:
    text = fill(text)
    after, said = pin(text)
    assert after == (text if wanted is None else fill(wanted))
    assert said == reasons


@pytest.mark.parametrize("text", [row[2] for row in ROWS], ids=[str(row[0]) for row in ROWS])
def test_a_second_run_changes_nothing(text: str) -> None:
    once, _ = pin(fill(text))
    assert pin(once)[0] == once


# What ruamel.yaml's reader sees differently: a tab behind a value (44), and a byte order mark inside of the text (83).
RUAMEL_DIFFERS = {44, 83}


@pytest.mark.parametrize(
    "text",
    [row[2] for row in ROWS if row[0] not in RUAMEL_DIFFERS],
    ids=[str(row[0]) for row in ROWS if row[0] not in RUAMEL_DIFFERS],
)
def test_both_back_ends_find_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = fill(text)
    libyaml = find(text)
    monkeypatch.setattr("pinner.syntax.yaml_scan.BACKENDS", ("ruamel",))
    ruamel = find(text)
    assert [places(one) for one in ruamel] == [places(one) for one in libyaml]


def places(one: Found) -> tuple[object, ...]:
    detail = one.reference if isinstance(one, Occurrence) else one.reason
    return (one.span.start if isinstance(one, Occurrence) else 0, one.locator, detail)


def test_libyaml_is_there_in_development() -> None:
    assert parser("libyaml") is not None
