"""Digests that stand somewhere already become entries: what is recorded stays, and what contradicts itself stays out.

Nothing is known here of what the registry says; an entry that is adopted is what somebody else once found out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pinner.frozen import dataclass
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody wrote down that an image, by its key in the lock, has this digest; `place` is where that stands."""

    key: str
    digest: Digest
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A digest that was not adopted, all its places, and what the key has instead: in the lock, or elsewhere."""

    key: str
    digest: Digest
    places: tuple[str, ...]
    others: tuple[Digest, ...]
    is_locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The entries that a lock gains, sorted by key, and the digests that it does not."""

    pins: tuple[Pin, ...]
    contradictions: tuple[Contradiction, ...]


def recorded_digests(lock: Lock, key: str) -> tuple[Digest, ...]:
    """Return what the lock has for a key; for a whole tag, the digests of its platforms too, as `check` sees it."""
    if "#" not in key:
        return tuple(dict.fromkeys(pin.digest for pin in lock.pins_for(key)))
    pin = lock.get(key)
    return () if pin is None else (pin.digest,)


def adopt(lock: Lock, claims: Iterable[Claim]) -> Adoption:
    """Return what the claims add to a lock. One with several digests for a key adds nothing for it."""
    places: dict[str, dict[Digest, dict[str, None]]] = {}
    for claim in claims:
        places.setdefault(claim.key, {}).setdefault(claim.digest, {})[claim.place] = None
    pins: list[Pin] = []
    contradictions: list[Contradiction] = []
    for key, digests in sorted(places.items()):
        recorded = recorded_digests(lock, key)
        if not recorded and len(digests) == 1:
            pins.append(Pin(key=key, digest=next(iter(digests))))
        else:
            contradictions += _contradictions(key, digests, recorded)
    return Adoption(pins=tuple(pins), contradictions=tuple(contradictions))


def _contradictions(
    key: str, digests: dict[Digest, dict[str, None]], recorded: tuple[Digest, ...]
) -> Iterator[Contradiction]:
    for digest, places in digests.items():
        if digest not in recorded:
            others = recorded or tuple(other for other in digests if other != digest)
            yield Contradiction(key=key, digest=digest, places=tuple(places), others=others, is_locked=bool(recorded))
