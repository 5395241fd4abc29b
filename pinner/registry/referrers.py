"""What refers to a digest: the referrers API, or the tag that stands in for it (RES-25 to RES-27).

Legacy tags of signatures (`sha256-….sig`) are no referrers and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from pinner.errors import IntegrityError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.referrers import Referrer, ReferrerList, fallback_tag, parse_referrers, subject_of
from pinner.oci.words import sanitised
from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer
from pinner.registry.failures import prefixed
from pinner.registry.pages import OK, Listing, Page, read_pages
from pinner.registry.refusals import refused_status

MAXIMUM_REFERRERS: Final = 10_000
# Of a cut tag every entry must be asked whose it is.
MAXIMUM_CHECKED: Final = 256
_NOT_FOUND: Final = 404
# Besides 404, which the specification names, what older registries say to a path that they do not know.
_WITHOUT_API: Final = frozenset({_NOT_FOUND, 400, 405, 406})


def list_referrers(
    authenticator: Authenticator,
    endpoint: Endpoint,
    repository: str,
    subject: Digest,
    *,
    artifact_type: str | None = None,
) -> ReferrerList:
    """Return what refers to `subject`, of one artifact type where one is given.

    Raise `IntegrityError` and `UnsupportedError` for documents that are no index, and what `read_pages` raises.
    """
    name, learned = endpoint.repository(repository), endpoint.learned
    found = None
    if name not in learned.repositories_without_referrers:
        found = _from_api(authenticator, endpoint, name, subject, artifact_type)
    if found is None:
        learned.repositories_without_referrers.add(name)
        referrers = _of_type(_from_tag(authenticator, endpoint, name, subject), artifact_type)
        found = ReferrerList(subject=subject, referrers=referrers, via="tag")
    return replace(found, referrers=tuple(map(_cleaned, found.referrers)))


def _from_api(
    authenticator: Authenticator, endpoint: Endpoint, name: str, subject: Digest, artifact_type: str | None
) -> ReferrerList | None:
    """Return what the API says, or None where the first answer shows that there is none (RES-25)."""
    listing = Listing(
        endpoint=endpoint,
        repository=name,
        kind="referrers",
        path=f"{name}/referrers/{subject}",
        query="" if artifact_type is None else f"artifactType={quote(artifact_type, safe='')}",
    )
    referrers: dict[Digest, Referrer] = {}
    page: Page | None = None
    is_first = True
    for page in read_pages(authenticator, listing):
        if is_first and _is_without_api(page.answer):
            return None
        is_first = False
        found = _read(page.answer, endpoint, name)
        wanted = found if _is_filtered(page.answer) else _of_type(found, artifact_type)
        referrers.update((one.digest, one) for one in wanted)
        if len(referrers) >= MAXIMUM_REFERRERS:
            break
    assert page is not None
    return ReferrerList(subject=subject, referrers=tuple(referrers.values()), via="api", is_complete=not page.has_more)


def _is_without_api(answer: Answer) -> bool:
    if answer.status == OK:
        return media_types.strip_parameters(answer.headers.get("content-type", "")) != media_types.OCI_INDEX
    return answer.status in _WITHOUT_API


def _from_tag(authenticator: Authenticator, endpoint: Endpoint, name: str, subject: Digest) -> tuple[Referrer, ...]:
    """Return what stands under the tag of `subject`; nothing where there is no such tag (RES-26)."""
    tag = fallback_tag(str(subject))
    answer = authenticator.send(endpoint, name, "get", f"{name}/manifests/{tag}")
    if answer.status == _NOT_FOUND:
        return ()
    referrers = _read(answer, endpoint, name)
    if tag.endswith(subject.encoded):
        return referrers
    if len(referrers) > MAXIMUM_CHECKED:
        message = f"{endpoint.host}: {len(referrers)} entries under {tag!r} may belong to another digest"
        raise UnsupportedError(message, hint=f"no more than {MAXIMUM_CHECKED} are asked whose they are")
    return tuple(one for one in referrers if _subject(authenticator, endpoint, name, one) == subject)


def _subject(authenticator: Authenticator, endpoint: Endpoint, name: str, referrer: Referrer) -> Digest | None:
    """Return whom a referrer itself names: the tag of a sha512 digest is cut, and others may share it."""
    answer = authenticator.send(endpoint, name, "get", f"{name}/manifests/{referrer.digest}")
    if answer.status != OK:
        raise refused_status(endpoint, name, answer, "get")
    if not referrer.digest.matches(answer.content):
        message = f"{endpoint.host}: asked for {referrer.digest}, it sent something else"
        raise IntegrityError(message, hint="the registry or something before it changes what it stores")
    return subject_of(answer.content)


def _read(answer: Answer, endpoint: Endpoint, name: str) -> tuple[Referrer, ...]:
    if answer.status != OK:
        raise refused_status(endpoint, name, answer, "get")
    try:
        return parse_referrers(answer.content, answer.headers.get("content-type", ""))
    except ResolutionError as error:
        raise prefixed(error, endpoint.host) from error


def _is_filtered(answer: Answer) -> bool:
    """Return whether the registry says that it has chosen the artifact type itself (RES-27)."""
    names = ",".join(answer.headers.get_list("oci-filters-applied")).split(",")
    return "artifactType" in {name.strip() for name in names}


def _of_type(referrers: Iterable[Referrer], artifact_type: str | None) -> tuple[Referrer, ...]:
    return tuple(one for one in referrers if artifact_type in {None, one.artifact_type})


def _cleaned(referrer: Referrer) -> Referrer:
    """Return the referrer with texts that may be shown (SEC-15)."""
    return replace(
        referrer,
        media_type=sanitised(referrer.media_type),
        artifact_type=None if referrer.artifact_type is None else sanitised(referrer.artifact_type),
        annotations=MappingProxyType({key: sanitised(text) for key, text in referrer.annotations.items()}),
    )
