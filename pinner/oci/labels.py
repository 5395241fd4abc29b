"""What builders say of an image: the names that image-spec gives to it, in labels and annotations (annotations.md)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pinner.oci.words import LONGEST_TEXT

SOURCE: Final = "org.opencontainers.image.source"
REVISION: Final = "org.opencontainers.image.revision"
VERSION: Final = "org.opencontainers.image.version"
CREATED: Final = "org.opencontainers.image.created"
BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"
KNOWN_LABELS: Final = (SOURCE, REVISION, VERSION, CREATED, BASE_NAME, BASE_DIGEST)


def read_labels(value: object) -> Mapping[str, str]:
    """Return the labels that pinner knows, as they are; a longer one than may be shown says nothing, nor does ''."""
    given = value if isinstance(value, dict) else {}
    return MappingProxyType({name: given[name] for name in KNOWN_LABELS if _is_label(given.get(name))})


def _is_label(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT
