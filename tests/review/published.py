"""Small sides of a move, as the registry room would read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pinner.oci.configuration import parse_configuration
from pinner.oci.contents import ImageContents, IndexContents
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.media_types import OCI_MANIFEST
from pinner.oci.platform import Platform
from pinner.review.published import Published, publish_image, publish_index

AMD64 = "linux/amd64"
ARM64 = "linux/arm64"
BASE = ("rootfs", "ADD rootfs / # 1")


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An image in few words: `layers` are names with the commands that made them."""

    platform: str = AMD64
    layers: Sequence[tuple[str, str]] = (BASE, ("app 1", "COPY app /"))
    labels: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, object] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    packing: str = "gzip"
    created: str = "2026-01-01T00:00:00Z"
    is_artifact: bool = False

    def build(self) -> ImageContents:
        os, architecture, *_ = self.platform.split("/")
        names = [f"{name} {self.platform}" for name, _ in self.layers]
        config = json.dumps(
            {
                "os": os,
                "architecture": architecture,
                "created": self.created,
                "config": {"Labels": dict(self.labels), **self.run},
                "rootfs": {"diff_ids": [str(digest(name)) for name in names]},
                "history": [{"created_by": command} for _, command in self.layers],
            }
        )
        stored = [f"{name} {self.packing}" for name in names]
        return ImageContents(
            digest=digest(f"{config}{stored}{dict(self.annotations)}"),
            config=digest(config),
            layers=tuple(Descriptor(digest=digest(one), media_type="layer", size=len(one)) for one in stored),
            annotations=dict(self.annotations),
            configuration=None if self.is_artifact else parse_configuration(config.encode()),
        )


def single(made: Made) -> Published:
    return publish_image(made.build())


def index(
    *made: Made, attestations: str = "", others: str = "", annotations: Mapping[str, str] | None = None
) -> Published:
    """Return an index; attestations and others differ by the letters of these texts."""
    images = [one.build() for one in made]
    read = IndexContents(
        digest=digest(f"{[str(one.digest) for one in images]}{attestations}{others}{annotations}"),
        images=tuple(
            Descriptor(digest=one.digest, media_type=OCI_MANIFEST, platform=Platform.parse(made_of.platform))
            for one, made_of in zip(images, made, strict=True)
        ),
        attestations=tuple(Descriptor(digest=digest(letter), media_type=OCI_MANIFEST) for letter in attestations),
        others=tuple(Descriptor(digest=digest(letter), media_type="other") for letter in others),
        annotations=annotations or {},
    )
    return replace(publish_index(read), contents={one.digest: one for one in images})
