"""The rules of `verify`: what was seen of a claim, decided from values and asked of nobody.

A finding is what is known. What could not be found out is a failure, and never passes for a finding or for its absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pinner.errors import NotFoundError, UnsupportedError
from pinner.frozen import dataclass
from pinner.oci.versions import agrees, contradicts
from pinner.policy.base import PLATFORM_MISSING, shorten
from pinner.policy.claims import Claim, Spot
from pinner.policy.findings import Finding, Severity
from pinner.policy.observations import Observation, error_of
from pinner.resolution import Resolved

DIGEST_MISSING: Final = "digest-missing"
DIGEST_MISSING_MIRROR: Final = "digest-missing-mirror"
NOT_AN_IMAGE: Final = "not-an-image"
TAG_MISMATCH: Final = "tag-mismatch"
TAG_MISSING: Final = "tag-missing"
TAG_REPUBLISHED: Final = "tag-republished"
TAG_MOVED: Final = "tag-moved"
PLATFORM_DIGEST: Final = "platform-digest"

# The rules of `verify`: what a finding weighs, and what holds where there is none.
ONLINE_RULES: Final = {
    DIGEST_MISSING: (Severity.ERROR, "the registry has every pinned digest"),
    NOT_AN_IMAGE: (Severity.ERROR, "a pinned digest is that of an image"),
    PLATFORM_MISSING: (Severity.ERROR, "a pinned image has the platforms that the configuration requires"),
    TAG_MISMATCH: (Severity.ERROR, "a digest is one that its tag can have meant"),
    DIGEST_MISSING_MIRROR: (Severity.WARNING, "every mirror has every digest that the registry has"),
    TAG_MISSING: (Severity.WARNING, "the tag beside a digest is still there"),
    TAG_REPUBLISHED: (Severity.WARNING, "a full version, a date or a commit means what it meant when it was pinned"),
    PLATFORM_DIGEST: (Severity.WARNING, "what is pinned is what the tag means, not one platform of it"),
    TAG_MOVED: (Severity.NOTE, "the tag still means the pinned digest"),
}
# So many tags are named that mean a digest; a release may have a dozen.
_MOST_TAGS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remark:
    rule: str
    message: str
    hint: str = ""


def judge(seen: Observation) -> tuple[Finding, ...]:
    """Return what is to be said of a claim, at each of its places."""
    remarks = (*_judge_presence(seen), *_judge_platforms(seen), *_judge_meaning(seen))
    return tuple(_finding(seen.claim, one, spot) for one in remarks for spot in seen.claim.spots)


def _finding(claim: Claim, remark: _Remark, spot: Spot) -> Finding:
    severity, _ = ONLINE_RULES[remark.rule]
    return Finding(
        rule=remark.rule,
        severity=severity,
        message=remark.message,
        path=spot.path,
        line=spot.line,
        column=spot.column,
        end_line=spot.end_line,
        end_column=spot.end_column,
        locator=spot.locator,
        image=claim.reference.tagged if claim.reference.tag else claim.reference.name,
        hint=remark.hint,
    )


def _judge_presence(seen: Observation) -> Iterator[_Remark]:
    claim = seen.claim
    digest = f"{shorten(claim.digest)} of {claim.shown}"
    missing = [one for one in seen.sightings if isinstance(error_of(one), NotFoundError)]
    having = [one for one in seen.sightings if isinstance(one.answer, Resolved)]
    is_asked = any(one.mirror is None for one in seen.sightings)
    if missing and (any(one.mirror is None for one in missing) or (not is_asked and not having)):
        whose = claim.reference.registry if is_asked else f"no mirror of {claim.reference.registry}"
        message = f"{whose} does not have {digest}" if is_asked else f"{whose} has {digest}"
        if having:
            message += f"; mirror {' and '.join(str(one.mirror) for one in having)} still has it"
        yield _Remark(rule=DIGEST_MISSING, message=message, hint=_how_to_replace(seen))
    else:
        for one in missing:
            yield _Remark(
                rule=DIGEST_MISSING_MIRROR,
                message=f"mirror {one.mirror} does not have {digest}",
                hint="whoever reaches only this mirror cannot pull it: copy it there, or mend what fills the mirror",
            )
    strange = next((one for one in map(error_of, seen.sightings) if isinstance(one, UnsupportedError)), None)
    if strange is not None:
        yield _Remark(rule=NOT_AN_IMAGE, message=strange.message, hint=strange.hint or "")


def _how_to_replace(seen: Observation) -> str:
    """Return the way to a digest that is there (H07)."""
    if seen.meaning is None:
        return "write the tag in front of the digest, then run `pinner update`"
    if seen.has_moved and not isinstance(seen.meaning, Resolved):
        return "the tag gives no other one: push the image again, or choose another tag"
    return f"run `pinner update --image '{seen.claim.reference.tagged}'`: it takes what the tag means now"


def _judge_platforms(seen: Observation) -> Iterator[_Remark]:
    if isinstance(seen.lack, tuple) and seen.lack:
        missing = " and ".join(map(str, seen.lack))
        message = (
            f"{shorten(seen.claim.digest)} of {seen.claim.shown} does not have {missing}, which this project requires"
        )
        yield _Remark(rule=PLATFORM_MISSING, message=message, hint="choose another image, or require less")


def _judge_meaning(seen: Observation) -> Iterator[_Remark]:
    claim, evidence = seen.claim, seen.evidence
    if not seen.has_moved:
        return
    wrong = [tag for tag in evidence.witnesses if contradicts(str(claim.reference.tag), tag)]
    if wrong and not any(agrees(str(claim.reference.tag), tag) for tag in evidence.witnesses):
        yield _mismatch(seen, wrong)
    elif not isinstance(seen.meaning, Resolved):
        message = f"the tag of {claim.shown} is gone{_explain(seen)}"
        hint = "the pin holds as long as the digest is there; `update` will fail until you choose another tag"
        yield _Remark(rule=TAG_MISSING, message=message, hint=hint)
    elif evidence.parent is not None:
        yield _part_of_index(seen, evidence.parent)
    else:
        yield _move(seen, seen.meaning)


def _mismatch(seen: Observation, wrong: Sequence[str]) -> _Remark:
    claim = seen.claim
    evidence, tag = seen.evidence, wrong[0]
    if tag in evidence.tags:
        means = f"{tag!r} means it now"
    else:
        means = f"the lock records it for {tag!r}" if tag in evidence.locked else f"it calls itself {tag!r}"
    message = f"{shorten(claim.digest)} stands beside {claim.shown}, but {means}: two versions are never one image"
    hint = f"write the tag {tag!r}, or run `pinner update` to take this tag's own"
    return _Remark(rule=TAG_MISMATCH, message=message, hint=hint if tag != evidence.label else "run `pinner update`")


def _part_of_index(seen: Observation, parent: Resolved) -> _Remark:
    claim = seen.claim
    platform = next((one.platform for one in parent.images if one.digest == claim.digest), None)
    name = f"{platform.normal} alone" if platform else "one platform alone"
    message = f"{claim.shown} is pinned to {name}: {shorten(claim.digest)} is an entry of what the tag means"
    hint = "run `pinner update` for all platforms"
    if platform:
        hint += f", or pin it with `--platform {platform.normal}` so that the lock says so"
    return _Remark(rule=PLATFORM_DIGEST, message=message, hint=hint)


def _move(seen: Observation, meaning: Resolved) -> _Remark:
    claim = seen.claim
    promise = seen.evidence.promise
    message = f"{claim.shown} means {shorten(meaning.descriptor.digest)} now, not {shorten(claim.digest)}"
    hint = f"run `pinner update --image '{claim.reference.tagged}'` to follow it"
    if promise:
        message += f", though it is {promise}"
        hint = f"look at what changed before you follow it: `pinner update --image '{claim.reference.tagged}' --diff`"
    return _Remark(rule=TAG_REPUBLISHED if promise else TAG_MOVED, message=message + _explain(seen), hint=hint)


def _explain(seen: Observation) -> str:
    """Return what is known of the digest's past, or that nothing is."""
    evidence, name = seen.evidence, shorten(seen.claim.digest)
    known = []
    if evidence.tags:
        verb = "means" if len(evidence.tags) == 1 else "mean"
        known.append(f"{name} is what {' and '.join(map(repr, evidence.tags[:_MOST_TAGS]))} {verb} now")
    if evidence.label:
        known.append(f"{name} calls itself {evidence.label!r}")
    if evidence.recorded:
        known.append(f"{evidence.recorded} recorded it for this tag")
    return "; " + ("; ".join(known) or f"whether it ever meant {name} is not known")
