"""Who has a digest: the registry and each of its mirrors, asked one by one.

A look-up stops at the first host that answers. Here every host that a machine may pull from has to answer for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from pinner.commands.network import Network
from pinner.errors import InputError, MisconfiguredError
from pinner.oci.reference import Reference
from pinner.registry.places import Directions, Place
from pinner.resolution import Resolution, Resolver, Sighting, Unresolved

# Who is asked last gets at least so long to say that it is there.
_LEAST_SECONDS: Final = 1.0
Sightings = tuple[Sighting, ...]
# Takes the resolver that is open anyway, and references that have a digest and no tag; answers in their order.
Survey = Callable[[Resolver, Sequence[Reference]], tuple[Sightings, ...]]


def ask_registries(resolver: Resolver, references: Sequence[Reference]) -> tuple[Sightings, ...]:
    """Return what `resolver` says of each digest, where nobody else is to be asked."""
    return tuple((Sighting(answer=one),) for one in resolver.look_up(references))


def survey_with(network: Network) -> Survey:
    """Return how the digests are looked for at the registries and mirrors of the user's settings."""
    settings = network.read_settings()

    def survey(resolver: Resolver, references: Sequence[Reference]) -> tuple[Sightings, ...]:
        end = monotonic() + network.timeout
        found: list[list[Sighting]] = [[] for _ in references]
        asked: dict[int | None, list[tuple[int, str | None]]] = {}
        for number, reference in enumerate(references):
            try:
                directions = settings.directions(reference.registry, reference.repository)
            except InputError as error:
                wrong = MisconfiguredError(f"{reference.name}: {error.message}", hint=error.hint)
                found[number].append(Sighting(answer=Unresolved(reference=reference, error=wrong)))
                continue
            for rank, mirror in _ranks(directions, str(reference.digest)):
                asked.setdefault(rank, []).append((number, mirror))
        for rank, row in asked.items():
            wanted = [references[number] for number, _ in row]
            answers = resolver.look_up(wanted) if rank is None else _look_up_at(network, rank, wanted, end)
            for (number, mirror), answer in zip(row, answers, strict=True):
                found[number].append(Sighting(mirror=mirror, answer=answer))
        return tuple(map(tuple, found))

    return survey


def _ranks(directions: Directions, wanted: str) -> list[tuple[int | None, str | None]]:
    """Return who has to be asked: ranks, None for the way that every look-up takes, and the names of mirrors."""
    mirrors = [
        (rank, name_of(mirror)) for rank, mirror in enumerate(directions.mirrors, start=1) if mirror.answers_to(wanted)
    ]
    if not mirrors:
        return [(None, None)]
    has_registry = directions.registry is not None and directions.registry.answers_to(wanted)
    return [*([(0, None)] if has_registry else []), *mirrors]


def name_of(mirror: Place) -> str:
    """Return what messages call a mirror."""
    return "/".join(part for part in (mirror.host, mirror.prefix) if part)


def _look_up_at(network: Network, rank: int, references: Sequence[Reference], end: float) -> tuple[Resolution, ...]:
    """Ask one place, in the time that is left: the limit is for all of them together."""
    left = replace(network, timeout=max(end - monotonic(), _LEAST_SECONDS))
    with left.open_resolver(rank=rank) as resolver:
        return resolver.look_up(references)
