"""The cache's file: what is right is read, and a poisoned one does no harm (RATE-09)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.cache.entries import (
    MAXIMUM_ENTRIES,
    MAXIMUM_PLATFORMS,
    MAXIMUM_SIZE,
    Entry,
    parse_entries,
    render_entries,
)
from pinner.oci import media_types
from pinner.oci.digest import Digest
from tests.cache.entries import BOTH, NGINX, NOW, ONE, file_of, written

ENTRY = Entry(digest=ONE, media_type=media_types.OCI_INDEX, size=857, platforms=BOTH, at=NOW)


def test_what_was_written_is_read_again() -> None:
    entries = {NGINX: ENTRY, "a.io/b:1#linux/arm64": replace(ENTRY, platforms=None, size=None)}
    assert parse_entries(render_entries(entries)) == entries
    assert parse_entries(file_of(**{NGINX: written()})) == {NGINX: ENTRY}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(file_of(**{NGINX: written()})[:-20], id="torn"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"answers": {}}', id="no schema"),
        pytest.param(file_of(**{NGINX: written()}).replace(b"answers/1", b"answers/2"), id="a later schema"),
        pytest.param(b'{"schema": "pinner/answers/1", "answers": []}', id="no table"),
        pytest.param(file_of(**{NGINX: written()}) + b" " * MAXIMUM_SIZE, id="too large"),
        pytest.param(b'{"schema": "pinner/answers/1", "answers": {' + b'"a":' * 3000 + b"1", id="SEC-26 deep"),
        pytest.param(file_of(a=[0] * 600_000), id="SEC-30 many parts"),
        pytest.param(b'{"schema": "pinner/answers/1", "answers": {"a": 1, "a": 2}}', id="a key twice"),
        pytest.param(b'{"schema": "pinner/answers/1", "answers": {"a": NaN}}', id="no number"),
        pytest.param(file_of(a="x").decode().encode("utf-16"), id="another encoding"),
    ],
)
def test_a_damaged_file_has_no_entries(content: bytes) -> None:
    assert parse_entries(content) == {}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(None, id="none"),
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing in it"),
        pytest.param(written(digest="sha256:00"), id="SEC-12 a short digest"),
        pytest.param(written(digest="md5:" + "0" * 32), id="SEC-12 another algorithm"),
        pytest.param(written(digest="sha384:" + "0" * 96), id="SEC-12 sha384"),
        pytest.param(written(digest=str(ONE).upper()), id="SEC-12 capitals"),
        pytest.param(written(digest=f"{ONE}\n"), id="SEC-12 a line end"),
        pytest.param(written(digest=f"{ONE}\x1b[31m"), id="SEC-15 control characters"),
        pytest.param(written(digest=None), id="no digest"),
        pytest.param(written(media_type=media_types.DOCKER_SCHEMA1), id="RES-15 schema 1"),
        pytest.param(written(media_type="text/html\x1b[31m"), id="SEC-15 a media type"),
        pytest.param(written(media_type=["x"]), id="media type no text"),
        pytest.param(written(size=-1), id="a negative size"),
        pytest.param(written(size=True), id="a size that is true"),
        pytest.param(written(size=1.5), id="half a byte"),
        pytest.param(written(size=2**53), id="a huge size"),
        pytest.param(written(size="857"), id="a size as text"),
        pytest.param(written(platforms="linux/amd64"), id="platforms as text"),
        pytest.param(written(platforms=["linux"]), id="half a platform"),
        pytest.param(written(platforms=["linux/amd64/v1/x"]), id="more than a platform"),
        pytest.param(written(platforms=["linux/amd64\n"]), id="SEC-15 a line end"),
        pytest.param(written(platforms=["li\x1bnux/amd64"]), id="SEC-15 an escape"),
        pytest.param(written(platforms=[7]), id="a number as platform"),
        pytest.param(written(platforms=["a/b"] * (MAXIMUM_PLATFORMS + 1)), id="too many platforms"),
        pytest.param(written(at=None), id="no moment"),
        pytest.param(written(at="now"), id="a moment as text"),
        pytest.param(written(at=True), id="a moment that is true"),
        pytest.param(written(at=-1), id="before 1970"),
        pytest.param(written(at=1e300), id="beyond all time"),
        pytest.param({**written(), "at": 10**400}, id="SEC-26 an endless number"),
    ],
)
def test_an_entry_that_is_wrong_is_left_out_and_its_neighbours_stay(entry: object) -> None:
    assert parse_entries(file_of(**{"a.io/b:1": entry, NGINX: written()})) == {NGINX: ENTRY}


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "a\x1b[31m", "ü", "\u202e", "a" * 601])
def test_a_key_that_nobody_writes_is_left_out(key: str) -> None:
    assert parse_entries(file_of(**{key: written()})) == {}
    assert parse_entries(render_entries({key: ENTRY, NGINX: ENTRY})) == {NGINX: ENTRY}


def test_the_oldest_are_dropped_first() -> None:
    ages = {f"a.io/b:{number}": replace(ENTRY, at=NOW + number) for number in range(MAXIMUM_ENTRIES + 10)}
    kept = parse_entries(render_entries(ages))
    assert len(kept) == MAXIMUM_ENTRIES
    assert min(entry.at for entry in kept.values()) == NOW + 10


def test_the_file_stays_within_its_bounds() -> None:
    long = replace(ENTRY, platforms=tuple(BOTH) * (MAXIMUM_PLATFORMS // 2))
    content = render_entries({f"a.io/{'b' * 500}:{number}": long for number in range(MAXIMUM_ENTRIES)})
    assert len(content) <= MAXIMUM_SIZE
    assert len(parse_entries(content)) > 100


def test_the_file_holds_names_and_facts_and_nothing_else() -> None:
    document = json.loads(render_entries({NGINX: ENTRY}))
    assert document == {"schema": "pinner/answers/1", "answers": {NGINX: written()}}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just(str(ONE)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(content: bytes) -> None:
    assert parse_entries(content) == {}


@given(st.dictionaries(st.sampled_from(["digest", "media_type", "size", "platforms", "at"]), _JSON))
def test_any_entry_is_legal_or_left_out(fields: dict[str, object]) -> None:
    for entry in parse_entries(file_of(**{NGINX: written() | fields})).values():
        assert Digest.parse(str(entry.digest)) == entry.digest
        assert entry.media_type in media_types.PINNABLE
        assert all(str(platform).isprintable() for platform in entry.platforms or ())
