"""Image manifests and indexes, read from the exact bytes whose digest was checked.

A document that can be read in two ways is refused, never guessed (RES-12, CVE-2021-41190).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from pinner.errors import IntegrityError, InvalidDigestError, NotFoundError, UnsupportedError
from pinner.frozen import dataclass
from pinner.oci import media_types
from pinner.oci.bounded_json import read_object
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform, is_platform_part

MAXIMUM_SIZE: Final = 4 * 1024 * 1024
# A part takes up to 250 bytes of memory where it takes three in the document. Ten thousand descriptors with platform
# and annotations have 110 000 parts, and four MiB of them not 120 000.
MAXIMUM_PARTS: Final = 150_000
MAXIMUM_DESCRIPTORS: Final = 10_000
# The largest official images have a dozen platforms; a hint names no more (SEC-15).
MOST_ON_OFFER: Final = 12
_ATTESTATION: Final = "attestation-manifest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What a registry says of one document: its digest, media type and size in bytes (image-spec, descriptor.md)."""

    digest: Digest
    media_type: str
    size: int | None = None
    platform: Platform | None = None
    is_attestation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An OCI image index or a Docker manifest list."""

    media_type: str
    manifests: tuple[Descriptor, ...]

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The entries that can be run: without attestations, artifacts and unknown platforms (RES-17)."""
        return tuple(
            entry
            for entry in self.manifests
            if entry.platform is not None
            and not entry.platform.is_unknown
            and not entry.is_attestation
            and entry.media_type in media_types.PINNABLE
        )

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms on offer, in order and once each."""
        return tuple(sorted({entry.platform.normal for entry in self.images if entry.platform}, key=str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An OCI image manifest or a Docker v2 manifest; `config` describes the configuration blob."""

    media_type: str
    config: Descriptor


def parse_document(content: bytes, content_type: str) -> Index | Manifest:
    """Read a manifest or an index from its raw bytes.

    Raise `UnsupportedError` for schema 1 and unknown types, `IntegrityError` for what is too large, too deep, not
    JSON, ambiguous, or of another type than `content_type` says. (image-spec, manifest.md and image-index.md)
    """
    document = read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=MAXIMUM_PARTS)
    if document.get("schemaVersion") == 1:
        _refuse_schema1()
    declared = document.get("mediaType")
    media_type = media_types.strip_parameters(content_type)
    if media_type in media_types.SCHEMA1:
        _refuse_schema1()
    if document.get("schemaVersion") != 2:  # noqa: PLR2004 - the number of the specification
        message = f"schemaVersion is {document.get('schemaVersion')!r:.40}, not 2"
        raise UnsupportedError(message)
    if media_type not in media_types.PINNABLE:
        media_type = declared if isinstance(declared, str) else media_type
    elif declared is not None and declared != media_type:
        message = f"the document calls itself {declared!r:.100}, the registry calls it {media_type!r}"
        raise IntegrityError(message)
    # Go reads keys in any case, so "Layers" counts too (SEC-13).
    keys = {key.lower() for key in document}
    if "manifests" in keys and not keys.isdisjoint({"layers", "config"}):
        message = "the document is a manifest and an index at once"
        raise IntegrityError(message, hint="rebuild and push the image; such documents can be read in two ways")
    if media_type in media_types.INDEXES:
        return _read_index(document, media_type)
    if media_type in media_types.MANIFESTS:
        return Manifest(media_type=media_type, config=read_descriptor(document.get("config"), "config"))
    message = f"media type {media_type!r:.100} is not an image"
    raise UnsupportedError(message, hint="pinner pins image manifests and indexes")


def select(index: Index, platform: Platform) -> Descriptor:
    """Return the manifest for `platform`: the same variant first, then the first entry where none was asked for.

    Raise `NotFoundError` naming the platforms on offer. (image-spec, image-index.md, "platform")
    """
    wanted = platform.normal
    for entry in index.images:
        if entry.platform is not None and entry.platform.normal == wanted:
            return entry
    if platform.variant is None:
        for entry in index.images:
            if entry.platform is not None and _same_machine(entry.platform.normal, wanted):
                return entry
    offered = [str(one) for one in index.platforms]
    shown, more = offered[:MOST_ON_OFFER], len(offered) - MOST_ON_OFFER
    message = f"no manifest for {platform}"
    hint = f"platforms on offer: {', '.join(shown) or 'none'}{f' and {more} more' if more > 0 else ''}"
    raise NotFoundError(message, hint=hint)


def _same_machine(one: Platform, other: Platform) -> bool:
    return (one.os, one.architecture) == (other.os, other.architecture)


def _refuse_schema1() -> NoReturn:
    message = "only available as Docker schema 1, which has no stable digest"
    raise UnsupportedError(message, hint="push the image again with a current client")


def _read_index(document: Mapping[str, object], media_type: str) -> Index:
    entries = document.get("manifests")
    if not isinstance(entries, list):
        message = "the index has no list of manifests"
        raise IntegrityError(message)
    if len(entries) > MAXIMUM_DESCRIPTORS:
        message = f"the index has {len(entries)} entries, more than {MAXIMUM_DESCRIPTORS}"
        raise IntegrityError(message)
    return Index(
        media_type=media_type,
        manifests=tuple(read_descriptor(entry, f"manifests[{number}]") for number, entry in enumerate(entries)),
    )


def read_descriptor(entry: object, place: str) -> Descriptor:
    """Read a descriptor; raise `IntegrityError` that names its place (image-spec, descriptor.md)."""
    if not isinstance(entry, dict):
        message = f"{place} is not a descriptor"
        raise IntegrityError(message)
    try:
        digest = Digest.parse(str(entry.get("digest")))
    except InvalidDigestError as error:
        message = f"{place}.digest: {error}"
        raise IntegrityError(message) from error
    size = entry.get("size")
    annotations = entry.get("annotations")
    kind = annotations.get("vnd.docker.reference.type") if isinstance(annotations, dict) else None
    return Descriptor(
        digest=digest,
        media_type=str(entry.get("mediaType", "")),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        platform=read_platform(entry.get("platform")),
        is_attestation=kind == _ATTESTATION or "artifactType" in entry,
    )


def read_platform(entry: object) -> Platform | None:
    """Return the platform that an object names, or None."""
    if not isinstance(entry, dict):
        return None
    os, architecture, variant = entry.get("os"), entry.get("architecture"), entry.get("variant")
    # The words of a registry go to the terminal and the lockfile: what is no word is no platform (SEC-15).
    if not is_platform_part(os) or not is_platform_part(architecture):
        return None
    return Platform(os, architecture, variant if is_platform_part(variant) else None)
