"""Rules that hold the files against the lock, and the lock against the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.formats.base import Occurrence, ScannedFile
from pinner.forms import Form
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.policy.base import (
    Facts,
    Mention,
    Mentions,
    Rule,
    finding_at,
    finding_in_lock,
    mention_of,
    occurrences_of,
    shorten,
)
from pinner.policy.findings import Finding
from pinner.policy.usage import keys_used

_BY_HAND: Final = "pinner leaves this file as it is: change the digest by hand, or take it out"
_SHOWN: Final = 3
_HOW_TO_PRUNE: Final = "run `pinner lock prune`, or keep it if files outside of this tree use it"


def find_drift(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield digests of files that the lock contradicts."""
    for file, occurrence in occurrences_of(facts):
        reference = occurrence.reference
        pins = facts.lock.pins_for(reference.tagged)
        if reference.digest is None or reference.tag is None or not pins:
            continue
        if all(pin.digest != reference.digest for pin in pins):
            message = f"{reference.unpinned().written!r} has {shorten(reference.digest)} here and "
            message += f"{_locked(pins)} in {facts.lock_path}"
            hint = _BY_HAND if file.form is Form.LEAVE else "run `pinner update` to accept what the tag means now"
            yield finding_at(rule, file, occurrence, message=message, hint=hint)


def find_unlocked(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield digests of files that the lock does not know."""
    for file, occurrence in occurrences_of(facts):
        reference = occurrence.reference
        if reference.digest is None:
            continue
        known = (
            facts.lock.pins_for(reference.tagged)
            if reference.tag
            else facts.lock.for_digest(reference.name, reference.digest)
        )
        if not known:
            message = f"the digest of {reference.unpinned().written!r} is not in {facts.lock_path}"
            yield finding_at(rule, file, occurrence, message=message, hint=_how_to_record(occurrence))


def _how_to_record(occurrence: Occurrence) -> str:
    if occurrence.reference.tag is None:
        return "write the tag in front of the digest, then run `pinner update`"
    return "`pinner lock import` records it as it is, `pinner update` what the tag means now"


def find_unused(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield entries that no file uses, where all files were scanned."""
    for key in _unused(facts, facts.lock.pins):
        message = f"{key!r} is used in no file"
        yield finding_in_lock(rule, facts, key, message=message, hint=_HOW_TO_PRUNE)


def find_unused_candidates(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield what waits for a tag that neither the lock nor a file has, where all files were scanned."""
    for key in _unused(facts, facts.lock.pending):
        if key not in facts.lock.pins:
            message = f"a digest waits for {key!r}, which is used in no file"
            yield finding_in_lock(rule, facts, key, table="pending", message=message, hint="run `pinner lock prune`")


def _unused(facts: Facts, keys: Iterable[str]) -> Iterator[str]:
    if facts.is_whole_tree:
        used = facts.used | keys_used(facts.files, facts.lock)
        yield from (key for key in keys if key not in used)


def find_merge_conflicts(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield the conflicts that a merge has left in the lock."""
    for line, key in facts.conflicts:
        about = f" about {key!r}" if key else ""
        yield Finding(
            rule=rule.id,
            severity=rule.severity,
            message=f"the lockfile holds a merge conflict{about}; nothing else was checked",
            path=facts.lock_path,
            line=line,
            column=1,
            end_line=line,
            end_column=1,
            locator=key and f'images."{key}"',
            image=key.partition("#")[0],
            hint="run `pinner lock resolve`",
        )


def mentions_in(file: ScannedFile, lock: Lock) -> Mentions:
    """Return the digests that a file writes for tags which the lock does not have; others are held against it."""
    mentions: dict[str, dict[Digest, Mention]] = {}
    for occurrence in file.occurrences:
        reference = occurrence.reference
        if reference.digest is None or reference.tag is None or lock.pins_for(reference.tagged):
            continue
        digests = mentions.setdefault(reference.tagged, {})
        if reference.digest not in digests:
            digests[reference.digest] = mention_of(file, occurrence)
    return mentions


def find_tag_conflicts(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield every digest of a tag that has several in the files, where the lock has none that could decide."""
    for tagged, digests in facts.mentions.items():
        for digest, at in digests.items() if len(digests) > 1 else ():
            others = [f"{shorten(one)} at {place}" for one, place in digests.items() if one != digest]
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                message=f"{tagged!r} has {shorten(digest)} here and {', '.join(others[:_SHOWN])}{more}",
                path=at.path,
                line=at.line,
                column=at.column,
                end_line=at.end_line,
                end_column=at.end_column,
                locator=at.locator,
                image=tagged,
                hint="run `pinner update` to write what the tag means now in all places",
            )


def find_missing_platforms(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield images that lack a platform which they must have, as far as the lock knows."""
    for pins, offered in _offers(facts):
        missing = [one for one in facts.required_platforms if not one.is_among(offered)]
        if missing and offered and not _is_unknown(pins):
            verb = "is not pinned for" if all(pin.platform for pin in pins) else "does not have"
            message = f"{pins[0].tagged!r} {verb} {' and '.join(map(str, missing))}, which this project requires"
            hint = f"it has {', '.join(map(str, sorted(offered, key=str)))}; choose another image, or require less"
            yield finding_in_lock(rule, facts, pins[0].key, message=message, hint=hint)


def find_unknown_platforms(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield images of which the lock knows no platforms, where some are required."""
    for pins, _ in _offers(facts):
        if _is_unknown(pins):
            message = f"whether {pins[0].tagged!r} has {' and '.join(map(str, facts.required_platforms))} is not known"
            hint = "the document of one platform does not name it; `pinner verify` asks the registry"
            yield finding_in_lock(rule, facts, pins[0].key, message=message, hint=hint)


def _offers(facts: Facts) -> Iterator[tuple[tuple[Pin, ...], frozenset[Platform]]]:
    """Yield the entries of each tag that files use, with all platforms that are known of it; none if none is required.

    What was pinned platform by platform has them all together.
    """
    if not facts.required_platforms:
        return
    used = facts.used | keys_used(facts.files, facts.lock)
    keys = facts.lock.pins if facts.is_whole_tree else [key for key in facts.lock.pins if key in used]
    for tagged in dict.fromkeys(facts.lock.pins[key].tagged for key in keys):
        pins = facts.lock.pins_for(tagged)
        own = (pin.platform for pin in pins)
        offered = (platform for pin in pins for platform in pin.platforms or ())
        yield pins, frozenset((*(one for one in own if one), *offered))


def _is_unknown(pins: Sequence[Pin]) -> bool:
    return any(pin.platforms is None and pin.platform is None for pin in pins)


def _locked(pins: Sequence[Pin]) -> str:
    return " or ".join(shorten(pin.digest) for pin in pins)
