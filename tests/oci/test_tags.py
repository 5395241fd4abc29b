"""Pages of tags, and their order for people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import IntegrityError
from pinner.oci.reference import is_tag
from pinner.oci.tags import MAXIMUM_PARTS, MAXIMUM_SIZE, parse_tags, sort_tags


def page(tags: object) -> bytes:
    return json.dumps({"name": "acme/api", "tags": tags}).encode()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param([], (), id="none"),
        pytest.param(None, (), id="null, as Nexus says"),
        pytest.param(["b", "a"], ("b", "a"), id="the registry's order"),
        pytest.param(["a", "b", "a"], ("a", "b"), id="twice"),
        pytest.param(["a", "sha256:" + "0" * 64, "sha256__" + "0" * 64], ("a", "sha256__" + "0" * 64), id="digests"),
        pytest.param(["", "-a", ".a", "a b", "a\n", "ü", "a" * 129, "a/b", "\x1b[31m"], (), id="no tags"),
        pytest.param([None, 1, True, ["a"], {"a": 1}, "a"], ("a",), id="no texts"),
        pytest.param(["A", "a", "_a", "a.", "a" * 128], ("A", "a", "_a", "a.", "a" * 128), id="odd tags"),
    ],
)
def test_a_page_gives_its_tags_res_22(tags: object, expected: tuple[str, ...]) -> None:
    assert parse_tags(page(tags)) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"name": "x"}',
        b'{"tags": "a"}',
        b'{"tags": {"a": 1}}',
        b'{"tags": [], "tags": 0}',
    ],
)
def test_what_is_no_page_of_tags_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_tags(content)


def test_a_page_is_bounded_res_14_sec_30() -> None:
    tags = [f"v{number}" for number in range(200_000)]
    assert len(parse_tags(page(tags))) == len(tags)
    with pytest.raises(IntegrityError, match="bytes, more than"):
        parse_tags(page(["a"]) + b" " * MAXIMUM_SIZE)
    with pytest.raises(IntegrityError, match="objects, arrays and values"):
        parse_tags(b'{"tags": [' + b"0," * MAXIMUM_PARTS + b"0]}")


def test_versions_stand_in_their_order() -> None:
    tags = ["latest", "1.27.1", "1.10", "1.27-alpine", "v2", "1.9", "1.27", "10", "v10", "2", "1.27.0-rc1", "stable"]
    assert sort_tags(tags) == (
        *("1.9", "1.10", "1.27", "1.27-alpine", "1.27.0-rc1", "1.27.1", "2", "10"),
        *("latest", "stable", "v2", "v10"),
    )


def test_the_order_does_not_depend_on_the_registry() -> None:
    assert sort_tags(["1.00", "1.0", "01.0"]) == sort_tags(["01.0", "1.0", "1.00"]) == ("01.0", "1.0", "1.00")


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True), unique=True))
def test_any_tags_can_be_sorted_and_none_is_lost(tags: list[str]) -> None:
    assert all(map(is_tag, tags))
    assert sorted(sort_tags(tags)) == sorted(tags)
    assert sort_tags(reversed(tags)) == sort_tags(tags)


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_any_list_gives_tags_or_an_error_of_pinner(tags: object) -> None:
    try:
        found = parse_tags(page(tags))
    except IntegrityError:
        return
    assert all(map(is_tag, found))
