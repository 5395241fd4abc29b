"""Which of the platforms that a project requires an image lacks, as its registry says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinner.commands.network import OpenResolver
from pinner.errors import NotFoundError, RateLimitedError, ResolutionError
from pinner.oci.media_types import INDEXES
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution, Resolved, Resolver, Unresolved

# The platforms that an image lacks, or why that is not known.
Lack = tuple[Platform, ...] | ResolutionError


def find_lacks(
    references: Sequence[Reference], required: Sequence[Platform], resolver: Resolver, open_resolver: OpenResolver
) -> dict[Reference, Lack]:
    """Return what each image lacks, read by digest: an index says it, or a manifest's configuration."""
    read = dict(zip(references, resolver.describe(references), strict=True))
    singles = tuple(reference for reference, one in read.items() if _is_single(one))
    by_platform = {platform: _read_for(platform, singles, open_resolver) for platform in required if singles}
    return {
        reference: _lack_of_single(reference, by_platform) if reference in singles else _lack_of_index(one, required)
        for reference, one in read.items()
    }


def _is_single(one: Resolution) -> bool:
    return isinstance(one, Resolved) and one.descriptor.media_type not in INDEXES


def _read_for(
    platform: Platform, references: Sequence[Reference], open_resolver: OpenResolver
) -> Mapping[Reference, Resolution]:
    with open_resolver(platform) as resolver:
        return dict(zip(references, resolver.describe(references), strict=True))


def _lack_of_index(one: Resolution, required: Sequence[Platform]) -> Lack:
    if isinstance(one, Unresolved):
        return one.error
    if one.platforms is None:
        message = f"{one.reference.name}@{one.descriptor.digest}: the rate limit leaves no room to read its platforms"
        return RateLimitedError(message, hint="run again later, or log in for a higher limit")
    return tuple(platform for platform in required if not platform.is_among(one.platforms))


def _lack_of_single(reference: Reference, by_platform: Mapping[Platform, Mapping[Reference, Resolution]]) -> Lack:
    lacking: list[Platform] = []
    for platform, answers in by_platform.items():
        answer = answers[reference]
        if isinstance(answer, Unresolved) and not isinstance(answer.error, NotFoundError):
            return answer.error
        lacking += [platform] if isinstance(answer, Unresolved) else []
    return tuple(lacking)
