"""How a registry would be reached: its mirrors and itself, each with its settings and the credentials it would see.

Nothing is sent. Addresses and names come from `Endpoint`, which a run uses too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pinner.credentials.chain import Chain, Explanation
from pinner.registry.endpoint import Endpoint
from pinner.registry.logins import may_travel
from pinner.registry.places import Directions, Place
from pinner.registry.settings import Registries, RegistrySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAccess:
    """One host that is asked: where it is, what the user says about it, and what it would see.

    With `is_too_open` credentials stay at home, because plain http would show them to everybody (NET-07).
    """

    url: str
    settings: RegistrySettings
    explanation: Explanation
    is_too_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccess:
    """A registry, or one of its repositories, with its mirrors in their order; `directions` say when who is asked."""

    registry: str
    repository: str | None
    directions: Directions
    origin: EndpointAccess
    mirrors: tuple[EndpointAccess, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def endpoints(self) -> Iterator[EndpointAccess]:
        """The registry, then its mirrors."""
        yield self.origin
        yield from self.mirrors


def explain_access(registry: str, repository: str | None, *, registries: Registries, chain: Chain) -> RegistryAccess:
    """Return how `registry` would be reached; helpers are asked, in the order of a run."""
    directions = registries.directions(registry, repository or "")
    origin = Endpoint(directions.registry or Place(host=registry), registries)
    return RegistryAccess(
        registry=origin.registry,
        repository=repository,
        directions=directions,
        origin=_explain(origin, repository, chain),
        mirrors=tuple(_explain(Endpoint(one, registries), repository, chain) for one in directions.mirrors),
        warnings=(*registries.warnings, *chain.warnings),
    )


def _explain(endpoint: Endpoint, repository: str | None, chain: Chain) -> EndpointAccess:
    name = None if repository is None else endpoint.repository(repository)
    return EndpointAccess(
        url=str(endpoint),
        settings=endpoint.settings,
        explanation=chain.explain(endpoint.registry, name),
        is_too_open=not may_travel(endpoint.origin, endpoint.settings),
    )
