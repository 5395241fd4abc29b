"""What was seen of a claim: what hosts say of its digest, what its tag means now, and what else speaks for either."""

from __future__ import annotations

from pinner.errors import NotFoundError, ResolutionError, UnsupportedError
from pinner.frozen import dataclass
from pinner.oci.media_types import MANIFESTS
from pinner.oci.platform import Platform
from pinner.policy.claims import Claim
from pinner.resolution import Resolution, Resolved, Sighting, Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What else is known of a digest in its repository.

    `tags` mean it now, `locked` are other tags that the lock records it for, `label` is the version that it calls
    itself. `recorded` says who recorded it for the claim's own tag: the lock, or a commit. `parent` is an index that
    has it as an entry, and that the tag means now or in the lock. `promise` is what the tag looks like, as in `a full
    version`, where nobody expects that it moves.
    """

    tags: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    label: str | None = None
    recorded: str | None = None
    parent: Resolved | None = None
    promise: str | None = None

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The tags and the label that say what the digest is."""
        return (*self.tags, *self.locked, *([] if self.label is None else [self.label]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A claim and what hosts say of it; `meaning` is None where the claim has no tag.

    `lack` holds the platforms that are required and not there, or why that is not known.
    """

    claim: Claim
    sightings: tuple[Sighting, ...]
    meaning: Resolution | None = None
    evidence: Evidence = Evidence()
    lack: tuple[Platform, ...] | ResolutionError = ()

    @property
    def is_there(self) -> bool:
        """Whether some host has the digest."""
        return any(isinstance(one.answer, Resolved) for one in self.sightings)

    @property
    def has_moved(self) -> bool:
        """Whether it is known that the tag does not mean the digest."""
        if isinstance(self.meaning, Resolved):
            return self.meaning.instead_of is None and self.meaning.descriptor.digest != self.claim.digest
        return self.meaning is not None and isinstance(self.meaning.error, NotFoundError)

    @property
    def is_single(self) -> bool:
        """Whether the digest is known to be a manifest, where no platform was asked for."""
        types = [one.answer.descriptor.media_type for one in self.sightings if isinstance(one.answer, Resolved)]
        return self.claim.platform is None and any(one in MANIFESTS for one in types)

    @property
    def is_no_image(self) -> bool:
        """Whether some host says that the digest is not that of an image."""
        return any(isinstance(one, UnsupportedError) for one in map(error_of, self.sightings))


def error_of(sighting: Sighting) -> ResolutionError | None:
    """Return why a host gave no digest, if it did not."""
    return sighting.answer.error if isinstance(sighting.answer, Unresolved) else None


def unknowns_of(seen: Observation) -> tuple[ResolutionError, ...]:
    """Return why something about the claim is not known, once a host."""
    errors = {one.mirror: error for one in seen.sightings if (error := error_of(one)) and not _is_settled(error)}
    if None in errors:
        return tuple(errors.values())
    doubts = (None if seen.meaning is None else _doubt(seen.meaning), seen.lack)
    # What is no image is said once, of the digest.
    told = (one for one in doubts if not (seen.is_no_image and isinstance(one, UnsupportedError)))
    return (*errors.values(), *(one for one in told if isinstance(one, ResolutionError)))


def _is_settled(error: ResolutionError) -> bool:
    """Return whether a host has said that it has no such image, which is all that there is to know."""
    return isinstance(error, NotFoundError | UnsupportedError)


def _doubt(meaning: Resolution) -> ResolutionError | None:
    """Return why it is not known what a tag means: a mirror that stands in for the registry may be behind (RES-28)."""
    if isinstance(meaning, Resolved):
        return meaning.instead_of
    return None if isinstance(meaning.error, NotFoundError) else meaning.error
