"""Documents are bounded before they are believed: bytes, depth, entries, parts."""

from __future__ import annotations

import tracemalloc

import pytest

from pinner.errors import IntegrityError
from pinner.oci import media_types
from pinner.oci.bounded_json import MAXIMUM_DEPTH
from pinner.oci.documents import (
    MAXIMUM_DESCRIPTORS,
    MAXIMUM_PARTS,
    MAXIMUM_SIZE,
    Index,
    parse_document,
)
from tests.oci.documents import as_bytes, describe, read_index


def test_a_document_may_be_as_large_as_the_limit_and_no_larger_res_14() -> None:
    body = as_bytes(manifests=[])
    padded = body + b" " * (MAXIMUM_SIZE - len(body))
    assert isinstance(parse_document(padded, media_types.OCI_INDEX), Index)
    with pytest.raises(IntegrityError, match="bytes, more than"):
        parse_document(padded + b" ", media_types.OCI_INDEX)


def test_a_document_may_be_as_deep_as_the_limit_and_no_deeper_res_12() -> None:
    levels = MAXIMUM_DEPTH - 1
    legal = b'{"schemaVersion": 2, "manifests": [], "x": ' + b"[" * levels + b"]" * levels + b"}"
    assert isinstance(parse_document(legal, media_types.OCI_INDEX), Index)
    with pytest.raises(IntegrityError, match="deeper than 64"):
        parse_document(legal.replace(b"[[", b"[[[").replace(b"]]", b"]]]"), media_types.OCI_INDEX)


def test_brackets_in_strings_are_not_depth() -> None:
    body = as_bytes(manifests=[], note='[{"\\' * 1000)
    assert isinstance(parse_document(body, media_types.OCI_INDEX), Index)


@pytest.mark.parametrize("bomb", [b"[" * MAXIMUM_PARTS, b'{"a":' * MAXIMUM_PARTS, b'{"a":' * 500 + b"1" + b"}" * 500])
def test_a_deep_bomb_is_refused_without_a_recursion_error_sec_26(bomb: bytes) -> None:
    with pytest.raises(IntegrityError, match="deeper than 64"):
        parse_document(bomb, media_types.OCI_INDEX)


def test_a_document_may_have_as_many_parts_as_the_limit_and_no_more_res_14_sec_30() -> None:
    legal = b'{"schemaVersion":2,"manifests":[],"a":[' + b"0," * (MAXIMUM_PARTS - 5) + b"0]}"
    assert isinstance(parse_document(legal, media_types.OCI_INDEX), Index)
    with pytest.raises(IntegrityError, match="150001 objects, arrays and values, more than 150000"):
        parse_document(legal.replace(b"[0,", b"[0,0,"), media_types.OCI_INDEX)


def test_a_full_index_with_platforms_and_annotations_stays_below_the_limit_sec_30() -> None:
    annotations = {"vnd.docker.reference.digest": "x", "vnd.docker.reference.type": "other"}
    entry = describe("linux/arm64/v8", annotations=annotations)
    assert len(read_index(*[entry] * 9_000).manifests) == 9_000


def test_the_parts_that_take_most_memory_stay_below_64_mib_sec_30() -> None:
    keys = b",".join(b'"%x":"%x"' % (number, number) for number in range(MAXIMUM_PARTS - 10))
    head, end = b'{"schemaVersion":2,"manifests":[],"a":{', b"}}"
    wide = '"\U0001f600'.encode()  # one such letter makes every other four bytes wide
    filler = b',"":' + wide + b"x" * (MAXIMUM_SIZE - len(head) - len(keys) - len(end) - 10) + b'"'
    document = head + keys + filler + end
    tracemalloc.start()
    try:
        assert isinstance(parse_document(document, media_types.OCI_INDEX), Index)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_an_index_may_have_ten_thousand_entries_and_no_more_res_12() -> None:
    entries = [describe()] * MAXIMUM_DESCRIPTORS
    assert len(read_index(*entries).manifests) == MAXIMUM_DESCRIPTORS
    with pytest.raises(IntegrityError, match="10001 entries"):
        read_index(*entries, describe())
