"""Whether a moved digest matters here: for the platforms that are run, and for those that every image must have."""

from __future__ import annotations

from collections.abc import Sequence

from pinner.errors import NotFoundError
from pinner.frozen import dataclass
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor, Index, select
from pinner.oci.media_types import INDEXES
from pinner.oci.platform import Platform
from pinner.resolution import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A digest that a tag means now, and that has what the recorded one has for all platforms that are run."""

    key: str
    digest: Digest
    new: Digest


def is_same_for(platforms: Sequence[Platform], old: Resolved, new: Resolved) -> bool:
    """Return whether two indexes have the same manifest for each of `platforms`, and for one of them at least.

    What is no index, or was not read, is never the same.
    """
    if any(one.descriptor.media_type not in INDEXES or not one.images for one in (old, new)):
        return False
    pairs = [(_digest_for(platform, old.images), _digest_for(platform, new.images)) for platform in platforms]
    return all(before == after for before, after in pairs) and any(before is not None for before, _ in pairs)


def _digest_for(platform: Platform, images: tuple[Descriptor, ...]) -> Digest | None:
    try:
        return select(Index(media_type="", manifests=images), platform).digest
    except NotFoundError:
        return None


def lost(
    platforms: Sequence[Platform], old: Sequence[Platform] | None, new: Sequence[Platform] | None
) -> tuple[Platform, ...]:
    """Return which of `platforms` an image had and has no more; None is an image that names none."""
    return tuple(one for one in platforms if one.is_among(old or ()) and not one.is_among(new or ()))
