"""`verify`: what files and lock claim, held against what registries say today. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from pinner.commands.check import lines_of_lock
from pinner.commands.network import OpenResolver
from pinner.commands.platforms import find_lacks
from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import scan_each
from pinner.commands.survey import Survey
from pinner.commands.witnesses import DeepLook, with_evidence
from pinner.errors import InvalidReferenceError, UsageError
from pinner.formats.base import ScannedFile, Unreadable, read_reference
from pinner.frozen import dataclass
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.policy.base import rank
from pinner.policy.claims import Claim, Written, claim_on_request, gather_claims, select_claims, written_in
from pinner.policy.findings import Finding
from pinner.policy.observations import Observation, unknowns_of
from pinner.policy.online_rules import judge
from pinner.policy.rules import find_unreadable
from pinner.resolution import Resolution, Resolver
from pinner.rewriting import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What registries say of so many `claims`, which stand in so many `files`; `failures` are what is not known."""

    files: int
    claims: int
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]


def verify(
    project: Project,
    images: Sequence[str],
    *,
    open_resolver: OpenResolver,
    survey: Survey,
    deep: DeepLook | None = None,
) -> Verification:
    """Hold what is pinned against the registries: all of it, or what `images` select or name with a digest.

    Raise `UsageError` for an image that selects nothing.
    """
    lock_file = project.read_lock()
    reading = _read_claims(project, lock_file, images)
    claims = reading.claims
    if not claims:
        return Verification(files=reading.files, claims=0, findings=reading.unreadable, failures=())
    with open_resolver(None) as resolver:
        sightings = survey(resolver, [one.at_digest for one in claims])
        meanings = _look_up_tags(claims, resolver, open_resolver)
        observed = [
            Observation(claim=one, sightings=found, meaning=meaning)
            for one, found, meaning in zip(claims, sightings, meanings, strict=True)
        ]
        seen = with_evidence(observed, project, lock_file.lock, resolver, deep=deep)
        seen = _with_platforms(seen, project.config.required_platforms, resolver, open_resolver)
    findings = (*reading.unreadable, *(finding for one in seen for finding in judge(one)))
    return Verification(
        files=reading.files,
        claims=len(claims),
        findings=tuple(sorted(findings, key=rank)),
        failures=tuple(_failures(seen)),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What so many files and the lock claim, and which files cannot be read."""

    files: int
    claims: tuple[Claim, ...]
    unreadable: tuple[Finding, ...]


def _read_claims(project: Project, lock_file: LockFile, images: Sequence[str]) -> _Reading:
    """Return what is to be verified; images with a digest need no file."""
    named = tuple(claim_on_request(_read_image(one), lock_file.lock) for one in images if "@" in one)
    globs = [one for one in images if "@" not in one]
    if named and not globs:
        return _Reading(0, named, ())
    files = 0
    written: list[Written] = []
    unreadable: list[Finding] = []
    for file in scan_each(project, judge=_read_file):
        files += 1
        written += file.verdict[0]
        unreadable += file.verdict[1]
    claims = gather_claims(
        written, lock_file.lock, lock_path=lock_file.path, lock_lines=lines_of_lock(lock_file.text or "")
    )
    selected, missed = select_claims(claims, globs)
    if missed:
        message = f"no image that is pinned or locked matches {' or '.join(map(repr, missed))}"
        raise UsageError(
            message, hint="name one with its digest, nginx:1.27@sha256:…, to verify what stands in no file"
        )
    return _Reading(files, (*named, *selected), tuple(unreadable))


def _read_file(file: ScannedFile) -> tuple[tuple[Written, ...], tuple[Finding, ...]]:
    return written_in(file), find_unreadable(file)


def _read_image(text: str) -> Reference:
    found = read_reference(text)
    if isinstance(found, Unreadable):
        detail = found.detail or found.reason
        raise InvalidReferenceError(detail if repr(text) in detail else f"{text!r}: {detail}")
    return found


def _look_up_tags(
    claims: Sequence[Claim], resolver: Resolver, open_resolver: OpenResolver
) -> tuple[Resolution | None, ...]:
    """Return what the tag of each claim means now, for its platform where one was pinned."""
    found: dict[int, Resolution] = {}
    groups: dict[Platform | None, dict[int, Reference]] = {}
    for number, claim in enumerate(claims):
        if claim.at_tag is not None:
            groups.setdefault(claim.platform, {})[number] = claim.at_tag
    for platform, group in groups.items():
        with nullcontext(resolver) if platform is None else open_resolver(platform) as one:
            found |= zip(group, one.look_up(tuple(group.values())), strict=True)
    return tuple(map(found.get, range(len(claims))))


def _with_platforms(
    seen: Sequence[Observation], required: Sequence[Platform], resolver: Resolver, open_resolver: OpenResolver
) -> tuple[Observation, ...]:
    """Add which platforms are lacking; an image that was pinned for one of them is the lock's matter, and `check`'s."""
    readable = [one.claim.at_digest for one in seen if one.is_there and one.claim.platform is None]
    if not required or not readable:
        return tuple(seen)
    lacks = find_lacks(tuple(dict.fromkeys(readable)), required, resolver, open_resolver)
    return tuple(replace(one, lack=lacks.get(one.claim.at_digest, ())) for one in seen)


def _failures(seen: Iterable[Observation]) -> Iterator[Failure]:
    for one in seen:
        places = tuple(str(spot) for spot in one.claim.spots)
        for error in unknowns_of(one):
            yield Failure(image=one.claim.reference.written, places=places, error=error)
