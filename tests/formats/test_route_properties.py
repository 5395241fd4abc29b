"""Every format that is a table, on documents made from its own routes: images change, what is like them does not."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.formats import load_format
from pinner.formats.base import Occurrence
from pinner.formats.table import FORMATS
from pinner.oci.reference import Reference
from pinner.text import Source
from tests.support import writing
from tests.support.route_documents import Data, Path, Table, documents, leaves, tables

every_table = pytest.mark.parametrize("module", sorted(tables()))


def test_the_tables_are_those_of_the_formats() -> None:
    assert {"circleci", "drone", "gitpod"} <= tables().keys() < set(FORMATS)
    assert {tables()[module].format.name for module in tables()} == {load_format(one).name for one in tables()}


def render(document: Data, style: str) -> str:
    if style == "json":
        return json.dumps(document, indent=1)
    text: str = yaml.safe_dump(document, default_flow_style={"block": False, "flow": True, "mixed": None}[style])
    return text


def images_of(table: Table, document: Data) -> tuple[dict[Path, str], set[Path]]:
    """Return the references that a table means, by path, and the places that hang on what stands beside them."""
    meant: dict[Path, str] = {}
    unsure: set[Path] = set()
    for path, text in leaves(document):
        images = table.first_place(document, path)
        if images is None:
            continue
        if images.where is not None or images.no_tag or images.needs_tag:
            unsure.add(path)
        elif images.verdict is None and text.startswith(images.prefix):
            matched = re.compile(images.pattern or "(.*)").fullmatch(text, len(images.prefix))
            if matched is not None:
                meant[path] = matched[1]
    return meant, unsure


def with_images_pinned(document: Data, pinned: set[Path], path: Path = ()) -> Data:
    """Return the document with a digest behind what stands at these paths."""
    if isinstance(document, str):
        return f"{document}@{writing.DIGEST}" if path in pinned else document
    if isinstance(document, list):
        return [with_images_pinned(one, pinned, (*path, at)) for at, one in enumerate(document)]
    return {key: with_images_pinned(one, pinned, (*path, key)) for key, one in document.items()}


@every_table
@settings(max_examples=30)
@given(content=st.data(), style=st.sampled_from(["block", "flow", "mixed", "json"]))
def test_images_of_the_routes_change_and_nothing_that_is_like_them(
    module: str, content: st.DataObject, style: str
) -> None:
    table = tables()[module]
    document = content.draw(documents(table))
    source = Source("x.yaml", render(document, style))
    one = load_format(module)
    meant, unsure = images_of(table, document)
    found = {place.span: place for place in one.find(source) if isinstance(place, Occurrence)}
    written = sorted(place.reference.written for place in found.values())
    sure = [text for path, text in meant.items() if isinstance(Reference.parse(text), Reference)]
    if not unsure:
        assert written == sorted(sure)
        pinned = writing.pin(one, source)
        assert yaml.safe_load(pinned.text) == with_images_pinned(document, set(meant))
        assert writing.unpin(one, pinned) == source
    else:
        assert len(written) >= len(sure)
