"""Images of every kind that registries serve, and a push into registries that need no login."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from pinner.demo.images import Document, Image, Recipe, build_image
from pinner.oci.digest import Digest

_BLOB: Final = "application/octet-stream"
_ONE: Final = ("linux/amd64",)


def _respelled(image: Image, *, indent: int | None) -> Image:
    """Return the image with a top document of the same meaning and other bytes."""
    document = json.loads(image.top.content)
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, indent=indent, separators=separators)
    return replace(image, top=Document(image.top.media_type, text.encode()))


KINDS: Final[Mapping[str, Image]] = MappingProxyType(
    {
        "oci-index": build_image(Recipe(marker="oci-index")),
        "docker-list": build_image(Recipe(marker="docker-list", docker=True)),
        "oci-manifest": build_image(Recipe(marker="oci-manifest", index=False, platforms=_ONE)),
        "docker-manifest": build_image(Recipe(marker="docker-manifest", index=False, platforms=_ONE, docker=True)),
        "pretty-index": _respelled(build_image(Recipe(marker="pretty")), indent=7),
        "compact-index": _respelled(build_image(Recipe(marker="compact")), indent=None),
        "attested-index": build_image(Recipe(marker="attested", attestation=True)),
        "one-child-index": build_image(Recipe(marker="one-child", platforms=_ONE)),
    }
)


def tiny_image(marker: str) -> Image:
    """Return the smallest image there can be; `marker` makes its digest differ from others."""
    return build_image(Recipe(marker=marker, index=False, platforms=_ONE))


def annotated(image: Image, marker: str) -> Image:
    """Return an index over the same children with a digest of its own: fifty of them cost fifty requests."""
    document = {**json.loads(image.top.content), "annotations": {"marker": marker}}
    return replace(image, top=Document(image.top.media_type, json.dumps(document).encode()))


def push(url: str, repository: str, images: Mapping[str, Image]) -> dict[str, Digest]:
    """Push images by tag into one repository; return what each tag means now (distribution-spec, push)."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        for blob in dict.fromkeys(blob for image in images.values() for blob in image.blobs):
            _push_blob(connection, repository, blob)
        for child in dict.fromkeys(child for image in images.values() for child in image.children):
            _push_document(connection, repository, str(child.digest), child)
        for tag, image in images.items():
            _push_document(connection, repository, tag, image.top)
    return {tag: image.top.digest for tag, image in images.items()}


def push_tiny(url: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Digest]:
    """Push a tiny image of its own under every repository and tag."""
    by_repository: dict[str, dict[str, Image]] = {}
    for repository, tag in names:
        by_repository.setdefault(repository, {})[tag] = tiny_image(f"{repository}:{tag}")
    return {
        (repository, tag): digest
        for repository, images in by_repository.items()
        for tag, digest in push(url, repository, images).items()
    }


def _push_blob(connection: http.client.HTTPConnection, repository: str, blob: bytes) -> None:
    location = _send(connection, "POST", f"/v2/{repository}/blobs/uploads/", b"", _BLOB, expected=202)
    parts = urlsplit(location)
    query = f"{parts.query}&digest={Digest.of(blob)}" if parts.query else f"digest={Digest.of(blob)}"
    _send(connection, "PUT", f"{parts.path}?{query}", blob, _BLOB, expected=201)


def _push_document(connection: http.client.HTTPConnection, repository: str, name: str, document: Document) -> None:
    target = f"/v2/{repository}/manifests/{name}"
    _send(connection, "PUT", target, document.content, document.media_type, expected=201)


def _send(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes, media_type: str, *, expected: int
) -> str:
    """Send one request and return the `Location` of its answer."""
    connection.request(method, target, body, {"Content-Type": media_type, "User-Agent": "lab"})
    response = connection.getresponse()
    said = response.read()
    assert response.status == expected, (method, target, response.status, said)
    return response.headers.get("Location", "")
