"""Small builders for the tests of the cache."""

from __future__ import annotations

import json

from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import How, Resolved

NGINX = "docker.io/library/nginx:1.27"
ONE, TWO = Digest.of(b"one"), Digest.of(b"two")
BOTH = (Platform("linux", "amd64"), Platform("linux", "arm", "v7"))
NOW = 1_700_000_000.0


def written(**fields: object) -> dict[str, object]:
    """One entry as it stands in the file."""
    entry: dict[str, object] = {
        "digest": str(ONE),
        "media_type": media_types.OCI_INDEX,
        "size": 857,
        "platforms": ["linux/amd64", "linux/arm/v7"],
        "at": NOW,
    }
    return entry | fields


def file_of(**answers: object) -> bytes:
    return json.dumps({"schema": "pinner/answers/1", "answers": answers}).encode()


def answer(
    text: str = "nginx:1.27",
    digest: Digest = ONE,
    *,
    how: How = "get",
    mirror: str | None = None,
    is_public: bool = True,
    platforms: tuple[Platform, ...] = BOTH,
) -> Resolved:
    return Resolved(
        reference=Reference.parse(text),
        descriptor=Descriptor(digest=digest, media_type=media_types.OCI_INDEX, size=857),
        how=how,
        platforms=platforms if how == "get" else None,
        mirror=mirror,
        is_public=is_public,
    )
