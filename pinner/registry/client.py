"""`RegistryClient`: what one reference means; `places` says in which order a registry and its mirrors are asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

from pinner.credentials.base import CredentialSource
from pinner.errors import (
    BlockedError,
    InputError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
)
from pinner.oci.contents import Contents
from pinner.oci.documents import Index, Manifest, select
from pinner.oci.hosts import host_identity
from pinner.oci.media_types import INDEXES
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.registry.access import Access
from pinner.registry.auth import Authenticator
from pinner.registry.contents import read_contents
from pinner.registry.endpoint import Endpoint, read_by_either_scheme
from pinner.registry.failures import bare, prefixed
from pinner.registry.manifests import Found, ManifestReader
from pinner.registry.places import Directions, Place, is_digest
from pinner.registry.questions import digest_to_describe, tag_to_look_up
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.verdicts import Failure, summed_up
from pinner.resolution import Resolved

# Nested indexes are followed this deep (RES-19).
MAXIMUM_NESTING: Final = 3

T = TypeVar("T")
_Read = Callable[[Endpoint], Resolved]


class RegistryClient:
    """Looks references up, one at a time; safe to use from many threads.

    With a `platform` every reference means that platform's manifest instead of the index (RES-17).
    """

    def __init__(
        self,
        *,
        network: Network,
        registries: Registries,
        credentials: CredentialSource,
        platform: Platform | None = None,
    ) -> None:
        self._network = network
        self._registries = registries
        self._platform = platform
        self._authenticator = Authenticator(network=network, source=credentials, registries=registries)
        self._reader = ManifestReader(self._authenticator)
        self._lock = threading.Lock()
        self._endpoints: dict[Place, Endpoint] = {}
        self._accesses: dict[object, Access] = {}
        # Everybody who was looked for on behalf of a registry, by its name.
        self._asked: dict[str, dict[Place, None]] = {}
        self._warnings: dict[str, str] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        own = (*self._registries.warnings, *self._warnings.values())
        return (*own, *self._authenticator.warnings, *self._reader.warnings)

    def look_up(self, reference: Reference) -> Resolved:
        """Return what the tag means now, by HEAD where that can be believed; a reference without tag, its digest.

        Raise a `ResolutionError` that names the reference, the hosts and what was tried.
        """
        wanted = tag_to_look_up(reference)
        if self._platform is not None:
            return self._ask(reference, wanted, self._for_platform(reference, wanted, self._platform))
        return self._ask(
            reference,
            wanted,
            lambda endpoint: _resolved(reference, self._reader.head(endpoint, reference.repository, wanted)),
        )

    def describe(self, reference: Reference) -> Resolved:
        """Return what the digest, or else the tag, means, with the document read and its hash checked.

        On Docker Hub, where GETs are counted, HEAD goes first, and its mirrors are asked for the document; the HEAD's
        answer stands, with `platforms` None, when the GET is refused for the rate limit. Raises like `look_up`.
        """
        wanted = digest_to_describe(reference)
        if self._platform is not None:
            return self._ask(reference, wanted, self._for_platform(reference, wanted, self._platform))
        return self._ask(reference, wanted, lambda endpoint: self._describe(endpoint, reference, wanted))

    def read(self, reference: Reference) -> Contents:
        """Return what the digest of `reference` names, with its parts and their hashes checked; raises like `look_up`.

        A digest that is not written is the caller's mistake: what a tag means may change between two requests.
        """
        digest = reference.digest
        assert digest is not None, "parts are read by digest"
        try:
            return self._hear(
                reference,
                str(digest),
                lambda endpoint: read_contents(self._reader, endpoint, reference.repository, digest),
            )[0]
        except ResolutionError as error:
            raise prefixed(error, f"{reference.name}@{digest}") from error

    def _describe(self, endpoint: Endpoint, reference: Reference, wanted: str) -> Resolved:
        if not endpoint.traits.is_metered:
            return _resolved(reference, self._reader.get(endpoint, reference.repository, wanted))
        first = self._reader.head(endpoint, reference.repository, wanted)
        if first.document is not None:
            return _resolved(reference, first)
        digest = str(first.descriptor.digest)

        def read(one: Endpoint) -> Resolved:
            return _resolved(reference, self._reader.get(one, reference.repository, digest))

        try:
            return read(endpoint) if is_digest(wanted) else self._ask_for_document(reference, first, read)
        except RateLimitedError:
            return _resolved(reference, first)

    def _for_platform(self, reference: Reference, wanted: str, platform: Platform) -> _Read:
        def read(endpoint: Endpoint, wanted: str = wanted) -> Resolved:
            found = self._select(endpoint, reference.repository, wanted, platform)
            return replace(_resolved(reference, found), platforms=(platform,))

        def read_cheaply(endpoint: Endpoint) -> Resolved:
            if not endpoint.traits.is_metered or is_digest(wanted) or not self._directions(reference).mirrors:
                return read(endpoint)
            first = self._reader.head(endpoint, reference.repository, wanted)
            digest = str(first.descriptor.digest)
            return self._ask_for_document(reference, first, lambda one: read(one, digest))

        return read_cheaply

    def _ask_for_document(self, reference: Reference, first: Found, read: _Read) -> Resolved:
        """Read what the registry has said that a tag means; whoever hands the document over, the registry answered."""
        answer = self._ask_in_order(reference, str(first.descriptor.digest), read)
        return replace(answer, mirror=None, is_public=first.is_public and answer.is_public)

    def _select(self, endpoint: Endpoint, repository: str, wanted: str, platform: Platform) -> Found:
        """Return the manifest of `platform`; it is public where all that led to it is."""
        is_public = True
        for _ in range(MAXIMUM_NESTING):
            found = self._reader.get(endpoint, repository, wanted)
            is_public = is_public and found.is_public
            if isinstance(found.document, Manifest):
                self._check_platform(endpoint, repository, found.document, platform)
                return replace(found, is_public=is_public)
            assert isinstance(found.document, Index)
            child = select(found.document, platform)
            if child.media_type not in INDEXES:
                return Found(descriptor=child, how="get", is_public=is_public)
            wanted = str(child.digest)
        message = f"indexes are nested deeper than {MAXIMUM_NESTING}"
        raise IntegrityError(message)

    def _check_platform(self, endpoint: Endpoint, repository: str, manifest: Manifest, platform: Platform) -> None:
        actual = self._reader.platform(endpoint, repository, manifest)
        wanted = platform.normal
        is_same = actual.normal == wanted or (wanted.variant is None and replace(actual, variant=None) == wanted)
        if not is_same:
            message = f"no manifest for {platform}"
            raise NotFoundError(message, hint=f"platforms on offer: {actual.normal}")

    def expect(self, references: Iterable[Reference]) -> None:
        """Say what will be asked about, so that repositories may share tokens where the user allows it (REQ-01)."""
        if all(one.scopes_per_token == 1 for one in self._registries.hosts.values()):
            return
        wanted: dict[Place, list[str]] = {}
        for reference in references:
            with suppress(InputError):  # a file that cannot be used is told with the image that needs it
                for place in self._directions(reference).places:
                    wanted.setdefault(place, []).append(place.repository(reference.repository))
        for place, repositories in wanted.items():
            if self._registries.for_host(place.host).scopes_per_token > 1:
                self._endpoint(place).access.groups.want(repositories)

    def is_known(self, registry: str) -> bool:
        """Return whether somebody who is asked for `registry` has answered before (AUTH-19)."""
        return any(endpoint.access.is_known for endpoint in self._asked_for(registry))

    def limit_of(self, registry: str) -> int:
        """Return how many requests whoever is asked for `registry` may have under way now (RATE-07)."""
        return max((self._network.limit_of(endpoint.host) for endpoint in self._asked_for(registry)), default=1)

    def _asked_for(self, registry: str) -> list[Endpoint]:
        with self._lock:
            asked = self._asked.get(host_identity(registry), ())
            return [self._endpoints[place] for place in asked if place in self._endpoints]

    def _ask(self, reference: Reference, wanted: str, read: _Read) -> Resolved:
        subject = f"{reference.name}{'@' if is_digest(wanted) else ':'}{wanted}"
        try:
            return self._ask_in_order(reference, wanted, read)
        except ResolutionError as error:
            raise prefixed(error, subject) from error

    def _ask_in_order(self, reference: Reference, wanted: str, read: _Read) -> Resolved:
        """Return what `_hear` does, with who said it."""
        answer, mirror, failures = self._hear(reference, wanted, read)
        if mirror is None:
            # Where a file sends us elsewhere, what is told there is no fact about the name (RATE-09).
            registry = self._directions(reference).registry
            return replace(
                answer, is_public=answer.is_public and registry == Place(host=host_identity(reference.registry))
            )
        if failures and failures[0].mirror is None:
            self._warn_of_copy(reference.registry, failures[0], mirror)
            reason = prefixed(failures[0].error, f"{reference.name}:{wanted}")
            return replace(answer, mirror=mirror, instead_of=reason)
        return replace(answer, mirror=mirror)

    def _hear(
        self, reference: Reference, wanted: str, read: Callable[[Endpoint], T]
    ) -> tuple[T, str | None, tuple[Failure, ...]]:
        """Ask one after the other until one answers or has the last word; one error names them all (RES-28).

        Return the answer, the mirror that gave it if one did, and what came of those who were asked before.
        """
        directions = self._directions(reference)
        failures: list[Failure] = []
        for place in directions.order(wanted):
            endpoint = self._endpoint(place)
            mirror = None if place == directions.registry else str(endpoint)
            try:
                return read_by_either_scheme(endpoint, read), mirror, tuple(failures)
            except ResolutionError as error:
                failures.append(Failure(error=bare(error), mirror=mirror))
                if failures[-1].is_last_word:
                    break
        if not failures:
            raise _blocked(reference, wanted, directions)
        raise summed_up(failures)

    def _warn_of_copy(self, registry: str, failure: Failure, mirror: str) -> None:
        """Say once a registry that a mirror stood in for it."""
        name = host_identity(registry)
        message = f"{name} could not be asked ({failure.error.message}); mirror {mirror} answered, it may be stale"
        with self._lock:
            self._warnings.setdefault(name, message)

    def _directions(self, reference: Reference) -> Directions:
        """Return who is asked for a repository, and remember them for `is_known`."""
        directions = self._registries.directions(reference.registry, reference.repository)
        with self._lock:
            self._asked.setdefault(host_identity(reference.registry), {}).update(dict.fromkeys(directions.places))
        return directions

    def _endpoint(self, place: Place) -> Endpoint:
        with self._lock:
            known = self._endpoints.get(place)
        if known is not None:
            return known
        fresh = Endpoint(place, self._registries, access=self._access(place))
        with self._lock:
            return self._endpoints.setdefault(place, fresh)

    def _access(self, place: Place) -> Access:
        """Return what is known of the host, for all its places: a login that was refused to one is shown to none."""
        # A host that may still move to plain http is each place's own to find out.
        key = place if place.scheme == "either" else (host_identity(place.host), place.scheme, place.root)
        fresh = Access(scopes_per_token=self._registries.for_host(place.host).scopes_per_token)
        with self._lock:
            return self._accesses.setdefault(key, fresh)


def _blocked(reference: Reference, wanted: str, directions: Directions) -> BlockedError:
    what = "digests" if is_digest(wanted) else "tags"
    message = f"{host_identity(reference.registry)} may not be asked, and no mirror answers for its {what}"
    return BlockedError(message, hint=f"see what {directions.source} says about it")


def _resolved(reference: Reference, found: Found) -> Resolved:
    platforms: tuple[Platform, ...] | None = None
    if found.document is not None:
        platforms = found.document.platforms if isinstance(found.document, Index) else ()
    return Resolved(
        reference=reference,
        descriptor=found.descriptor,
        how=found.how,
        platforms=platforms,
        images=found.document.images if isinstance(found.document, Index) else (),
        is_public=found.is_public,
    )
