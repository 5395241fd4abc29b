"""Small real images, built in memory: the same arguments give the same digests on every machine.

Nothing here may read a clock, a file or a library whose output changes between versions (zlib does).
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform

PLATFORMS: Final = ("linux/amd64", "linux/arm64")
_CREATED: Final = "2024-01-01T00:00:00Z"
_VERSION_LABEL: Final = "org.opencontainers.image.version"
_OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
_DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_IN_TOTO: Final = "application/vnd.in-toto+json"
_PREDICATE: Final = "https://slsa.dev/provenance/v0.2"
# RFC 1952: no name, no time, operating system unknown.
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index as it is stored: its media type and its exact bytes."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> Digest:
        """The hash of the bytes."""
        return Digest.of(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an image is made of; `marker` is the text that makes two images differ.

    `index=False` makes the plain manifest of one platform, `docker` uses Docker's media types in place of OCI's, and
    `attestation` adds the `unknown/unknown` children that BuildKit pushes. Raise `ValueError` where these exclude each
    other.
    """

    marker: str
    platforms: tuple[str, ...] = PLATFORMS
    index: bool = True
    docker: bool = False
    attestation: bool = False

    def __post_init__(self) -> None:
        if not self.index and (len(self.platforms) != 1 or self.attestation):
            message = "a plain manifest has one platform and no attestation"
            raise ValueError(message)
        if self.docker and self.attestation:
            message = "BuildKit pushes attestations with OCI media types only"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Everything a push uploads: what the tag names, the documents below it, and the blobs."""

    top: Document
    children: tuple[Document, ...] = ()
    blobs: tuple[bytes, ...]


def build_image(recipe: Recipe) -> Image:
    """Build the documents and blobs of an image (image-spec, manifest.md and image-index.md)."""
    entries: list[Json] = []
    documents: list[Document] = []
    blobs: list[bytes] = []
    platforms = [Platform.parse(text) for text in recipe.platforms]
    for platform in platforms:
        document, parts = _build_manifest(recipe, platform)
        entries.append({**_describe(document.media_type, document.content), "platform": _platform_keys(platform)})
        documents.append(document)
        blobs += parts
    if not recipe.index:
        return Image(top=documents[0], blobs=tuple(blobs))
    if recipe.attestation:
        for subject in tuple(documents):
            document, parts = _build_attestation(recipe, subject)
            entries.append(_describe_attestation(document, subject))
            documents.append(document)
            blobs += parts
    media_type = media_types.DOCKER_LIST if recipe.docker else media_types.OCI_INDEX
    top = _write_document(media_type, {"manifests": entries})
    return Image(top=top, children=tuple(documents), blobs=tuple(blobs))


def _build_manifest(recipe: Recipe, platform: Platform) -> tuple[Document, tuple[bytes, bytes]]:
    archive = _write_archive("etc/marker", f"{recipe.marker} {platform}\n".encode())
    layer = _wrap_in_gzip(archive)
    config = _dump(
        {
            "created": _CREATED,
            **_platform_keys(platform),
            "config": {"Labels": {_VERSION_LABEL: recipe.marker}},
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(archive))]},
            "history": [{"created": _CREATED, "created_by": "COPY marker /etc/marker"}],
        }
    )
    media_type = media_types.DOCKER_MANIFEST if recipe.docker else media_types.OCI_MANIFEST
    body: Json = {
        "config": _describe(_DOCKER_CONFIG if recipe.docker else _OCI_CONFIG, config),
        "layers": [_describe(_DOCKER_LAYER if recipe.docker else _OCI_LAYER, layer)],
    }
    return _write_document(media_type, body), (config, layer)


def _build_attestation(recipe: Recipe, subject: Document) -> tuple[Document, tuple[bytes, bytes]]:
    statement = _dump(
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": _PREDICATE,
            "subject": [{"name": recipe.marker, "digest": {"sha256": subject.digest.encoded}}],
            "predicate": {},
        }
    )
    config = _dump(
        {
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(statement))]},
        }
    )
    layer = {**_describe(_IN_TOTO, statement), "annotations": {"in-toto.io/predicate-type": _PREDICATE}}
    body: Json = {"config": _describe(_OCI_CONFIG, config), "layers": [layer]}
    return _write_document(media_types.OCI_MANIFEST, body), (config, statement)


def _describe_attestation(document: Document, subject: Document) -> Json:
    return {
        **_describe(document.media_type, document.content),
        "platform": {"architecture": "unknown", "os": "unknown"},
        "annotations": {
            "vnd.docker.reference.digest": str(subject.digest),
            "vnd.docker.reference.type": "attestation-manifest",
        },
    }


def _describe(media_type: str, content: bytes) -> Json:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def _platform_keys(platform: Platform) -> Json:
    keys = {"architecture": platform.architecture, "os": platform.os}
    return {**keys, "variant": platform.variant} if platform.variant else keys


def _write_document(media_type: str, body: Json) -> Document:
    return Document(media_type, _dump({"schemaVersion": 2, "mediaType": media_type, **body}))


def _dump(document: Json) -> bytes:
    return json.dumps(document, indent=2).encode()


def _write_archive(path: str, content: bytes) -> bytes:
    """Return a tar archive of one file, owned by root and made in 1970."""
    member = tarfile.TarInfo(path)
    member.size = len(content)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _wrap_in_gzip(content: bytes) -> bytes:
    """Return a gzip stream of one stored block; compressed bytes would differ from zlib to zlib (RFC 1951, 3.2.4)."""
    length = len(content)
    block = struct.pack("<BHH", 1, length, length ^ 0xFFFF) + content
    return _GZIP_HEADER + block + struct.pack("<II", zlib.crc32(content), length)
