"""Random Helm values through the whole format: nothing but the places of digests may change (rows 84, 85 and 108)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.formats.base import Found, Occurrence
from pinner.forms import Form
from pinner.syntax import yaml_proof, yaml_scan
from pinner.text import Source
from tests.support import cases

MODULE: Final = "helm_values"
HEX: Final = "b" * 64
WRITTEN_DIGEST: Final = re.compile(r"(?:@?sha256:)?[0-9a-f]{64}")
FORMS: Final = st.sampled_from(cases.WRITTEN_FORMS)

# Values of the parts as they stand in a file, in every style that people use.
NAMES: Final = (
    *("ghcr.io/acme/shop", '"ghcr.io/acme/shop"', "'quay.io/a/b'", "acme/shop", "nginx", "localhost:5000/x"),
    *("ghcr.io/acme/shop:v1", f"ghcr.io/acme/shop@sha256:{HEX}", "''", "", "~", "[a]", "Shop", "{{ .x }}"),
    *("&n quay.io/n",),
)  # fmt: skip
TAGS: Final = (
    *("v1", '"1.10"', "'16'", "1.10", "16", "2024-01-01", "1e3", "~", "''", "", f"v1@sha256:{HEX}", "$TAG"),
    *("'{{ .x }}'", "&t v2", "*t", ">-\n  v3", "|\n  v4", "true", "v1 # why"),
)
DIGESTS: Final = ("''", '""', "", "~", '"" # filled', f"sha256:{HEX}", f"'sha256:{HEX}'", HEX, "sha512:x", "$D", "{}")
REGISTRIES: Final = ("quay.io", "''", "", "~", "'registry.example:5000'", "1", "$R")
OTHERS: Final = ("IfNotPresent", "[]", "{a: b:1}", "''", "1", "|\n  image: no:1")
KEYS: Final = {
    "registry": REGISTRIES,
    "repository": NAMES,
    "image": NAMES,
    "tag": TAGS,
    "version": TAGS,
    "digest": DIGESTS,
    "sha": DIGESTS,
    "pullPolicy": OTHERS,
    "name": NAMES,
}
HOLDERS: Final = ("image", "sidecarImage", "images", "web", "global", "containers", "'image'", "initImage")


@st.composite
def mappings(draw: st.DrawFn, indent: str = "", depth: int = 2) -> str:
    """Return a mapping in block style that may be an image, hold one, or both."""
    lines: list[str] = []
    for key in draw(st.lists(st.sampled_from(tuple(KEYS)), max_size=6, unique=True)):
        value = draw(st.sampled_from(KEYS[key])).replace("\n", f"\n{indent}")
        lines.append(f"{indent}{key}: {value}".rstrip())
    if depth:
        for key in draw(st.lists(st.sampled_from(HOLDERS), max_size=3, unique=True)):
            if key not in KEYS or not any(line.startswith(f"{indent}{key}:") for line in lines):
                inner = draw(mappings(f"{indent}  ", depth - 1))
                lines.append(f"{indent}{key}:{' {}' if not inner.strip() else ''}\n{inner}".rstrip("\n"))
    lines = draw(st.permutations(lines))
    return "".join(f"{line}\n" for line in lines)


@st.composite
def flows(draw: st.DrawFn) -> str:
    """Return an image in flow style."""
    keys = draw(st.lists(st.sampled_from(tuple(KEYS)), min_size=1, max_size=5, unique=True))
    plain = {key: tuple(one for one in KEYS[key] if "\n" not in one and "#" not in one) for key in keys}
    return ", ".join(f"{key}: {draw(st.sampled_from(plain[key]))}" for key in keys)


@st.composite
def values(draw: st.DrawFn) -> Source:
    """Return a file of values that YAML can read."""
    text = draw(mappings())
    if draw(st.booleans()):
        text += f"last: {{image: {{{draw(flows())}}}}}\n"
    text = text.replace("\n", draw(st.sampled_from(("\n", "\n", "\r\n"))))
    return Source("values.yaml", text.rstrip() if draw(st.booleans()) else text)


def essence(found: tuple[Found, ...]) -> Iterator[tuple[object, ...]]:
    for one in found:
        if isinstance(one, Occurrence):
            yield one.span, one.locator, one.reference
        else:
            yield one.span, one.locator, one.reason


@given(source=values(), form=FORMS)
@settings(max_examples=150)
def test_pinning_is_proven_and_a_second_run_changes_nothing(source: Source, form: Form) -> None:  # row 108
    once = cases.pin(MODULE, source, form)
    assert cases.pin(MODULE, once, form) == once


@given(source=values(), form=FORMS)
@settings(max_examples=150)
def test_unpinning_gives_the_first_bytes(source: Source, form: Form) -> None:  # rows 84 and 85
    first = cases.unpin(MODULE, source)
    assert cases.unpin(MODULE, cases.pin(MODULE, source, form)) == first
    if HEX not in source.text:
        assert first == source


@given(source=values())
@settings(max_examples=150)
def test_a_digest_is_read_back_where_it_was_written(source: Source) -> None:  # D05
    pinned = {one.locator: one for one in cases.find(MODULE, cases.pin(MODULE, source)) if isinstance(one, Occurrence)}
    for one in cases.find(MODULE, source):
        if isinstance(one, Occurrence):
            assert pinned[one.locator].reference == cases.with_digest(one.reference)


@given(source=values())
@settings(max_examples=100)
def test_both_back_ends_find_the_same(source: Source) -> None:
    first = list(essence(cases.find(MODULE, source)))
    with pytest.MonkeyPatch.context() as patch:
        for module in (yaml_scan, yaml_proof):
            patch.setattr(module, "BACKENDS", tuple(reversed(module.BACKENDS)))
        assert list(essence(cases.find(MODULE, source))) == first


@given(source=values())
@settings(max_examples=100)
def test_a_chart_that_reads_the_values_gets_the_tag_as_it_was_or_with_a_digest(source: Source) -> None:  # A08 and D04
    """Compare what YAML reads before and after: texts only grow digests, and nothing else changes."""
    before, after = (_load(one.text) for one in (source, cases.pin(MODULE, source)))
    assert _without_digests(after) == _without_digests(before)


def _load(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return None


def _without_digests(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_digests(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_digests(one) for one in value]
    # An empty digest key is null or an empty text.
    return (WRITTEN_DIGEST.sub("", value) if isinstance(value, str) else value) or None
