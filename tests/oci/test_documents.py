"""Manifests and indexes: legal ones are read, and what can be read in two ways is refused (RES-12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import IntegrityError, NotFoundError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import (
    Descriptor,
    Index,
    Manifest,
    parse_document,
    select,
)
from pinner.oci.platform import Platform
from tests.oci.documents import CONFIG, DIGEST, Json, as_bytes, describe, read_index

# --- what is legal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", sorted(media_types.MANIFESTS))
def test_a_manifest_names_its_configuration(media_type: str) -> None:
    document = parse_document(as_bytes(mediaType=media_type, config=CONFIG, layers=[]), media_type)
    config = Descriptor(digest=Digest.parse(DIGEST), media_type="application/vnd.oci.image.config.v1+json", size=6)
    assert document == Manifest(media_type=media_type, config=config)


@pytest.mark.parametrize("media_type", sorted(media_types.INDEXES))
def test_an_index_lists_its_manifests_in_order(media_type: str) -> None:
    entries = [describe("linux/arm64"), describe("linux/amd64")]
    document = parse_document(as_bytes(mediaType=media_type, manifests=entries), f"{media_type}; charset=utf-8")
    assert isinstance(document, Index)
    assert document.media_type == media_type
    assert [str(entry.platform) for entry in document.manifests] == ["linux/arm64", "linux/amd64"]
    assert [str(platform) for platform in document.platforms] == ["linux/amd64", "linux/arm64"]


def test_a_missing_media_type_is_legal_where_the_registry_says_it_res_12() -> None:
    document = parse_document(as_bytes(config=CONFIG, layers=[]), media_types.OCI_MANIFEST)
    assert document.media_type == media_types.OCI_MANIFEST


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", "application/octet-stream"])
def test_a_registry_that_does_not_know_the_type_is_overruled_by_the_document(content_type: str) -> None:
    document = parse_document(as_bytes(mediaType=media_types.OCI_INDEX, manifests=[]), content_type)
    assert document == Index(media_type=media_types.OCI_INDEX, manifests=())


def test_unknown_fields_and_annotations_do_not_disturb() -> None:
    body = as_bytes(
        config=CONFIG, layers=[], annotations={"a": "1", "A": "2"}, subject={"size": 1}, future=[{"x": None}]
    )
    assert isinstance(parse_document(body, media_types.OCI_MANIFEST), Manifest)


@pytest.mark.parametrize("size", [None, "6", 6.5, True])
def test_a_size_that_is_no_number_is_unknown(size: object) -> None:
    document = parse_document(as_bytes(config={**CONFIG, "size": size}), media_types.OCI_MANIFEST)
    assert isinstance(document, Manifest)
    assert document.config.size is None


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(media_types.DOCKER_SCHEMA1, b'{"schemaVersion": 1}', id="both say so"),
        pytest.param(media_types.DOCKER_SCHEMA1_SIGNED, b'{"schemaVersion": 1}', id="signed"),
        pytest.param("application/json", b'{"schemaVersion": 1}', id="the document says so"),
        pytest.param(media_types.DOCKER_SCHEMA1, b'{"schemaVersion": 2}', id="the registry says so"),
    ],
)
def test_schema_1_is_refused_with_the_way_out_res_15(content_type: str, body: bytes) -> None:
    with pytest.raises(UnsupportedError, match="has no stable digest") as caught:
        parse_document(body, content_type)
    assert caught.value.hint == "push the image again with a current client"


@pytest.mark.parametrize("version", [None, 0, 3, "2", [2], "x" * 100_000])
def test_another_schema_version_is_not_understood(version: object) -> None:
    with pytest.raises(UnsupportedError, match=r"schemaVersion is .*, not 2") as caught:
        parse_document(as_bytes(schemaVersion=version), media_types.OCI_INDEX)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "declared", [media_types.OCI_MANIFEST, media_types.DOCKER_LIST, "text/html", 7, {}, "x" * 100_000]
)
def test_a_document_and_a_registry_that_disagree_are_refused_res_12(declared: object) -> None:
    with pytest.raises(IntegrityError, match="the document calls itself") as caught:
        parse_document(as_bytes(mediaType=declared, manifests=[]), media_types.OCI_INDEX)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"manifests": [], "layers": []}, id="layers"),
        pytest.param({"manifests": [], "config": CONFIG}, id="config"),
        pytest.param({"manifests": [], "config": CONFIG, "layers": []}, id="both"),
        pytest.param({"manifests": None, "layers": None}, id="even empty"),
        pytest.param({"manifests": [], "Layers": []}, id="as Go reads keys"),
    ],
)
@pytest.mark.parametrize("media_type", [media_types.OCI_INDEX, media_types.OCI_MANIFEST])
def test_a_document_that_is_manifest_and_index_is_refused_sec_13(fields: Json, media_type: str) -> None:
    with pytest.raises(IntegrityError, match="a manifest and an index at once"):
        parse_document(as_bytes(**fields), media_type)


@pytest.mark.parametrize("declared", [None, "application/vnd.oci.artifact.manifest.v1+json", 7])
def test_what_is_no_image_is_not_understood(declared: object) -> None:
    with pytest.raises(UnsupportedError, match="is not an image"):
        parse_document(as_bytes(mediaType=declared), "text/html")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="string"),
        pytest.param(b'{"schemaVersion": 2', id="cut off"),
        pytest.param(b'{"schemaVersion": 2}{}', id="two documents"),
        pytest.param(b'{"schemaVersion": 2, "schemaVersion": 2}', id="a key twice"),
        pytest.param(b'{"schemaVersion": 2, "a": {"b": [{"c": 1, "\\u0063": 2}]}}', id="a key twice, hidden"),
        pytest.param(b'{"schemaVersion": 2, "a": NaN}', id="NaN"),
        pytest.param(b'{"schemaVersion": 2, "a": -Infinity}', id="Infinity"),
        pytest.param(b'{"schemaVersion": ' + b"2" * 4301 + b"}", id="SEC-26 a long number"),
        pytest.param(b'{"schemaVersion": 2, "a": "\xff"}', id="not UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"schemaVersion": 2}', id="byte order mark"),
        pytest.param('{"schemaVersion": 2, "manifests": []}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"schemaVersion": 2, "manifests": []}'.encode("utf-32-le"), id="UTF-32"),
    ],
)
def test_what_is_not_exactly_one_json_object_is_refused_res_12(body: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"is not (JSON|a JSON object)"):
        parse_document(body, media_types.OCI_INDEX)


@pytest.mark.parametrize("manifests", [None, {}, "x", 1])
def test_an_index_without_a_list_is_refused(manifests: object) -> None:
    with pytest.raises(IntegrityError, match="no list of manifests"):
        parse_document(as_bytes(manifests=manifests), media_types.OCI_INDEX)


def test_an_entry_that_is_no_descriptor_is_named() -> None:
    with pytest.raises(IntegrityError, match=r"manifests\[1\] is not a descriptor"):
        parse_document(as_bytes(manifests=[describe(), 7]), media_types.OCI_INDEX)


@pytest.mark.parametrize("digest", [None, "sha256:00", "md5:" + "f" * 32, 7, "x" * 100_000])
def test_a_descriptor_without_a_digest_is_named(digest: object) -> None:
    with pytest.raises(IntegrityError, match=r"manifests\[0\]\.digest: ") as caught:
        read_index(describe(digest=digest))
    assert len(caught.value.message) < 300


def test_a_manifest_without_a_configuration_is_refused() -> None:
    with pytest.raises(IntegrityError, match="config is not a descriptor"):
        parse_document(as_bytes(layers=[]), media_types.OCI_MANIFEST)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    ["schemaVersion", "mediaType", "manifests", "config", "layers", "digest", "platform", "annotations"]
)
_CONTENT_TYPES = st.sampled_from(["", "text/html", *sorted(media_types.PINNABLE | media_types.SCHEMA1)])


@given(st.binary(max_size=200), _CONTENT_TYPES)
def test_any_bytes_are_a_document_or_an_error_of_pinner(body: bytes, content_type: str) -> None:
    with pytest.raises(ResolutionError):
        parse_document(body, content_type)


@given(st.dictionaries(_FIELDS, _JSON), _CONTENT_TYPES)
def test_any_json_is_a_document_or_an_error_of_pinner(fields: dict[str, object], content_type: str) -> None:
    try:
        document = parse_document(as_bytes(**fields), content_type)
    except ResolutionError:
        return
    assert document.media_type in media_types.PINNABLE


@given(
    st.lists(st.dictionaries(_FIELDS, _JSON) | _JSON.map(lambda value: {**describe(), "platform": value}), max_size=3)
)
def test_any_entries_are_an_index_or_an_error_of_pinner(entries: list[object]) -> None:
    try:
        document = parse_document(as_bytes(manifests=entries), media_types.OCI_INDEX)
    except IntegrityError:
        return
    assert isinstance(document, Index)
    assert all(str(platform).isprintable() for platform in document.platforms)


# --- choosing a platform ------------------------------------------------------------------------------------------


def _selected(platform: str, *offered: str) -> str:
    index = read_index(*(describe(one, content=f"{number} {one}") for number, one in enumerate(offered)))
    return str(select(index, Platform.parse(platform)).platform)


@pytest.mark.parametrize(
    ("asked", "offered", "chosen"),
    [
        pytest.param("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64", id="the only one"),
        pytest.param("linux/arm64", ["linux/amd64", "linux/arm64/v8"], "linux/arm64/v8", id="arm64 is v8"),
        pytest.param("linux/arm64/v8", ["linux/amd64", "linux/arm64"], "linux/arm64", id="v8 is arm64"),
        pytest.param("linux/arm", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7", id="arm is v7"),
        pytest.param("linux/arm/v7", ["linux/arm/v6", "linux/arm"], "linux/arm", id="v7 is arm"),
        pytest.param("linux/arm/v6", ["linux/arm/v7", "linux/arm/v6"], "linux/arm/v6", id="the exact variant"),
        pytest.param("linux/arm", ["linux/arm/v6", "linux/arm/v5"], "linux/arm/v6", id="no variant asked: the first"),
        pytest.param("linux/amd64", ["linux/amd64/v3", "linux/amd64"], "linux/amd64", id="the plain one goes first"),
        pytest.param("linux/amd64/v1", ["linux/amd64/v3", "linux/amd64"], "linux/amd64", id="v1 is amd64"),
        pytest.param("linux/x86_64", ["linux/amd64"], "linux/amd64", id="as uname says"),
        pytest.param("linux/arm64", ["linux/aarch64"], "linux/aarch64", id="as an odd builder says"),
        pytest.param("windows/amd64", ["linux/amd64", "windows/amd64"], "windows/amd64", id="the operating system"),
    ],
)
def test_the_manifest_of_a_platform_is_chosen_res_17(asked: str, offered: list[str], chosen: str) -> None:
    assert _selected(asked, *offered) == chosen


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        pytest.param("linux/s390x", ["linux/amd64"], id="another machine"),
        pytest.param("linux/arm/v6", ["linux/arm/v5"], id="another variant"),
        pytest.param("linux/arm/v7", ["linux/arm/v6"], id="a variant that was asked for"),
        pytest.param("linux/arm64/v8", ["linux/arm64/v9"], id="a variant that the machine lacks"),
    ],
)
def test_no_match_lists_what_is_on_offer_res_17(asked: str, offered: list[str]) -> None:
    with pytest.raises(NotFoundError, match=f"no manifest for {asked}") as caught:
        _selected(asked, *offered)
    assert caught.value.hint == f"platforms on offer: {', '.join(offered)}"


def test_an_empty_index_offers_nothing() -> None:
    with pytest.raises(NotFoundError) as caught:
        _selected("linux/amd64")
    assert caught.value.hint == "platforms on offer: none"


def test_of_two_equal_entries_the_first_is_chosen_res_17() -> None:
    index = read_index(describe("linux/amd64", content="one"), describe("linux/amd64", content="two"))
    assert select(index, Platform("linux", "amd64")).digest == Digest.of(b"one")
    assert index.platforms == (Platform("linux", "amd64"),)


@pytest.mark.parametrize(
    "child",
    [
        pytest.param(describe("unknown/unknown"), id="unknown platform"),
        pytest.param(describe("linux/unknown"), id="unknown machine"),
        pytest.param(describe(annotations={"vnd.docker.reference.type": "attestation-manifest"}), id="attestation"),
        pytest.param(describe(artifactType="application/vnd.example.sbom"), id="artifact"),
        pytest.param(describe(mediaType="application/vnd.oci.image.layer.v1.tar"), id="no manifest"),
        pytest.param(describe(None), id="no platform"),
        pytest.param({**describe(), "platform": {"os": "linux"}}, id="half a platform"),
        pytest.param(
            {**describe(), "platform": {"os": "li\x1b[2Jnux", "architecture": "amd64"}}, id="SEC-15 control characters"
        ),
        pytest.param({**describe(), "platform": "linux/amd64"}, id="a platform as text"),
    ],
)
def test_a_child_that_cannot_run_is_neither_chosen_nor_offered_res_17(child: Json) -> None:
    index = read_index(child, describe("linux/arm64"))
    assert len(index.manifests) == 2
    assert index.platforms == (Platform("linux", "arm64"),)
    with pytest.raises(NotFoundError):
        select(index, Platform("linux", "amd64"))


def test_other_annotations_do_not_hide_an_image() -> None:
    index = read_index(
        describe(annotations={"vnd.docker.reference.type": "other", "x": "y"}), describe("linux/arm64", annotations=[])
    )
    assert [str(platform) for platform in index.platforms] == ["linux/amd64", "linux/arm64"]
