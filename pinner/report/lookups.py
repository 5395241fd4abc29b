"""What registries said, for people and for pipes: one thing a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pinner.oci.reference import Reference
from pinner.oci.referrers import CREATED, TITLE, Referrer, ReferrerList
from pinner.oci.tags import TagList, sort_tags
from pinner.report.text import escape, join_lines
from pinner.resolution import Resolution, Unresolved
from pinner.rewriting import Failure


def render_resolutions(resolutions: Iterable[Resolution]) -> str:
    """Return a digest a line, for those that were found."""
    return join_lines(str(one.descriptor.digest) for one in resolutions if not isinstance(one, Unresolved))


def render_tags(_repository: Reference, tags: TagList) -> str:
    """Return a tag a line, versions in their order."""
    return join_lines(sort_tags(tags.tags))


def render_referrers(_image: Reference, found: ReferrerList) -> str:
    """Return a line a referrer: digest, artifact type, size in bytes, and its title and date where it has them."""
    return join_lines("  ".join(map(escape, _referrer_columns(one))) for one in found.referrers)


def _referrer_columns(one: Referrer) -> Iterator[str]:
    yield str(one.digest)
    yield one.artifact_type or one.media_type or "-"
    yield "-" if one.size is None else str(one.size)
    yield from (one.annotations[key] for key in (TITLE, CREATED) if key in one.annotations)


def failures_of(resolutions: Iterable[Resolution]) -> tuple[Failure, ...]:
    """Return the references that could not be resolved as failures without a place."""
    return tuple(
        Failure(image=one.reference.written, places=(), error=one.error)
        for one in resolutions
        if isinstance(one, Unresolved)
    )
