"""What a look-up gives: a union of two outcomes, and the seam to whoever looks up.

`plan` works with these values and never knows that there is a network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from pinner.errors import ResolutionError
from pinner.frozen import dataclass
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference

# How the digest became known: `head` is the registry's word, `get` is the hash of the bytes, `cache` is what one of
# them gave a moment ago, where the user said how long a moment is.
How = Literal["head", "get", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A reference and the manifest or index it means.

    `platforms` is None where the document was not read, and empty where it names none (a single manifest). `images` are
    the entries of an index that was read.
    `mirror` is the address that answered, where it was not the registry itself. `is_public` says that no credential was
    shown for it, so that everybody is told the same. `instead_of` is why the registry itself could not say what a tag
    means, where a mirror did in its place: the mirror may be behind.
    """

    reference: Reference
    descriptor: Descriptor
    how: How
    platforms: tuple[Platform, ...] | None = None
    images: tuple[Descriptor, ...] = ()
    mirror: str | None = None
    is_public: bool = False
    instead_of: ResolutionError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A reference that could not be resolved, and why."""

    reference: Reference
    error: ResolutionError


Resolution = Resolved | Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one host says of a digest, asked by itself; `mirror` is None where it is the registry."""

    mirror: str | None = None
    answer: Resolution


class Resolver(Protocol):
    """Looks references up; one that fails never hides another."""

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each tag means now, by the cheapest request that a registry answers (HEAD)."""

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each tag or digest means with the document read, its hash checked and its platforms known."""
