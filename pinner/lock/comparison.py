"""What changed between two lockfiles, for people who review it."""

from __future__ import annotations

from pinner.frozen import dataclass
from pinner.lock.model import Lock, Pin


@dataclass(frozen=True, slots=True)
class Moved:
    """One key whose digest is another one now."""

    old: Pin
    new: Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDifference:
    """Pins that came, went and moved, each sorted by key.

    Media type and platforms follow from the digest, so learning them is no change.
    """

    added: tuple[Pin, ...]
    removed: tuple[Pin, ...]
    moved: tuple[Moved, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both locks pin the same images to the same digests."""
        return not (self.added or self.removed or self.moved)


def compare(old: Lock, new: Lock) -> LockDifference:
    """Return what `new` has that `old` had not, and the other way round."""
    common = [(pin, new.pins[key]) for key, pin in old.pins.items() if key in new.pins]
    return LockDifference(
        added=tuple(pin for key, pin in new.pins.items() if key not in old.pins),
        removed=tuple(pin for key, pin in old.pins.items() if key not in new.pins),
        moved=tuple(Moved(before, after) for before, after in common if before.digest != after.digest),
    )
