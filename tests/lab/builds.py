"""Complete images as a builder pushes them: gzip layers, history, labels, and BuildKit's attestations."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pinner.demo.images import Document, Image
from pinner.oci import media_types
from pinner.oci.digest import Digest

Json = Mapping[str, object]
AMD64: Final = "linux/amd64"
ARM64: Final = "linux/arm64"
_OCI: Final = ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
_DOCKER: Final = (
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One command of a Dockerfile and the file that it leaves."""

    command: str
    path: str
    content: str

    def archive(self) -> bytes:
        member = tarfile.TarInfo(self.path)
        member.size = len(self.content)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.addfile(member, io.BytesIO(self.content.encode()))
        return buffer.getvalue()


BASE: Final = Layer("/bin/sh -c #(nop) ADD file:1111 in / ", "etc/os-release", "VERSION=12.1\n")
TOOLS: Final = Layer("RUN apt-get install -y tini", "usr/bin/tini", "tini\n")
APP: Final = Layer("COPY app /usr/bin/app", "usr/bin/app", "app 1\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one run of a builder makes for one platform."""

    platform: str = AMD64
    layers: Sequence[Layer] = (BASE, TOOLS, APP)
    labels: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, object] = field(
        default_factory=lambda: {"Entrypoint": ["/usr/bin/tini", "app"], "User": "1000"}
    )
    annotations: Mapping[str, str] = field(default_factory=dict)
    created: str = "2026-11-01T10:00:00Z"
    level: int = 6
    is_docker: bool = False

    def manifest(self) -> tuple[Document, tuple[bytes, ...]]:
        config_type, layer_type = _DOCKER if self.is_docker else _OCI
        os, architecture = self.platform.split("/")
        archives = [layer.archive() for layer in self.layers]
        stored = [gzip.compress(one, self.level, mtime=0) for one in archives]
        history: list[Json] = [
            *({"created": self.created, "created_by": layer.command} for layer in self.layers),
            {"created": self.created, "created_by": "ENTRYPOINT", "empty_layer": True},
        ]
        config = _dump(
            {
                "architecture": architecture,
                "os": os,
                "created": self.created,
                "config": {**self.config, "Labels": dict(self.labels)},
                "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(one)) for one in archives]},
                "history": history,
            }
        )
        media_type = media_types.DOCKER_MANIFEST if self.is_docker else media_types.OCI_MANIFEST
        document = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": _describe(config_type, config),
            "layers": [_describe(layer_type, one) for one in stored],
            **({"annotations": dict(self.annotations)} if self.annotations else {}),
        }
        return Document(media_type, _dump(document)), (config, *stored)


def single(build: Build) -> Image:
    """Return one platform's image without an index."""
    document, blobs = build.manifest()
    return Image(top=document, blobs=blobs)


def index(
    *builds: Build, provenance: str = "", annotations: Mapping[str, str] | None = None, is_docker: bool = False
) -> Image:
    """Return an index; with a text of `provenance`, each image has an attestation that holds it."""
    entries: list[Json] = []
    documents: list[Document] = []
    blobs: list[bytes] = []
    for build in builds:
        document, parts = build.manifest()
        os, architecture = build.platform.split("/")
        described = _describe(document.media_type, document.content)
        entries.append({**described, "platform": {"architecture": architecture, "os": os}})
        documents.append(document)
        blobs += parts
    for subject in tuple(documents) if provenance else ():
        document, parts = _attest(subject, provenance)
        documents.append(document)
        blobs += parts
        entries.append(
            {
                **_describe(document.media_type, document.content),
                "annotations": {
                    "vnd.docker.reference.digest": str(subject.digest),
                    "vnd.docker.reference.type": "attestation-manifest",
                },
                "platform": {"architecture": "unknown", "os": "unknown"},
            }
        )
    media_type = media_types.DOCKER_LIST if is_docker else media_types.OCI_INDEX
    top = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": entries,
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return Image(top=Document(media_type, _dump(top)), children=tuple(documents), blobs=tuple(blobs))


def _attest(subject: Document, provenance: str) -> tuple[Document, tuple[bytes, ...]]:
    statement = _dump(
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{"name": "app", "digest": {"sha256": subject.digest.encoded}}],
            "predicate": {"metadata": {"buildInvocationID": provenance}},
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
    layer = {
        **_describe("application/vnd.in-toto+json", statement),
        "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"},
    }
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": _describe(_OCI[0], config),
        "layers": [layer],
    }
    return Document(media_types.OCI_MANIFEST, _dump(document)), (config, statement)


def _describe(media_type: str, content: bytes) -> Json:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def _dump(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
