"""Small documents for the tests of manifests and indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Index, parse_document

Json = Mapping[str, object]
DIGEST = str(Digest.of(b"config"))
CONFIG: Json = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 6}


def as_bytes(**fields: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


def describe(platform: str | None = "linux/amd64", content: str = "", **fields: object) -> Json:
    entry: dict[str, object] = {
        "mediaType": media_types.OCI_MANIFEST,
        "digest": str(Digest.of((content or str(platform)).encode())),
        "size": 1,
    }
    if platform is not None:
        os, architecture, *variant = platform.split("/")
        entry["platform"] = {"os": os, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
    return entry | fields


def read_index(*entries: Json) -> Index:
    document = parse_document(as_bytes(manifests=entries), media_types.OCI_INDEX)
    assert isinstance(document, Index)
    return document
