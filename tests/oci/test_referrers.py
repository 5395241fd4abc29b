"""Referrers as documents, and the tag that stands in for them (RES-26; distribution-spec, "Referrers Tag Schema")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import IntegrityError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS
from pinner.oci.reference import is_tag
from pinner.oci.referrers import Referrer, fallback_tag, parse_referrers, subject_of
from tests.oci.documents import CONFIG, as_bytes, describe

SBOM = "application/spdx+json"


@pytest.mark.parametrize(
    ("digest", "tag"),
    [
        pytest.param("sha256:" + "a" * 64, "sha256-" + "a" * 64, id="the first row of the specification"),
        pytest.param("sha512:" + "a" * 128, "sha512-" + "a" * 64, id="the second row"),
        pytest.param(
            "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:"
            "alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerciseEncodedTruncation",
            "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot",
            id="the third row",
        ),
    ],
)
def test_the_tag_of_a_digest_res_26(digest: str, tag: str) -> None:
    assert fallback_tag(digest) == tag
    assert is_tag(tag)


@given(st.sampled_from(["sha256", "sha512"]), st.binary())
def test_every_digest_has_a_legal_tag_res_26(algorithm: str, content: bytes) -> None:
    assert is_tag(fallback_tag(str(Digest.of(content, algorithm))))


def test_a_page_gives_what_refers_in_its_order() -> None:
    entries = [
        describe(
            None,
            "one",
            artifactType=SBOM,
            annotations={
                "org.opencontainers.image.title": "app.spdx.json",
                "org.opencontainers.image.created": "2026-11-21T09:00:00Z",
                "other": "x",
            },
        ),
        describe("linux/amd64", "two", annotations=None),
    ]
    one, two = parse_referrers(as_bytes(manifests=entries), media_types.OCI_INDEX)
    assert (one.digest, one.media_type, one.size, one.artifact_type) == (
        *(Digest.of(b"one"), media_types.OCI_MANIFEST, 1, SBOM),
    )
    assert sorted(one.annotations.values()) == ["2026-11-21T09:00:00Z", "app.spdx.json"]
    assert two == Referrer(digest=Digest.of(b"two"), media_type=media_types.OCI_MANIFEST, size=1)


@pytest.mark.parametrize("odd", [7, None, [], "", {"a": 1}])
def test_what_is_no_text_is_left_out(odd: object) -> None:
    entry = describe(None, "one", artifactType=odd, annotations={"org.opencontainers.image.title": odd})
    (one,) = parse_referrers(as_bytes(manifests=[entry]), media_types.OCI_INDEX)
    assert (one.artifact_type, one.annotations) == (None, {})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(as_bytes(config=CONFIG, layers=[]), IntegrityError, id="a manifest called an index"),
        pytest.param(as_bytes(manifests=[], layers=[]), IntegrityError, id="RES-12 both at once"),
        pytest.param(as_bytes(manifests={}), IntegrityError, id="no list"),
        pytest.param(as_bytes(manifests=[{"digest": "sha256:00"}]), IntegrityError, id="SEC-12 no digest"),
        pytest.param(as_bytes(manifests=[0] * MAXIMUM_PARTS), IntegrityError, id="SEC-30 many parts"),
        pytest.param(b'{"schemaVersion": 1}', UnsupportedError, id="RES-15"),
        pytest.param(b"<html>", IntegrityError, id="no JSON"),
    ],
)
def test_what_is_no_index_is_refused(content: bytes, kind: type[ResolutionError]) -> None:
    with pytest.raises(kind):
        parse_referrers(content, media_types.OCI_INDEX)


def test_a_manifest_is_no_page_of_referrers() -> None:
    with pytest.raises(IntegrityError, match="no index"):
        parse_referrers(as_bytes(config=CONFIG, layers=[]), media_types.OCI_MANIFEST)


def test_a_manifest_names_its_subject_res_26() -> None:
    subject = Digest.of(b"app", "sha512")
    assert subject_of(as_bytes(config=CONFIG, subject={"digest": str(subject)})) == subject


@pytest.mark.parametrize("subject", [None, "sha256:" + "a" * 64, [], {}, {"digest": None}, {"digest": "sha256:00"}])
def test_a_manifest_without_a_subject_names_none(subject: object) -> None:
    assert subject_of(as_bytes(subject=subject)) is None
