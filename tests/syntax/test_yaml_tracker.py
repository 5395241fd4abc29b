"""The path tracker: which scalars are reached by which paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pinner.syntax import yaml_tracker
from pinner.syntax.yaml_events import BACKENDS, Backend, parser
from pinner.syntax.yaml_nodes import EVERY_KEY, Document, Node, Path
from pinner.syntax.yaml_tracker import PathTracker, TooDeepError

KEYS = frozenset({"image"})
every_backend = pytest.mark.parametrize("name", BACKENDS)


def track(text: str, *, name: Backend = "libyaml", base: int = 0) -> tuple[Document, ...]:
    backend = parser(name)
    assert backend is not None
    return tuple(PathTracker(KEYS, base, backend.kinds).documents(backend.events(text)))


def nodes(text: str) -> tuple[Node, ...]:
    (document,) = track(text)
    return document.nodes


def paths(text: str) -> list[Path]:
    return [node.path for node in nodes(text)]


def uses(text: str, value: str) -> tuple[Path, ...]:
    return next(node.uses for node in nodes(text) if node.value == value)


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "a: 1\n", "just words\n", "- a\n- b\n", "*x\n", "'image'\n", "&i a\n"]
)
def test_a_text_without_the_key_has_no_nodes(text: str) -> None:
    assert [document.nodes for document in track(text)] in ([], [()])


@every_backend
def test_nodes_are_found_at_any_depth(name: Backend) -> None:
    (document,) = track("image: a\nb:\n- - image: c\n- {x: {image: d}}\n", name=name)
    assert [(node.path, node.value) for node in document.nodes] == [
        (("image",), "a"),
        (("b", 0, 0, "image"), "c"),
        (("b", 1, "x", "image"), "d"),
    ]


def test_offsets_count_from_the_base() -> None:
    (document,) = track("---\nimage: a\n", base=100)
    assert (document.start, document.nodes[0].start, document.nodes[0].end) == (100, 111, 112)


def test_collections_under_the_key_are_nodes_with_their_shape_and_tag() -> None:
    found = nodes("image: !reference [a, b]\nx: {image: {image: c}}\n")
    assert [(node.path, node.shape, node.tag) for node in found] == [
        (("image",), "sequence", "!reference"),
        (("image", 0), "scalar", None),
        (("image", 1), "scalar", None),
        (("x", "image"), "mapping", None),
        (("x", "image", "image"), "scalar", None),
    ]


def test_a_key_inside_of_a_list_under_the_key_is_found() -> None:
    assert paths("image:\n- x: 1\n  image: a\n- b\n") == [("image",), ("image", 0), ("image", 0, "image"), ("image", 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("? [a, b]\n: image: c\n", [("?", "image")], id="complex-key"),
        pytest.param("? {image: a}\n: b\nx: {image: c}\n", [("?", "image"), ("x", "image")], id="mapping-as-key"),
        pytest.param("a: &k image\n*k : b\n", [("image",)], id="C04-alias-as-key"),
        pytest.param("a: &k [image]\n? *k\n: {image: b}\n", [("?", "image")], id="alias-of-a-list-as-key"),
        pytest.param("*k : {image: b}\n", [("?", "image")], id="undefined-alias-as-key"),
    ],
)
def test_odd_keys_have_a_path(text: str, expected: list[Path]) -> None:
    assert [path for path in paths(text) if path[-1] == "image"] == expected


def test_an_alias_has_the_place_of_its_anchor_and_all_uses() -> None:
    text = "x: &i nginx\na: {image: *i}\nb: [*i]\nimage: *i\n"
    found = nodes(text)
    every_use = (("x",), ("a", "image"), ("b", 0), ("image",))
    assert [(node.path, node.uses) for node in found] == [(("a", "image"), every_use), (("image",), every_use)]
    assert {text[node.start : node.end] for node in found} == {"&i nginx"}


def test_a_scalar_that_nobody_refers_to_has_one_use() -> None:
    assert uses("image: &i a\n", "a") == (("image",),)


def test_an_anchor_that_is_set_again_means_the_newer_scalar() -> None:
    text = "x: &i a\nimage: *i\ny: &i b\nz: {image: *i}\n"
    assert [node.value for node in nodes(text)] == ["a", "b"]


def test_an_anchor_that_is_set_again_inside_means_what_is_inside() -> None:
    assert [node.value for node in nodes("x: &i {y: &i a}\nimage: *i\n")] == ["a"]


def test_a_key_with_an_anchor_is_used_as_something_else_than_an_image() -> None:
    assert uses("&k nginx: 1\nimage: *k\n", "nginx") == (("?",), ("image",))


def test_an_alias_to_nothing_is_undefined() -> None:
    (node,) = nodes("image: *nope\nx: *nope\n")
    assert (node.path, node.shape) == (("image",), "undefined")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x: &b {image: a}\ns: {<<: *b}\n", [("x", "image"), ("s", "image")], id="merge"),
        pytest.param(
            "x: &b {image: a}\ny: &c {z: 1}\ns: {<<: [*b, *c]}\n",
            [("x", "image"), ("s", "image")],
            id="merge-of-several",
        ),
        pytest.param("x: &b {image: a}\ns: [*b]\n", [("x", "image"), ("s", 0, "image")], id="in-a-list"),
        pytest.param("x: &b {image: a}\n<<: *b\n", [("x", "image"), ("image",)], id="merge-at-the-top"),
        pytest.param("a: &a\n  image: x\n  self: *a\n", [("a", "image")], id="C09-inside-of-itself"),
        pytest.param(
            "x: &b {image: [a]}\ns: *b\n",
            [("x", "image"), ("x", "image", 0), ("s", "image"), ("s", "image", 0)],
            id="a-list",
        ),
    ],
)
def test_an_alias_of_a_collection_reaches_what_is_inside(text: str, expected: list[Path]) -> None:
    assert paths(text) == expected


def test_an_anchored_list_can_come_under_the_key() -> None:
    text = "x: &l [a, {image: b}]\nimage: *l\n"
    assert uses(text, "a") == (("x", 0), ("image", 0))
    assert uses(text, "b") == (("x", 1, "image"), ("image", 1, "image"))


def test_an_alias_in_an_anchored_list_comes_under_the_key_with_it() -> None:
    text = "x: &i a\ny: &l [*i, b]\nimage: *l\n"
    assert uses(text, "a") == (("x",), ("y", 0), ("image", 0))
    assert ("image", 0) in paths(text)


def test_a_list_in_an_anchored_list_comes_under_the_key_with_it() -> None:
    assert uses("x: &l [[a], {y: [b]}]\nimage: *l\n", "a") == (("x", 0, 0), ("image", 0, 0))


def test_an_alias_of_a_collection_under_the_key_is_a_node_with_shape_and_tag() -> None:
    found = nodes("x: &r !reference [a, b]\nimage: *r\ny: &m {z: 1}\nw: {image: *m}\n")
    assert [(node.path, node.shape, node.tag) for node in found if node.shape != "scalar"] == [
        (("image",), "sequence", "!reference"),
        (("w", "image"), "mapping", None),
    ]


def test_anchors_belong_to_their_document() -> None:
    first, second = track("x: &i a\nimage: *i\n---\nimage: *i\ny: &i b\n")
    assert [(node.shape, node.value) for node in first.nodes] == [("scalar", "a")]
    assert [node.shape for node in second.nodes] == ["undefined"]


@every_backend
def test_nesting_is_followed_up_to_the_limit(name: Backend) -> None:
    depth = yaml_tracker.MAXIMUM_DEPTH
    (document,) = track("[" * (depth - 1) + "{image: a}" + "]" * (depth - 1), name=name)
    assert len(document.nodes) == 1


@every_backend
@pytest.mark.parametrize("opening", ["[", "{a: ", "- "], ids=lambda opening: opening.strip())
def test_row_97_deep_nesting_stops_after_the_limit_and_no_further(name: Backend, opening: str) -> None:
    backend = parser(name)
    assert backend is not None
    seen = 0

    def counted() -> Iterator[Any]:
        nonlocal seen
        for event in backend.events(opening * 100_000):
            seen += 1
            yield event

    with pytest.raises(TooDeepError) as caught:
        tuple(PathTracker(KEYS, 0, backend.kinds).documents(counted()))
    assert caught.value.limit == yaml_tracker.MAXIMUM_DEPTH
    assert seen < 4 * yaml_tracker.MAXIMUM_DEPTH


def laughs(count: int) -> str:
    lines = ["a0: &a0 {image: nginx}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, count)]
    return "\n".join(lines) + "\nimage: redis\n"


def test_row_98_a_billion_laughs_reach_a_bounded_number_of_places() -> None:
    (document,) = track(laughs(12))
    assert document.nodes[0].has_lost_uses
    assert not document.nodes[-1].has_lost_uses
    assert len(document.nodes) <= yaml_tracker.MAXIMUM_PLACES + 2
    assert document.nodes[-1].path == ("image",)


def test_a_few_laughs_are_followed() -> None:
    (document,) = track(laughs(3))
    assert not any(node.has_lost_uses for node in document.nodes)
    assert len(document.nodes) == 1 + 9 + 81 + 1


def test_lost_uses_are_of_one_document() -> None:
    first, second = track(laughs(12) + "---\na: &a {image: a}\nb: *a\n")
    assert any(node.has_lost_uses for node in first.nodes)
    assert not any(node.has_lost_uses for node in second.nodes)


def test_a_scalar_whose_only_alias_was_lost_is_known_to_have_one() -> None:
    (document,) = track(laughs(12).replace("image: redis", "b: &b {image: redis}\nlabels: *b"))
    assert document.nodes[-1].uses == (("b", "image"),)
    assert document.nodes[-1].has_lost_uses


def every_path(text: str) -> list[Path]:
    backend = parser("libyaml")
    assert backend is not None
    (document,) = PathTracker(EVERY_KEY, 0, backend.kinds).documents(backend.events(text))
    return [node.path for node in document.nodes]


def test_with_every_key_all_nodes_are_given_in_the_order_of_the_text() -> None:
    assert every_path("a: {b: x, c: [y, [z]]}\nd:\n") == [
        ("a",), ("a", "b"), ("a", "c"), ("a", "c", 0), ("a", "c", 1), ("a", "c", 1, 0), ("d",)
    ]  # fmt: skip
    assert every_path("- x\n- {a: y}\n") == [(0,), (1,), (1, "a")]


def test_with_every_key_merges_and_aliases_reach_what_they_name() -> None:
    assert every_path("a: &a {b: &b x}\nc: {<<: *a, d: *b}\n") == [
        ("a",), ("a", "b"), ("c",), ("c", "<<"), ("c", "b"), ("c", "d")
    ]  # fmt: skip


def test_a_document_of_many_scalars_does_not_count_as_one_of_many_places() -> None:
    text = "".join(f"k{number}: v\n" for number in range(yaml_tracker.MAXIMUM_PLACES + 1)) + "a: &a {b: x}\nc: *a\n"
    assert every_path(text)[-1] == ("c", "b")
