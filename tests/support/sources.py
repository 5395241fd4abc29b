"""Sources as people write them, scanned by the real formats."""

from __future__ import annotations

from pinner.commands.scanning import scan_source
from pinner.formats.base import ScannedFile
from pinner.lock.model import Pin
from pinner.oci import media_types
from pinner.text import Source
from tests.support.resolvers import PLATFORMS, digest_of


def compose_text(*images: str) -> str:
    return "services:\n" + "".join(f"  s{number}:\n    image: {one}\n" for number, one in enumerate(images))


def compose(*images: str, path: str = "compose.yaml") -> ScannedFile:
    """Return a Compose file with a service an image; the first one stands at 3:12, the next at 5:12."""
    return scan(path, compose_text(*images))


def scan(path: str, text: str) -> ScannedFile:
    return scan_source(Source(path, text))


def pin(key: str, content: str | None = None) -> Pin:
    """Return an entry for an index whose digest is the hash of `content`, by default of the key."""
    return Pin(key=key, digest=digest_of(content or key), media_type=media_types.OCI_INDEX, platforms=PLATFORMS)
