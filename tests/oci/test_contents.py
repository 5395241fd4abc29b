"""What digests name, with its parts: entries of indexes sorted by what they are, layers of manifests."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import IntegrityError, ResolutionError
from pinner.oci import media_types
from pinner.oci.contents import MAXIMUM_LAYERS, ImageContents, IndexContents, parse_image, parse_index
from pinner.oci.digest import Digest
from pinner.oci.labels import KNOWN_LABELS, REVISION
from tests.oci.documents import CONFIG, DIGEST, Json, as_bytes, describe

NAME = Digest.of(b"name")
_ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}
LAYER: Json = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": DIGEST, "size": 3}


def index(*entries: Json, **fields: object) -> IndexContents:
    found = parse_index(NAME, as_bytes(manifests=entries, **fields), media_types.OCI_INDEX)
    assert found is not None
    return found


def image(**fields: object) -> ImageContents:
    return parse_image(NAME, as_bytes(**{"config": CONFIG, "layers": [LAYER], **fields}))[0]


def test_entries_are_sorted_by_what_they_are() -> None:
    entries = {
        "image": describe("linux/amd64", "image"),
        "without platform": describe(None, "bare"),
        "attestation": describe("unknown/unknown", "attestation", annotations=_ATTESTATION),
        "unknown": describe("unknown/unknown", "unknown"),
        "artifact": describe(None, "artifact", artifactType="application/x"),
        "nested": describe(None, "nested", mediaType=media_types.OCI_INDEX),
        "other": describe(None, "other", mediaType="application/x"),
    }
    found = index(*entries.values())
    assert [one.digest for one in found.images] == [Digest.of(b"image"), Digest.of(b"bare")]
    assert [one.digest for one in found.indexes] == [Digest.of(b"nested")]
    assert [one.digest for one in found.others] == [Digest.of(b"other")]
    assert [one.digest for one in found.attestations] == [
        Digest.of(x) for x in (b"attestation", b"unknown", b"artifact")
    ]


def test_a_manifest_is_no_index() -> None:
    assert parse_index(NAME, as_bytes(config=CONFIG, layers=[]), media_types.OCI_MANIFEST) is None


@pytest.mark.parametrize("media_type", sorted(media_types.MANIFESTS))
def test_layers_are_read_and_their_sizes_added(media_type: str) -> None:
    content = as_bytes(mediaType=media_type, config=CONFIG, layers=[LAYER, LAYER])
    found, config = parse_image(NAME, content)
    assert (found.size, len(found.layers), config) == (6, 2, Digest.parse(DIGEST))


@pytest.mark.parametrize("size", [None, -1, "3", 2**80])
def test_a_size_that_is_none_makes_the_sum_unknown(size: object) -> None:
    assert image(layers=[LAYER, {**LAYER, "size": size}]).size is None


def test_an_artifact_has_no_configuration_to_read() -> None:
    helm = {**CONFIG, "mediaType": "application/vnd.cncf.helm.config.v1+json"}
    assert parse_image(NAME, as_bytes(config=helm, layers=[]))[1] is None


def test_of_annotations_those_that_are_known_are_kept() -> None:
    annotations = {**dict.fromkeys(KNOWN_LABELS, "x"), "other": "y", REVISION: "z" * 600}
    kept = {name: "x" for name in KNOWN_LABELS if name != REVISION}
    assert index(annotations=annotations).annotations == image(annotations=annotations).annotations == kept
    assert image(annotations=["x"]).annotations == image(annotations=None).annotations == {}


@pytest.mark.parametrize("layers", [None, {}, [1], [{"digest": "x"}], [LAYER] * (MAXIMUM_LAYERS + 1)])
def test_layers_that_are_none_are_refused(layers: object) -> None:  # RES-12
    with pytest.raises(IntegrityError):
        image(layers=layers)


def test_layers_that_can_be_read_in_two_ways_are_refused_sec_13() -> None:
    with pytest.raises(IntegrityError, match="small letters"):
        image(Layers=[])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(LAYER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["manifests", "layers", "config", "annotations", "Layers", "mediaType"])


@given(st.dictionaries(_KEYS, _JSON), st.sampled_from(sorted(media_types.PINNABLE)))
def test_any_document_is_read_or_refused(document: dict[str, object], media_type: str) -> None:
    content = json.dumps({"schemaVersion": 2, **document}).encode()
    with suppress(ResolutionError):
        if parse_index(NAME, content, media_type) is None:
            assert parse_image(NAME, content)[0].digest == NAME
