"""What a digest names, with its parts: an index and its entries, or a manifest and its layers.

`documents` reads what a pin needs; here is what a reviewer asks for, from the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final

from pinner.errors import IntegrityError
from pinner.frozen import dataclass
from pinner.oci import media_types
from pinner.oci.bounded_json import fold_keys, read_object
from pinner.oci.configuration import CONFIGURATION_TYPES, Configuration
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS, MAXIMUM_SIZE, Descriptor, Index, parse_document, read_descriptor
from pinner.oci.labels import read_labels

MAXIMUM_LAYERS: Final = 1000
_LARGEST: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexContents:
    """An index: `images` can be run, `indexes` are to be followed, `attestations` and `others` are neither.

    An image may be listed without a platform. `annotations` are those of `labels.KNOWN_LABELS`.
    """

    digest: Digest
    images: tuple[Descriptor, ...] = ()
    indexes: tuple[Descriptor, ...] = ()
    attestations: tuple[Descriptor, ...] = ()
    others: tuple[Descriptor, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContents:
    """An image: layers as they are stored, and the configuration, None for an artifact that only looks like one."""

    digest: Digest
    config: Digest
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    configuration: Configuration | None = None

    @property
    def size(self) -> int | None:
        """The layers together in bytes, None where the size of one is not known."""
        sizes = [one.size for one in self.layers]
        known = [one for one in sizes if one is not None and 0 <= one <= _LARGEST]
        return sum(known) if len(known) == len(sizes) else None


Contents = IndexContents | ImageContents


def parse_index(digest: Digest, content: bytes, content_type: str) -> IndexContents | None:
    """Read an index from its exact bytes, or return None for a manifest; raise like `parse_document`."""
    index = parse_document(content, content_type)
    if not isinstance(index, Index):
        return None
    rest = [one for one in index.manifests if not _is_attestation(one)]
    return IndexContents(
        digest=digest,
        images=tuple(one for one in rest if one.media_type in media_types.MANIFESTS),
        indexes=tuple(one for one in rest if one.media_type in media_types.INDEXES),
        attestations=tuple(filter(_is_attestation, index.manifests)),
        others=tuple(one for one in rest if one.media_type not in media_types.PINNABLE),
        annotations=read_labels(_read(content).get("annotations")),
    )


def parse_image(digest: Digest, content: bytes) -> tuple[ImageContents, Digest | None]:
    """Read a manifest that `parse_index` took for none, and return where its configuration is, None for an artifact.

    Raise `IntegrityError` for layers that are none.
    """
    document = _read(content)
    layers = document.get("layers")
    if not isinstance(layers, list) or len(layers) > MAXIMUM_LAYERS:
        message = f"the manifest has no list of layers, or more than {MAXIMUM_LAYERS}"
        raise IntegrityError(message)
    config = read_descriptor(document.get("config"), "config")
    image = ImageContents(
        digest=digest,
        config=config.digest,
        layers=tuple(read_descriptor(layer, f"layers[{number}]") for number, layer in enumerate(layers)),
        annotations=read_labels(document.get("annotations")),
    )
    return image, config.digest if config.media_type in CONFIGURATION_TYPES else None


def _is_attestation(entry: Descriptor) -> bool:
    return entry.is_attestation or (entry.platform is not None and entry.platform.is_unknown)


def _read(content: bytes) -> Mapping[str, object]:
    return fold_keys(read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=MAXIMUM_PARTS))
