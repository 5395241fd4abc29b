"""Manifests of one endpoint: what a HEAD may be believed, when a GET must follow, whose word about a digest counts.

The digest of a GET is the hash of the bytes that came; a header is only ever believed where there is no body, and
never over one (RES-09, RES-10). The table of RES-30 is `ManifestReader.head`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pinner.errors import IntegrityError, InvalidDigestError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.bounded_json import read_object
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS, Descriptor, Index, Manifest, parse_document
from pinner.oci.platform import Platform, is_platform_part
from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import BLOB_SIZE, Endpoint
from pinner.registry.exchange import Answer
from pinner.registry.failures import prefixed
from pinner.registry.refusals import refused_status
from pinner.resolution import How

_OK: Final = 200
_NO_HEAD: Final = frozenset({405, 501})
_ASK_AGAIN: Final = frozenset({400, 403, 406, 415})
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an endpoint has under a tag or digest; `document` is None where only a HEAD was needed.

    `is_public` says that no credential was shown for it. `content` has the bytes of the document.
    """

    descriptor: Descriptor
    how: How
    is_public: bool
    document: Index | Manifest | None = None
    content: bytes = field(default=b"", repr=False)


class ManifestReader:
    """Asks endpoints for manifests."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, in order."""
        return tuple(self._warnings)

    def head(self, endpoint: Endpoint, repository: str, tag_or_digest: str) -> Found:
        """Return what HEAD says, or what GET says where HEAD cannot be believed (RES-30).

        Raise `NotFoundError` and what `get` raises.
        """
        name = endpoint.repository(repository)
        if not endpoint.learned.has_head or name in endpoint.learned.repositories_without_head:
            return self.get(endpoint, repository, tag_or_digest)
        answer = self._authenticator.send(endpoint, name, "head", f"{name}/manifests/{tag_or_digest}")
        if answer.status == _OK:
            found = _believed(answer, tag_or_digest)
            return self.get(endpoint, repository, tag_or_digest) if found is None else found
        if answer.status == _NOT_FOUND:
            return self._doubted(endpoint, repository, tag_or_digest, answer)
        if answer.status in _NO_HEAD:
            endpoint.learned.has_head = False
        elif answer.status not in _ASK_AGAIN and answer.status // 100 != 2:  # noqa: PLR2004 - the class of success
            raise refused_status(endpoint, name, answer, "head")
        return self.get(endpoint, repository, tag_or_digest)

    def _doubted(self, endpoint: Endpoint, repository: str, tag_or_digest: str, answer: Answer) -> Found:
        """Confirm a 404 by GET: Nexus and Harbor's proxies deny to HEAD what they have for GET, tag by tag.

        Docker Hub's HEAD is reliable and its GETs are counted, so there a 404 is believed (RES-07).
        """
        name = endpoint.repository(repository)
        if endpoint.traits.has_honest_head:
            raise refused_status(endpoint, name, answer, "head")
        found = self.get(endpoint, repository, tag_or_digest)
        endpoint.learned.repositories_without_head.add(name)
        return found

    def get(self, endpoint: Endpoint, repository: str, tag_or_digest: str) -> Found:
        """Return the document under a tag or digest, with its digest computed from the bytes that came.

        Raise `NotFoundError`, `IntegrityError` where digests disagree, `UnsupportedError` for anything but an image.
        """
        name = endpoint.repository(repository)
        answer = self._authenticator.send(endpoint, name, "get", f"{name}/manifests/{tag_or_digest}")
        if answer.status != _OK:
            raise refused_status(endpoint, name, answer, "get")
        try:
            _refuse_page(answer)
            wanted = _as_digest(tag_or_digest)
            if wanted is not None:
                _compare(answer, wanted)
            document = parse_document(answer.content, answer.headers.get("content-type", ""))
            digest = wanted or self._digest(endpoint, name, answer)
        except ResolutionError as error:
            raise prefixed(error, endpoint.host) from error
        descriptor = Descriptor(digest=digest, media_type=document.media_type, size=len(answer.content))
        return Found(
            descriptor=descriptor, how="get", is_public=answer.is_public, document=document, content=answer.content
        )

    def _digest(self, endpoint: Endpoint, name: str, answer: Answer) -> Digest:
        """Return the digest of the body under a tag, after comparing it with the header (RES-09)."""
        claimed = _header_digest(answer)
        body = Digest.of(answer.content)
        if claimed is None or claimed == body:
            return body
        if claimed.matches(answer.content):
            return claimed
        check = self._authenticator.send(endpoint, name, "head", f"{name}/manifests/{body}")
        if check.status != _OK:
            message = f"its header says {claimed}, its body is {body}, and the body's digest cannot be pulled"
            raise IntegrityError(message, hint="do not trust this image; ask the operator of the registry")
        self._warnings[f"{endpoint.host}/{name}: the digest in the header is not that of the body, which counts"] = None
        return body

    def blob(self, endpoint: Endpoint, repository: str, wanted: Digest) -> bytes:
        """Return an image's configuration, with its hash checked; raise `NotFoundError` and `IntegrityError`."""
        name = endpoint.repository(repository)
        answer = self._authenticator.send(endpoint, name, "blob", f"{name}/blobs/{wanted}")
        if answer.status != _OK:
            raise refused_status(endpoint, name, answer, "blob")
        if not wanted.matches(answer.content):
            message = f"{endpoint.host}: asked for the configuration {wanted}, it sent something else"
            raise IntegrityError(message)
        return answer.content

    def platform(self, endpoint: Endpoint, repository: str, manifest: Manifest) -> Platform:
        """Return the platform that a single manifest's configuration names (image-spec, config.md).

        Raise `IntegrityError` for a blob of another digest or outside the bounds, `UnsupportedError` where it names no
        platform.
        """
        content = self.blob(endpoint, repository, manifest.config.digest)
        try:
            config = read_object(content, maximum_size=BLOB_SIZE, maximum_parts=MAXIMUM_PARTS)
        except IntegrityError as error:
            raise prefixed(error, f"{endpoint.host}: the image's configuration") from error
        os, architecture, variant = (config.get(key) for key in ("os", "architecture", "variant"))
        # What cannot be part of a platform could forge the line that it is shown in (SEC-15).
        if not is_platform_part(os) or not is_platform_part(architecture):
            message = f"{endpoint.host}: the image's configuration names no platform"
            raise UnsupportedError(message)
        return Platform(os, architecture, variant if is_platform_part(variant) else None)


def _believed(answer: Answer, tag_or_digest: str) -> Found | None:
    """Return what a HEAD's headers say, or None where they are missing, doubled, odd or not what was asked for."""
    digest = _header_digest(answer)
    types = answer.headers.get_list("content-type")
    media_type = media_types.strip_parameters(types[0]) if len(types) == 1 else ""
    wanted = _as_digest(tag_or_digest)
    if digest is None or media_type not in media_types.PINNABLE or (wanted is not None and digest != wanted):
        return None
    length = answer.headers.get("content-length", "")
    size = int(length) if length.isascii() and length.isdigit() and len(length) < len(str(2**53)) else None
    descriptor = Descriptor(digest=digest, media_type=media_type, size=size)
    return Found(descriptor=descriptor, how="head", is_public=answer.is_public)


def _header_digest(answer: Answer) -> Digest | None:
    """Return the one well-formed digest of the headers; sha256 and sha512 count (RES-11, SEC-12)."""
    values = answer.headers.get_list("docker-content-digest")
    return _as_digest(values[0].strip()) if len(values) == 1 else None


def _as_digest(text: str) -> Digest | None:
    try:
        return Digest.parse(text)
    except InvalidDigestError:
        return None


def _compare(answer: Answer, wanted: Digest) -> None:
    if not wanted.matches(answer.content):
        message = f"asked for {wanted}, it sent {Digest.of(answer.content, wanted.algorithm)}"
        raise IntegrityError(message, hint="the registry or something before it changes what it stores")


def _refuse_page(answer: Answer) -> None:
    media_type = media_types.strip_parameters(answer.headers.get("content-type", ""))
    if media_type == "text/html" or answer.content.lstrip()[:1] == b"<":
        message = "answered with a web page instead of a manifest"
        raise UnsupportedError(message, hint="a captive portal or a proxy stands between you and the registry")
