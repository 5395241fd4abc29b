"""What speaks for or against a digest beside a tag that means another one: the lock, its history, other tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from pinner.commands.evidence import OpenReader
from pinner.commands.labels import read_versions
from pinner.commands.project import Project
from pinner.errors import ResolutionError
from pinner.frozen import dataclass
from pinner.lock.history import COMMIT_MARK, recorded_in
from pinner.lock.model import Lock, lock_key
from pinner.oci.digest import Digest
from pinner.oci.media_types import INDEXES
from pinner.oci.reference import Reference
from pinner.oci.tags import TagList
from pinner.oci.versions import nearest_to
from pinner.policy.claims import Claim
from pinner.policy.observations import Evidence, Observation
from pinner.resolution import Resolved, Resolver
from pinner.review.tags import TagKind, classify_tag

# So many tags of a repository are looked up for one that moved, the nearest versions first.
MOST_TAGS: Final = 50
_Tags = dict[tuple[str, Digest], dict[str, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLook:
    """What is asked besides, where a tag moved: the other tags of a repository, and what images say of themselves."""

    list_tags: Callable[[Reference], TagList]
    open_reader: OpenReader


def with_evidence(
    seen: Sequence[Observation], project: Project, lock: Lock, resolver: Resolver, *, deep: DeepLook | None
) -> tuple[Observation, ...]:
    """Add what else is known of the digests whose tag means another one."""
    moved = [one for one in seen if one.has_moved]
    if not moved:
        return tuple(seen)
    tags = _known_tags(seen)
    labels: dict[Claim, str] = {}
    if deep is not None:
        _add_other_tags(tags, moved, resolver, deep, project.warn)
        labels = read_versions(moved, deep.open_reader)
    history = recorded_in(project.workspace.read_lock_patches(COMMIT_MARK))
    parents = _read_parents(moved, lock, resolver)

    def evidence_for(claim: Claim) -> Evidence:
        key = lock_key(claim.reference, claim.platform)
        in_lock = any(pin.digest == claim.digest for pin in lock.pins_for(claim.reference.tagged))
        commit = history.get((key, str(claim.digest)))
        kind = classify_tag(str(claim.reference.tag))
        return Evidence(
            tags=tuple(tags.get((claim.reference.name, claim.digest), ())),
            locked=() if in_lock else _tags_locked_for(claim, lock),
            label=labels.get(claim),
            recorded=f"commit {commit}" if commit else "the lock" if in_lock else None,
            parent=parents.get(claim),
            promise=None if kind is TagKind.MOVING else kind.words,
        )

    return tuple(replace(one, evidence=evidence_for(one.claim)) if one.has_moved else one for one in seen)


def _known_tags(seen: Iterable[Observation]) -> _Tags:
    """Return the tags that were looked up anyway, by what they mean."""
    tags: _Tags = {}
    for one in seen:
        if one.claim.reference.tag and isinstance(one.meaning, Resolved) and one.claim.platform is None:
            _add_tag(tags, one.meaning, one.claim.reference.tag)
    return tags


def _add_tag(tags: _Tags, meaning: Resolved, tag: str) -> None:
    if meaning.instead_of is None:
        tags.setdefault((meaning.reference.name, meaning.descriptor.digest), {})[tag] = None


def _add_other_tags(
    tags: _Tags, moved: Sequence[Observation], resolver: Resolver, deep: DeepLook, warn: Callable[[str], None]
) -> None:
    """Look up the tags of the repositories that are nearest to those that moved."""
    wanted: dict[Reference, None] = {}
    for repository in dict.fromkeys(one.claim.reference.with_tag(None) for one in moved):
        try:
            found = deep.list_tags(repository).tags
        except ResolutionError as error:
            warn(f"the other tags of {repository.name} are not known: {error.message}")
            continue
        for one in moved:
            if one.claim.reference.with_tag(None) == repository:
                near = nearest_to(str(one.claim.reference.tag), found)[:MOST_TAGS]
                wanted |= dict.fromkeys(repository.with_tag(tag) for tag in near)
    references = tuple(wanted)
    for reference, answer in zip(references, resolver.look_up(references), strict=True):
        if isinstance(answer, Resolved):
            _add_tag(tags, answer, str(reference.tag))


def _tags_locked_for(claim: Claim, lock: Lock) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pin.tag for pin in lock.for_digest(claim.reference.name, claim.digest)))


def _read_parents(moved: Iterable[Observation], lock: Lock, resolver: Resolver) -> dict[Claim, Resolved]:
    """Return the indexes of which a pinned digest is an entry, as far as tag and lock lead to one."""
    wanted = {one.claim: _indexes_of(one, lock) for one in moved if one.is_single}
    references = tuple(dict.fromkeys(reference for group in wanted.values() for reference in group))
    read = dict(zip(references, resolver.describe(references), strict=True))
    found: dict[Claim, Resolved] = {}
    for claim, group in wanted.items():
        for index in map(read.get, group):
            if isinstance(index, Resolved) and any(entry.digest == claim.digest for entry in index.images):
                found.setdefault(claim, index)
    return found


def _indexes_of(one: Observation, lock: Lock) -> tuple[Reference, ...]:
    """Return the indexes that the tag of a claim means: now, and as the lock says."""
    reference = one.claim.reference.with_tag(None)
    digests = [pin.digest for pin in lock.pins_for(one.claim.reference.tagged) if pin.media_type in INDEXES]
    if isinstance(one.meaning, Resolved) and one.meaning.descriptor.media_type in INDEXES:
        digests.insert(0, one.meaning.descriptor.digest)
    return tuple(reference.pinned_to(digest) for digest in dict.fromkeys(digests))
