"""What a lockfile holds: pins by key, and the digests that wait until they are old enough to become one.

Every field of a pin is a function of its key and its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pinner.frozen import dataclass
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference

if TYPE_CHECKING:  # start-up: few locks have dates
    import datetime as dt

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One entry: the digest that a tag had when it was last accepted.

    `key` is the canonical `registry/repository:tag`, with `#os/architecture[/variant]` where one platform was pinned.
    `platforms` is sorted, and None where it is unknown or the document names none. `extra` holds the keys of a newer
    pinner, which are kept.
    """

    key: str
    digest: Digest
    media_type: str | None = None
    platforms: tuple[Platform, ...] | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        # Two runs that learn the same facts in another order must write the same bytes (H02).
        platforms = tuple(sorted({one.normal for one in self.platforms or ()}, key=str))
        object.__setattr__(self, "platforms", platforms or None)
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))

    @property
    def tagged(self) -> str:
        """The key without a platform: `registry/repository:tag`."""
        return self.key.partition("#")[0]

    @property
    def name(self) -> str:
        """The canonical `registry/repository`."""
        return self.tagged.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The tag."""
        return self.tagged.rpartition(":")[2]

    @property
    def platform(self) -> Platform | None:
        """The platform, where one was pinned."""
        written = self.key.partition("#")[2]
        return Platform.parse(written) if written else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A digest that a tag was seen to have, and that is not accepted yet.

    `seen` is the day in UTC on which pinner first saw it. `extra` holds the keys of a newer pinner, which are kept.
    """

    digest: Digest
    seen: dt.date
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """All pins, sorted by key, what waits to become one, and the tables of the file that are neither.

    `pending` has the candidates of a key, oldest first; the key may have no pin yet. `extra` keeps whatever a newer
    pinner wrote. `warnings` say what was kept without being understood; they are about a file, so they do not count
    when two locks are compared.
    """

    pins: Mapping[str, Pin] = field(default_factory=dict)
    pending: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    # What was pinned platform by platform, by its tag, and all keys by their names, once somebody asks for those.
    _of_platforms: Mapping[str, tuple[Pin, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    # `pins` for those who ask for thousands of them: its proxy takes twice the time.
    _pins: Mapping[str, Pin] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_name: dict[str, tuple[Pin, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = dict(sorted(self.pins.items()))
        of_platforms = _group((pin for key, pin in ordered.items() if "#" in key), lambda pin: pin.tagged)
        object.__setattr__(self, "_of_platforms", of_platforms)
        object.__setattr__(self, "_pins", ordered)
        pending = {key: order_candidates(self.pending[key]) for key in sorted(self.pending) if self.pending[key]}
        object.__setattr__(self, "pins", MappingProxyType(ordered))
        object.__setattr__(self, "pending", MappingProxyType(pending))
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))

    @classmethod
    def empty(cls) -> Lock:
        """Return the lock of a tree that has none."""
        return cls()

    @classmethod
    def of(cls, pins: Iterable[Pin]) -> Lock:
        """Return a lock of these pins."""
        return cls.empty().with_pins(pins)

    def get(self, key: str) -> Pin | None:
        """Return the pin with this key."""
        return self.pins.get(key)

    def pins_for(self, tagged: str) -> tuple[Pin, ...]:
        """Return the pin of `registry/repository:tag` and those of its platforms."""
        plain = self._pins.get(tagged)
        if not self._of_platforms:
            return () if plain is None else (plain,)
        of_platforms = self._of_platforms.get(tagged, ())
        return of_platforms if plain is None else (plain, *of_platforms)

    def for_digest(self, name: str, digest: Digest) -> tuple[Pin, ...]:
        """Return the pins of `registry/repository` that hold `digest`: whose a digest-only reference is."""
        if not self._by_name:
            self._by_name.update(_group(self.pins.values(), lambda pin: pin.name))
        return tuple(pin for pin in self._by_name.get(name, ()) if pin.digest == digest)

    def with_pin(self, pin: Pin) -> Lock:
        """Return the lock with this pin added, or in the place of the one with its key."""
        return self.with_pins((pin,))

    def with_pins(self, pins: Iterable[Pin]) -> Lock:
        """Return the lock with all these pins; the last one of a key counts."""
        added = {pin.key: pin for pin in pins}
        return Lock(pins={**self.pins, **added}, pending=self.pending, extra=self.extra, warnings=self.warnings)

    def with_pending(self, pending: Mapping[str, tuple[Candidate, ...]]) -> Lock:
        """Return the lock with these candidates in the place of those of the same keys; none where there are none."""
        waiting = {**self.pending, **pending}
        return Lock(pins=self.pins, pending=waiting, extra=self.extra, warnings=self.warnings)

    def without(self, *keys: str) -> Lock:
        """Return the lock without these keys and what waits for them; one that is not there does no harm."""
        gone = frozenset(keys)
        pins = {key: pin for key, pin in self.pins.items() if key not in gone}
        pending = {key: candidates for key, candidates in self.pending.items() if key not in gone}
        return Lock(pins=pins, pending=pending, extra=self.extra, warnings=self.warnings)


def _group(pins: Iterable[Pin], part: Callable[[Pin], str]) -> dict[str, tuple[Pin, ...]]:
    groups: dict[str, tuple[Pin, ...]] = {}
    for pin in pins:
        groups[part(pin)] = (*groups.get(part(pin), ()), pin)
    return groups


def order_candidates(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates of one key, oldest first; of one digest, the one that was seen first."""
    first: dict[Digest, Candidate] = {}
    for one in sorted(candidates, key=lambda one: (one.seen, str(one.digest))):
        first.setdefault(one.digest, one)
    return tuple(first.values())


def candidates_after(candidates: Iterable[Candidate], digest: Digest) -> tuple[Candidate, ...]:
    """Return what still waits once `digest` is accepted: what was seen after it, and all where it never waited."""
    waiting = tuple(candidates)
    accepted = next((one.seen for one in waiting if one.digest == digest), None)
    return waiting if accepted is None else tuple(one for one in waiting if one.seen > accepted)


def lock_key(reference: Reference, platform: Platform | None = None) -> str:
    """Return the key of a reference, for all platforms or for one; its default variant is left out."""
    return f"{reference.tagged}#{platform.normal}" if platform else reference.tagged
