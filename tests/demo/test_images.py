from __future__ import annotations

import gzip
import io
import json
import tarfile

import pytest

from pinner.demo.images import Document, Image, Recipe, build_image
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Index, Manifest, parse_document, select
from pinner.oci.platform import Platform


def read_index(document: Document) -> Index:
    index = parse_document(document.content, document.media_type)
    assert isinstance(index, Index)
    return index


def open_layer(image: Image, document: Document) -> dict[str, bytes]:
    blobs = {str(Digest.of(blob)): blob for blob in image.blobs}
    layer = blobs[json.loads(document.content)["layers"][0]["digest"]]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        return {name: stream.read() for name, stream in files.items() if stream is not None}


def test_the_same_recipe_gives_the_same_digest_on_every_machine() -> None:
    expected = "sha256:8043152f9167408dd1ff0a6319e587c557adf6c337b4ee281ec0c82978efde69"
    assert str(build_image(Recipe(marker="nginx 1.27.0")).top.digest) == expected


@pytest.mark.parametrize("attestation", [False, True])
def test_another_marker_changes_the_index_and_every_child(attestation: bool) -> None:  # noqa: FBT001 - a parameter of the test
    one = build_image(Recipe(marker="one", attestation=attestation))
    two = build_image(Recipe(marker="two", attestation=attestation))
    assert one.top.digest != two.top.digest
    assert not {child.digest for child in one.children} & {child.digest for child in two.children}


def test_every_descriptor_points_at_bytes_of_the_image() -> None:
    image = build_image(Recipe(marker="one", attestation=True))
    stored = {child.digest: child.content for child in image.children}
    for entry in read_index(image.top).manifests:
        assert entry.size == len(stored[entry.digest])
    blobs = {str(Digest.of(blob)): blob for blob in image.blobs}
    for child in image.children:
        body = json.loads(child.content)
        for part in (body["config"], *body["layers"]):
            assert part["size"] == len(blobs[part["digest"]])


def test_a_layer_is_a_gzip_archive_that_holds_marker_and_platform() -> None:
    image = build_image(Recipe(marker="one"))
    assert open_layer(image, image.children[1]) == {"etc/marker": b"one linux/arm64\n"}


def test_a_configuration_names_the_platform_and_the_uncompressed_layer() -> None:
    image = build_image(Recipe(marker="one", platforms=("linux/arm/v7",), index=False))
    config, layer = image.blobs
    document = json.loads(config)
    assert (document["os"], document["architecture"], document["variant"]) == ("linux", "arm", "v7")
    assert document["rootfs"]["diff_ids"] == [str(Digest.of(gzip.decompress(layer)))]
    assert document["config"]["Labels"] == {"org.opencontainers.image.version": "one"}


def test_an_index_offers_its_platforms_and_not_its_attestations_RES_17() -> None:  # noqa: N802 - the id of the pitfall
    index = read_index(build_image(Recipe(marker="one", attestation=True)).top)
    assert [str(platform) for platform in index.platforms] == ["linux/amd64", "linux/arm64"]
    assert len(index.manifests) == 4
    assert len(index.images) == 2
    assert all(entry.platform and entry.platform.is_unknown for entry in index.manifests if entry.is_attestation)


def test_an_attestation_names_the_manifest_that_it_speaks_of() -> None:
    entries = json.loads(build_image(Recipe(marker="one", attestation=True)).top.content)["manifests"]
    subjects = [entry["annotations"]["vnd.docker.reference.digest"] for entry in entries[2:]]
    assert subjects == [entry["digest"] for entry in entries[:2]]


def test_a_plain_manifest_has_no_index_above_it() -> None:
    image = build_image(Recipe(marker="one", platforms=("linux/amd64",), index=False))
    assert image.children == ()
    assert isinstance(parse_document(image.top.content, image.top.media_type), Manifest)


def test_the_docker_variant_uses_no_oci_media_type() -> None:
    image = build_image(Recipe(marker="one", docker=True))
    assert image.top.media_type == media_types.DOCKER_LIST
    assert {child.media_type for child in image.children} == {media_types.DOCKER_MANIFEST}
    assert not any(b"vnd.oci" in document.content for document in (image.top, *image.children))
    child = select(read_index(image.top), Platform("linux", "arm64"))
    assert child.digest == image.children[1].digest


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"index": False}, "one platform"),
        ({"index": False, "platforms": ("linux/amd64",), "attestation": True}, "no attestation"),
        ({"docker": True, "attestation": True}, "OCI media types only"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(flags: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Recipe(marker="one", **flags)  # type: ignore[arg-type]  # the flags vary by row
