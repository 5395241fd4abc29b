"""`RegistryClient`: what one reference means, asked from mirrors in order and at last from the registry itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pinner.credentials.base import CredentialSource
from pinner.errors import (
    AuthenticationError,
    BlockedError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
    UnreachableError,
)
from pinner.oci.documents import Descriptor, Index, Manifest, select
from pinner.oci.media_types import INDEXES
from pinner.oci.platform import Platform
from pinner.oci.reference import DEFAULT_TAG, Reference
from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import Endpoint
from pinner.registry.failures import prefixed, reworded
from pinner.registry.manifests import Found, ManifestReader
from pinner.registry.origin import host_identity
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.resolution import Resolved

# Nested indexes are followed this deep (RES-19).
MAXIMUM_NESTING: Final = 3

# What a mirror said for certain, the weightiest first: it is the reason when the registry cannot be asked.
_DEFINITE: Final = (AuthenticationError, RateLimitedError, NotFoundError)

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
        self._registries = registries
        self._platform = platform
        self._authenticator = Authenticator(network=network, source=credentials, registries=registries)
        self._reader = ManifestReader(self._authenticator)
        self._lock = threading.Lock()
        self._endpoints: dict[str, tuple[Endpoint, ...]] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return (*self._authenticator.warnings, *self._reader.warnings)

    def look_up(self, reference: Reference) -> Resolved:
        """Return what the tag means now, by HEAD where that can be believed; a reference without tag, its digest.

        Raise a `ResolutionError` that names the reference, the hosts and what was tried.
        """
        wanted = tag_to_look_up(reference)
        if self._platform is not None:
            return self._ask_each(reference, wanted, self._for_platform(reference, wanted, self._platform))
        return self._ask_each(
            reference,
            wanted,
            lambda endpoint: _resolved(reference, self._reader.head(endpoint, reference.repository, wanted)),
        )

    def describe(self, reference: Reference) -> Resolved:
        """Return what the digest, or else the tag, means, with the document read and its hash checked.

        On Docker Hub, where GETs are counted, HEAD goes first; its answer stands, with `platforms` None, when the GET
        is refused for the rate limit. Raises like `look_up`.
        """
        wanted = digest_to_describe(reference)
        if self._platform is not None:
            return self._ask_each(reference, wanted, self._for_platform(reference, wanted, self._platform))
        return self._ask_each(reference, wanted, lambda endpoint: self._describe(endpoint, reference, wanted))

    def _describe(self, endpoint: Endpoint, reference: Reference, wanted: str) -> Resolved:
        if not endpoint.is_hub:
            return _resolved(reference, self._reader.get(endpoint, reference.repository, wanted))
        first = self._reader.head(endpoint, reference.repository, wanted)
        if first.document is not None:
            return _resolved(reference, first)
        try:
            found = self._reader.get(endpoint, reference.repository, str(first.descriptor.digest))
        except RateLimitedError:
            found = first
        return _resolved(reference, found)

    def _for_platform(self, reference: Reference, wanted: str, platform: Platform) -> _Read:
        def read(endpoint: Endpoint) -> Resolved:
            descriptor = self._select(endpoint, reference.repository, wanted, platform)
            return Resolved(reference=reference, descriptor=descriptor, how="get", platforms=(platform,))

        return read

    def _select(self, endpoint: Endpoint, repository: str, wanted: str, platform: Platform) -> Descriptor:
        for _ in range(MAXIMUM_NESTING):
            found = self._reader.get(endpoint, repository, wanted)
            if isinstance(found.document, Manifest):
                self._check_platform(endpoint, repository, found.document, platform)
                return found.descriptor
            assert isinstance(found.document, Index)
            child = select(found.document, platform)
            if child.media_type not in INDEXES:
                return child
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

    def is_known(self, registry: str) -> bool:
        """Return whether somebody who is asked for `registry` has answered before (AUTH-19)."""
        return any(endpoint.access.is_known for endpoint in self._endpoints_of(registry))

    def _ask_each(self, reference: Reference, wanted: str, read: _Read) -> Resolved:
        """Ask the mirrors in order and at last the registry; one error names them all (RES-28)."""
        subject = f"{reference.name}{'@' if ':' in wanted else ':'}{wanted}"
        *mirrors, origin = self._endpoints_of(reference.registry)
        failures: list[ResolutionError] = []
        for mirror in mirrors:
            try:
                return replace(read(mirror), mirror=str(mirror.mirror))
            except (IntegrityError, BlockedError) as error:
                raise prefixed(error, f"{subject}: mirror {mirror.mirror}") from error
            except ResolutionError as error:
                failures.append(prefixed(error, f"mirror {mirror.mirror}"))
        try:
            return read(origin)
        except ResolutionError as error:
            reason = _reason(error, failures)
            others = (one.message for one in (error, *failures) if one is not reason)
            raise reworded(reason, "; ".join((f"{subject}: {reason.message}", *others))) from reason

    def _endpoints_of(self, registry: str) -> tuple[Endpoint, ...]:
        name = host_identity(registry)
        with self._lock:
            if name not in self._endpoints:
                mirrors = self._registries.for_host(name).mirrors
                self._endpoints[name] = (
                    *(Endpoint(name, self._registries, mirror=mirror) for mirror in mirrors),
                    Endpoint(name, self._registries),
                )
            return self._endpoints[name]


def _reason(error: ResolutionError, of_mirrors: Sequence[ResolutionError]) -> ResolutionError:
    """Return the error to raise: the registry's, or a mirror's definite one where the registry gave no answer."""
    if isinstance(error, UnreachableError):
        for kind in _DEFINITE:
            for one in of_mirrors:
                if isinstance(one, kind):
                    return one
    return error


def tag_to_look_up(reference: Reference) -> str:
    """Return what `look_up` asks for: the tag, or the digest of a reference that has no tag."""
    if reference.is_digest_only:
        return str(reference.digest)
    return reference.tag or DEFAULT_TAG


def digest_to_describe(reference: Reference) -> str:
    """Return what `describe` asks for: the digest where there is one, because it decides (REF-07), else the tag."""
    return str(reference.digest) if reference.digest is not None else reference.tag or DEFAULT_TAG


def _resolved(reference: Reference, found: Found) -> Resolved:
    platforms: tuple[Platform, ...] | None = None
    if found.document is not None:
        platforms = found.document.platforms if isinstance(found.document, Index) else ()
    return Resolved(reference=reference, descriptor=found.descriptor, how=found.how, platforms=platforms)
