"""Real manifests, when a folder of them is given in PINNER_CORPUS (row 109)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pinner.errors import SourceError
from pinner.formats import has_needle, load_format
from pinner.formats.table import FORMATS
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.syntax import yaml_proof, yaml_scan
from pinner.syntax.rewrites import ValueRewrite
from pinner.syntax.yaml_chunks import chunks
from pinner.syntax.yaml_events import Kind, parser
from pinner.syntax.yaml_nodes import Node
from pinner.syntax.yaml_proof import prove
from pinner.syntax.yaml_scalars import scalar_text, value_offsets
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Edit, Source, Span, apply_edits
from tests.support import cases

FOLDER: Final = os.environ.get("PINNER_CORPUS")
DIGEST: Final = Digest("sha256", "a" * 64)
# ruamel.yaml is twenty times slower: it sees every file up to this size.
LARGEST_FOR_RUAMEL: Final = 20_000

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(FOLDER is None, reason="PINNER_CORPUS names no folder of real manifests"),
    pytest.mark.timeout(1800),
]


@dataclass(slots=True)
class Tally:
    files: int = 0
    edits: int = 0

    def __str__(self) -> str:
        return f"{self.files} files, {self.edits} edits, 0 differences"


def sources(*suffixes: str) -> Iterator[Source]:
    root = Path(FOLDER or "")
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and (not suffixes or path.suffix.lower() in suffixes):
            try:
                yield Source.decode(path.relative_to(root).as_posix(), path.read_bytes())
            except SourceError:
                continue


def every_key(text: str) -> frozenset[str]:
    """Return every scalar that stands in the text; all keys are among them."""
    keys: set[str] = set()
    backend = parser("libyaml")
    assert backend is not None
    for chunk in chunks(text):
        try:
            events = list(backend.events(text[chunk.start : chunk.end]))
        except backend.failures:
            continue
        keys |= {event.value for event in events if backend.kinds[event.__class__] is Kind.SCALAR}
    return frozenset(keys)


def lengthen(text: str, nodes: Iterator[Node]) -> list[ValueRewrite]:
    """Return edits that append a letter to every scalar whose letters stand one by one in the source."""
    rewrites: dict[int, ValueRewrite] = {}
    for node in nodes:
        value = scalar_text(node)
        offsets = value_offsets(text, node) if node.shape == "scalar" and value else None
        if offsets is not None:
            end = offsets[-1]
            rewrites[end] = ValueRewrite(edit=Edit(Span(end, end), "x"), at=len(value), old="", new="x")
    return list(rewrites.values())


@pytest.mark.parametrize("name", ["libyaml", "ruamel"])
def test_every_scalar_can_be_edited_without_touching_another(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_scan, "BACKENDS", (name,))
    monkeypatch.setattr(yaml_proof, "BACKENDS", (name,))
    tally = Tally()
    for source in sources(".yaml", ".yml"):
        text = source.text
        if name == "ruamel" and len(text) > LARGEST_FOR_RUAMEL:
            continue
        parts = list(scan(text, every_key(text)))
        nodes = (node for part in parts if not isinstance(part, Unparsed) for node in part.nodes)
        rewrites = lengthen(text, nodes)
        if rewrites:
            prove(text, apply_edits(text, (one.edit for one in rewrites)), rewrites)
            tally.files += 1
            tally.edits += len(rewrites)
    print(f"\n{name}: {tally}")  # noqa: T201 - the numbers are what the run is for
    assert tally.edits > 0


def takes(module: str, source: Source) -> bool:
    """Return whether the format would look into the file, whatever its name."""
    is_ours = load_format(module).is_ours
    return has_needle(module, source.text) and (is_ours is None or is_ours(source))


@pytest.mark.parametrize("form", cases.WRITTEN_FORMS)
@pytest.mark.parametrize("module", FORMATS)
def test_every_image_is_pinned_and_unpinned_in_every_form_and_proven(module: str, form: Form) -> None:
    tally, refused = Tally(), 0
    suffixes = () if module == "dockerfile" else (".yaml", ".yml", ".json")
    for source in sources(*suffixes):
        is_named = "dockerfile" in source.path.rpartition("/")[2].lower()
        if (module == "dockerfile" and not is_named) or not takes(module, source):
            continue
        refused += len(cases.refused(module, source, form))
        changes = cases.changes(module, source, cases.with_digest, form)
        if not changes:
            continue
        after = cases.pin(module, source, form)
        assert not cases.changes(module, after, cases.with_digest, form), source.path
        assert cases.unpin(module, after) == cases.unpin(module, source), source.path
        tally.files += 1
        tally.edits += len(changes)
    print(f"\n{module}, {form}: {tally}, {refused} refused")  # noqa: T201 - the numbers are what the run is for
