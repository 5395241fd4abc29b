"""Merge keys: what a loader reads at a path, the tracker finds at that path."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pinner.syntax.yaml_events import BACKENDS, Backend, parser
from pinner.syntax.yaml_nodes import Document, Path
from pinner.syntax.yaml_tracker import PathTracker
from tests.support.yaml_texts import streams

KEYS: Final = frozenset({"image", "name"})
every_backend = pytest.mark.parametrize("name", BACKENDS)

Places = set[tuple[Path, str]]


class _Strings(yaml.CSafeLoader):
    """Read every scalar as a string, as the tracker does; only merge keys mean something."""

    yaml_implicit_resolvers: Final = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}  # type: ignore[misc]  # as PyYAML has it


def _any_tag(loader: _Strings, _: str, node: Any) -> Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Strings.add_multi_constructor("!", _any_tag)


def track(text: str, *, name: Backend = "libyaml", keys: frozenset[str] = KEYS) -> list[Document]:
    backend = parser(name)
    assert backend is not None
    return list(PathTracker(keys, 0, backend.kinds).documents(backend.events(text)))


def found(document: Document) -> Places:
    return {(node.path, node.value) for node in document.nodes if node.shape == "scalar"}


def walk(value: Any, path: Path = (), above: frozenset[int] = frozenset()) -> Iterator[tuple[Path, str]]:
    """Yield every string of loaded data with its path; what holds itself is entered once."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list) and id(value) not in above:
        for step, inside in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(inside, (*path, step), above | {id(value)})


def loaded(data: Any, keys: frozenset[str] = KEYS) -> Places:
    """Return the strings under `keys`, or in lists under them."""
    places: Places = set()
    for path, value in walk(data):
        key = next((step for step in reversed(path) if isinstance(step, str)), None)
        if key in keys:
            places.add((path, value))
    return places


@dataclass(slots=True)
class _Author:
    """Write flow collections of anchors, aliases and merges; with no `keys` to choose from, each key stands once."""

    draw: st.DrawFn
    keys: tuple[str, ...]
    counter: Iterator[int] = field(default_factory=itertools.count)
    written: list[str] = field(default_factory=list)
    anchors: dict[str, list[str]] = field(default_factory=lambda: {"mapping": [], "mappings": [], "other": []})

    def key(self) -> str:
        self.written.append(self.draw(st.sampled_from(self.keys)) if self.keys else f"k{next(self.counter)}")
        return self.written[-1]

    def anchored(self, kind: str, text: str) -> str:
        """Put an anchor before what is complete: only then may an alias name it."""
        if not self.draw(st.booleans()):
            return text
        self.anchors[kind].append(f"a{next(self.counter)}")
        return f"&{self.anchors[kind][-1]} {text}"

    def alias(self, *kinds: str) -> str | None:
        known = [anchor for kind in kinds for anchor in self.anchors[kind]]
        if not known or not self.draw(st.booleans()):
            return None
        return f"*{self.draw(st.sampled_from(known))}"

    def mapping(self, depth: int) -> str:
        pairs = []
        for _ in range(self.draw(st.integers(0, 3))):
            is_merge = depth < 4 and self.draw(st.integers(0, 2)) == 0
            pairs.append(f"<<: {self.merged(depth)}" if is_merge else f"{self.key()}: {self.value(depth)}")
        return self.anchored("mapping", f"{{{', '.join(pairs)}}}")

    def merged(self, depth: int) -> str:
        if self.draw(st.booleans()):
            return self.alias("mapping", "mappings") or self.mapping(depth + 1)
        several = [self.alias("mapping") or self.mapping(depth + 1) for _ in range(self.draw(st.integers(1, 3)))]
        return self.anchored("mappings", f"[{', '.join(several)}]")

    def value(self, depth: int) -> str:
        kind = self.draw(st.integers(0, 5))
        if kind == 0 and depth < 4:
            return self.mapping(depth + 1)
        if kind == 1 and depth < 4:
            several = [self.value(depth + 1) for _ in range(self.draw(st.integers(0, 3)))]
            return self.anchored("other", f"[{', '.join(several)}]")
        alias = self.alias("mapping", "mappings", "other") if kind < 4 else None
        return alias or self.anchored("other", f"v{next(self.counter)}")


@st.composite
def _documents(draw: st.DrawFn, keys: tuple[str, ...] = ()) -> tuple[str, frozenset[str]]:
    """Return a document and the keys in it."""
    author = _Author(draw, keys)
    pairs = [f"{author.key()}: {author.value(0)}" for _ in range(2)]
    return f"{{{', '.join(pairs)}, <<: {author.mapping(0)}}}\n", frozenset(author.written)


@every_backend
@given(drawn=_documents())
@settings(max_examples=300)
def test_the_tracker_finds_just_what_a_loader_reads(name: Backend, drawn: tuple[str, frozenset[str]]) -> None:
    text, keys = drawn
    (document,) = track(text, name=name, keys=keys)
    assert found(document) == loaded(yaml.load(text, _Strings), keys)


@every_backend
@given(drawn=_documents(keys=("image", "image", "name", "x", '"<<"')))
@settings(max_examples=300)
def test_what_is_overridden_hides_nothing(name: Backend, drawn: tuple[str, frozenset[str]]) -> None:
    (document,) = track(drawn[0], name=name)
    assert found(document) >= loaded(yaml.load(drawn[0], _Strings))


@given(streams())
@settings(max_examples=300)
def test_nothing_that_a_loader_reads_is_missing(text: str) -> None:
    text = text.removeprefix("\ufeff")
    try:
        data = list(yaml.load_all(text, _Strings))
    except (yaml.YAMLError, RecursionError, TypeError):
        reject()
    for document, one in zip(track(text), data, strict=True):
        assert found(document) >= loaded(one)


@every_backend
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("s: {<<: {image: a}}", [("s", "image")], id="inline"),
        pytest.param("<<: {image: a}", [("image",)], id="at-the-top"),
        pytest.param("s: {<<: [{image: a}, {x: {image: b}}]}", [("s", "image"), ("s", "x", "image")], id="several"),
        pytest.param("s: {<<: {<<: [{<<: {image: a}}]}}", [("s", "image")], id="in-one-another"),
        pytest.param("s: {<<: &z {image: a}}\nt: {<<: *z}", [("s", "image"), ("t", "image")], id="anchored"),
        pytest.param(
            "s: {<<: &l [{image: a}]}\nt: {<<: *l}\nu: *l",
            [("s", "image"), ("t", "image"), ("u", 0, "image")],
            id="anchored-list",
        ),
        pytest.param("x: &l [{image: a}]\ns: {<<: *l}", [("x", 0, "image"), ("s", "image")], id="list-by-an-alias"),
        pytest.param("!!merge <<: {image: a}", [("image",)], id="tagged"),
        pytest.param("&k <<: {image: a}\ns: {*k : {image: b}}", [("image",), ("s", "image")], id="anchored-key"),
        pytest.param("'<<': {image: a}", [("<<", "image")], id="quoted"),
        pytest.param('&k "<<": {image: a}\ns: {*k : {image: b}}', [("<<", "image"), ("s", "<<", "image")], id="alias"),
        pytest.param("!!str <<: {image: a}", [("<<", "image")], id="tagged-as-a-string"),
        pytest.param("s: {<<: &l [a, {image: b}]}\nimage: *l", [("s", "<<", 0), ("s", "image"), ("image",)], id="odd"),
    ],
)
def test_a_merge_key_leaves_no_trace_in_a_path(name: Backend, text: str, expected: list[Path]) -> None:
    (document,) = track(text + "\n", name=name)
    assert [node.path for node in document.nodes][: len(expected)] == expected


def test_a_text_in_the_place_of_a_merged_mapping_is_found_nowhere() -> None:
    assert [document.nodes for document in track("<<: a\n--- {<<: [a]}\n--- {<<: *nope}\n")] == [(), (), ()]


def test_an_anchor_that_is_merged_twice_is_used_by_images_only() -> None:
    (document,) = track("a: {<<: &z {image: r}}\nb: {<<: *z}\n")
    assert {node.uses for node in document.nodes} == {(("a", "image"), ("b", "image"))}


def test_a_marked_scalar_is_found_wherever_it_stands() -> None:
    backend = parser("libyaml")
    assert backend is not None
    text = "x: &s m://a\ny: {z: [m://b, n]}\nw: *s\nv: &m {u: m://c}\nt: *m\nm://k: 1\n"
    (document,) = PathTracker(KEYS, 0, backend.kinds, "m://").documents(backend.events(text))
    assert [node.path for node in document.nodes] == [("x",), ("y", "z", 0), ("w",), ("v", "u"), ("t", "u")]
