"""Which version images say they are, where their publisher says so of what a tag means now.

Labels are inherited: an image that was made from Ubuntu may say `24.04`. So a label speaks for a digest only where the
one of what the tag means now agrees with the tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pinner.commands.evidence import Move, OpenReader, gather_evidence
from pinner.lock.model import Pin, lock_key
from pinner.oci.labels import VERSION
from pinner.oci.versions import agrees
from pinner.policy.claims import Claim
from pinner.policy.observations import Observation
from pinner.resolution import Resolved
from pinner.review.evidence import Evidence


def read_versions(moved: Iterable[Observation], open_reader: OpenReader) -> dict[Claim, str]:
    """Return what the pinned digests call their version, where that can be believed; both sides of each are read."""
    moves = {one.claim: _move_of(one.claim, one.meaning) for one in moved if isinstance(one.meaning, Resolved)}
    found: dict[Claim, str] = {}
    for group in _apart(tuple(moves.items())):
        evidence = gather_evidence(tuple(group.values()), open_reader)
        for claim, (_, new) in group.items():
            version = _version(str(claim.reference.tag), evidence[new.key])
            found |= {} if version is None else {claim: version}
    return found


def _move_of(claim: Claim, meaning: Resolved) -> Move:
    key = lock_key(claim.reference, claim.platform)
    return Pin(key=key, digest=claim.digest), Pin(key=key, digest=meaning.descriptor.digest)


def _apart(moves: Sequence[tuple[Claim, Move]]) -> Iterator[dict[Claim, Move]]:
    """Yield groups in which every key stands once: files may have several digests for one tag."""
    left = list(moves)
    while left:
        group = {move[1].key: (claim, move) for claim, move in reversed(left)}
        left = [one for one in left if one[0] not in {claim for claim, _ in group.values()}]
        yield dict(group.values())


def _version(tag: str, evidence: Evidence) -> str | None:
    label = next((one for one in evidence.labels if one.name == VERSION), None)
    return label.old if label is not None and label.new is not None and agrees(tag, label.new) else None
