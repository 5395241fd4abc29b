"""Referrers: manifests that point at another one by `subject` (distribution-spec, "Listing Referrers")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, Literal

from pinner.errors import IntegrityError, InvalidDigestError
from pinner.frozen import dataclass
from pinner.oci.bounded_json import read_object
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS, MAXIMUM_SIZE, Index, parse_document
from pinner.patterns import compile_later

TITLE: Final = "org.opencontainers.image.title"
CREATED: Final = "org.opencontainers.image.created"
_LONGEST_ALGORITHM: Final = 32
_LONGEST_ENCODED: Final = 64
_NO_TAG_LETTER: Final = compile_later(r"[^A-Za-z0-9_.-]", re.ASCII)

# Whether the API of the registry answered, or the tag that clients keep where there is none.
Via = Literal["api", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """One manifest that refers to another; texts are the registry's own, to be cleaned before they are shown."""

    digest: Digest
    media_type: str
    size: int | None = None
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferrerList:
    """What refers to `subject`, in the registry's order; incomplete where it had more than it was asked for."""

    subject: Digest
    referrers: tuple[Referrer, ...]
    via: Via
    is_complete: bool = True


def fallback_tag(digest: str) -> str:
    """Return the tag under which clients keep referrers where a registry has no API for them ("Referrers Tag Schema").

    The tag of a sha512 digest is cut, so that other digests may share it.
    """
    algorithm, _, encoded = digest.partition(":")
    return _NO_TAG_LETTER.sub("-", f"{algorithm[:_LONGEST_ALGORITHM]}-{encoded[:_LONGEST_ENCODED]}")


def parse_referrers(content: bytes, content_type: str) -> tuple[Referrer, ...]:
    """Read one page of referrers, which is an image index, in its order.

    Raise `IntegrityError` or `UnsupportedError` for anything else; see `parse_document`.
    """
    index = parse_document(content, content_type)
    if not isinstance(index, Index):
        message = "the referrers are no index"
        raise IntegrityError(message)
    entries = _read(content)["manifests"]
    assert isinstance(entries, list)
    return tuple(
        Referrer(
            digest=one.digest,
            media_type=one.media_type,
            size=one.size,
            artifact_type=_text(entry.get("artifactType")),
            annotations=_annotations(entry.get("annotations")),
        )
        for one, entry in zip(index.manifests, entries, strict=True)
    )


def subject_of(content: bytes) -> Digest | None:
    """Return the digest that a manifest refers to, or None; raise `IntegrityError` for what is no JSON object."""
    subject = _read(content).get("subject")
    try:
        return Digest.parse(str(subject.get("digest"))) if isinstance(subject, dict) else None
    except InvalidDigestError:
        return None


def _read(content: bytes) -> Mapping[str, object]:
    return read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=MAXIMUM_PARTS)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _annotations(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return MappingProxyType({})
    return MappingProxyType({key: text for key in (TITLE, CREATED) if (text := _text(value.get(key))) is not None})
