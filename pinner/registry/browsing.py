"""`RegistryBrowser`: what a registry has, beyond what one tag means. Asked of the registry itself, never of a mirror.

A mirror has what passed through it, so its list would be a part that looks like the whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Self, TypeVar

from pinner.credentials.base import CredentialSource, NoCredentials, Stoppable
from pinner.errors import BlockedError, ResolutionError
from pinner.oci.hosts import host_identity
from pinner.oci.reference import DEFAULT_TAG, Reference
from pinner.oci.referrers import ReferrerList
from pinner.oci.tags import TagList
from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import Endpoint, read_by_either_scheme
from pinner.registry.failures import prefixed
from pinner.registry.manifests import ManifestReader
from pinner.registry.places import Place
from pinner.registry.questions import digest_to_describe
from pinner.registry.referrers import list_referrers
from pinner.registry.retry import Network, TransportFactory
from pinner.registry.settings import Registries
from pinner.registry.stats import Stats
from pinner.registry.tags import list_tags

DEFAULT_TIMEOUT: Final = 300.0

T = TypeVar("T")


class RegistryBrowser:
    """Lists tags and referrers, one question at a time; `timeout` is in seconds for the whole run.

    `stats` counts what is asked, also for others that share it. `transport_factory` is for tests.
    """

    def __init__(
        self,
        *,
        registries: Registries | None = None,
        credentials: CredentialSource | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport_factory: TransportFactory | None = None,
        stop: threading.Event | None = None,
        stats: Stats | None = None,
    ) -> None:
        self._registries = registries or Registries()
        self._credentials = credentials or NoCredentials()
        self._network = Network(
            seconds=timeout,
            registries=self._registries,
            transport_factory=transport_factory,
            stop=stop,
            stats=stats,
        )
        self._authenticator = Authenticator(
            network=self._network, source=self._credentials, registries=self._registries
        )
        self._reader = ManifestReader(self._authenticator)
        self._endpoints: dict[Place, Endpoint] = {}

    @property
    def stats(self) -> Stats:
        """What was asked for so far."""
        return self._network.stats

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        sources = (self._registries, self._authenticator, self._reader, self._network)
        return tuple(dict.fromkeys(warning for source in sources for warning in source.warnings))

    def list_tags(self, reference: Reference) -> TagList:
        """Return the tags of the repository that `reference` names; raise a `ResolutionError` that names it."""
        return self._ask(
            reference.name, reference, lambda endpoint: list_tags(self._authenticator, endpoint, reference.repository)
        )

    def list_referrers(self, reference: Reference, *, artifact_type: str | None = None) -> ReferrerList:
        """Return what refers to the digest of `reference`, or else to what its tag means now.

        Raise a `ResolutionError` that names the reference.
        """
        wanted = digest_to_describe(reference)

        def read(endpoint: Endpoint) -> ReferrerList:
            # Of a digest that is not there, a registry would say that nothing refers to it.
            subject = self._reader.head(endpoint, reference.repository, wanted).descriptor.digest
            return list_referrers(
                self._authenticator, endpoint, reference.repository, subject, artifact_type=artifact_type
            )

        return self._ask(str(reference), reference, read)

    def _ask(self, subject: str, reference: Reference, read: Callable[[Endpoint], T]) -> T:
        try:
            return read_by_either_scheme(self._endpoint(reference), read)
        except ResolutionError as error:
            raise prefixed(error, subject) from error

    def _endpoint(self, reference: Reference) -> Endpoint:
        directions = self._registries.directions(reference.registry, reference.repository)
        place = directions.registry
        if place is None or not place.answers_to(DEFAULT_TAG):
            message = f"{host_identity(reference.registry)} may not be asked, and mirrors know a part only"
            raise BlockedError(message, hint=f"see what {directions.source} says about it")
        if place not in self._endpoints:
            self._endpoints[place] = Endpoint(place, self._registries)
        return self._endpoints[place]

    def close(self) -> None:
        """Stop credential helpers and close all connections."""
        if isinstance(self._credentials, Stoppable):
            self._credentials.stop()
        self._network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
