"""What files and lock claim of the world: that a digest is there, and that a tag meant it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pinner.formats.base import Occurrence, ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.policy.selection import is_selected


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where a claim is written; without a path, on the command line."""

    path: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    locator: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.path else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A digest, the tag it was written for where there is one, and the platform where only one was pinned."""

    reference: Reference
    digest: Digest
    platform: Platform | None = None
    spots: tuple[Spot, ...] = ()

    @property
    def at_digest(self) -> Reference:
        """The reference to the digest alone."""
        return self.reference.with_tag(None).pinned_to(self.digest)

    @property
    def at_tag(self) -> Reference | None:
        """The reference to the tag alone."""
        return self.reference.with_tag(self.reference.tag) if self.reference.tag else None

    @property
    def shown(self) -> str:
        """What messages call the image."""
        return f"{self.reference.unpinned().written!r}{f' for {self.platform}' if self.platform else ''}"


@dataclass(frozen=True, slots=True)
class Written:
    """A reference with a digest, and where it stands."""

    reference: Reference
    spot: Spot


def written_in(file: ScannedFile) -> tuple[Written, ...]:
    """Return the references of a file that have a digest."""
    return tuple(Written(one.reference, _spot(file, one)) for one in file.occurrences if one.reference.digest)


def _spot(file: ScannedFile, occurrence: Occurrence) -> Spot:
    start, end = (file.source.position(place) for place in (occurrence.span.start, occurrence.span.end))
    return Spot(occurrence.path, start.line, start.column, end.line, end.column, occurrence.locator)


def gather_claims(
    written: Iterable[Written], lock: Lock, *, lock_path: str, lock_lines: Mapping[str, int]
) -> tuple[Claim, ...]:
    """Return what is claimed, once each and in order; what a file says stands there, and only the rest in the lock."""
    claims: dict[object, Claim] = {}
    for one in written:
        _add(claims, _claim_of(one, lock))
    in_files = set(claims)
    for pin in lock.pins.values():
        claim = _locked(pin, Spot(lock_path, *(lock_lines.get(pin.key, 1), 1) * 2, f'images."{pin.key}"'))
        if _identity(claim) not in in_files:
            _add(claims, claim)
    return tuple(claims[key] for key in sorted(claims, key=str))


def _add(claims: dict[object, Claim], claim: Claim) -> None:
    key = _identity(claim)
    known = claims.get(key)
    claims[key] = claim if known is None else replace(known, spots=tuple(sorted({*known.spots, *claim.spots})))


def _identity(claim: Claim) -> object:
    reference = claim.reference
    return (reference.name, reference.tag or "", str(claim.digest), str(claim.platform or ""))


def _claim_of(one: Written, lock: Lock) -> Claim:
    """Return the claim of a place; the lock says where the digest is that of one platform."""
    digest = one.reference.digest
    assert digest is not None, "only these are claims"
    pins = lock.pins_for(one.reference.tagged) if one.reference.tag else ()
    platform = next((pin.platform for pin in pins if pin.digest == digest), None)
    return Claim(reference=one.reference, digest=digest, platform=platform, spots=(one.spot,))


def _locked(pin: Pin, spot: Spot) -> Claim:
    return Claim(reference=Reference.parse(pin.tagged), digest=pin.digest, platform=pin.platform, spots=(spot,))


def claim_on_request(reference: Reference, lock: Lock) -> Claim:
    """Return the claim of a reference with a digest that stands in no file."""
    return replace(_claim_of(Written(reference, Spot()), lock), spots=(Spot(),))


def select_claims(claims: Sequence[Claim], globs: Sequence[str]) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Return the claims that some glob selects (all without globs), and the globs that select none."""
    if not globs:
        return tuple(claims), ()
    missed = tuple(glob for glob in globs if not any(is_selected(one.reference, glob) for one in claims))
    return tuple(one for one in claims if any(is_selected(one.reference, glob) for glob in globs)), missed
