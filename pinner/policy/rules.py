"""The rules of `check`, as a table: what pinning means, decided offline from files and lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from pinner.errors import FormError
from pinner.formats.base import Occurrence, ScannedFile, Skipped, change_to
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.lock.model import Lock, Pin
from pinner.policy.findings import Finding, Severity
from pinner.policy.usage import keys_used
from pinner.text import Edit, Position, Source, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a rule may look at.

    `is_whole_tree` says that every file of the project was scanned, so that absence means something.
    """

    files: Sequence[ScannedFile]
    lock: Lock
    lock_path: str
    # Where the table of each lock entry stands; empty where the lock was not read from a file.
    lock_lines: dict[str, int]
    is_whole_tree: bool
    # Keys of lock entries that other files use.
    used: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its stable id, what a finding of it weighs, one sentence, and the check."""

    id: str
    severity: Severity
    summary: str
    check: Callable[[Rule, Facts], Iterator[Finding]]


# Reasons of skipped places that are mistakes, not circumstances.
_MISTAKES: Final = {
    "not-a-reference": "invalid-reference",
    "digest-after-variable": "digest-after-variable",
    **dict.fromkeys(("invalid-yaml", "invalid-directive", "invalid-instruction"), "unreadable"),
    **dict.fromkeys(("unterminated-heredoc", "not-utf8", "unreadable", "too-large", "too-deep"), "unreadable"),
    **dict.fromkeys(("misplaced-mark", "rule-without-route", "pattern-limit", "unknown-text"), "missing-place"),
}
_BY_HAND: Final = "pinner leaves this file as it is: change the digest by hand, or take it out"
_TEMPLATES: Final = frozenset({"templated", "template-value", "variable", "placeholder"})


def is_unreadable(skipped: Skipped) -> bool:
    """Return whether a place was skipped because a file, or a part of it, cannot be read."""
    return _MISTAKES.get(skipped.reason) == "unreadable"


def run_rules(facts: Facts) -> tuple[Finding, ...]:
    """Return all findings, by place."""
    return _in_order(finding for rule in RULES for finding in rule.check(rule, facts))


def find_mistakes(facts: Facts) -> tuple[Finding, ...]:
    """Return the errors that pinning cannot mend: what contradicts the lock, and what cannot be read."""
    rules = (rule for rule in RULES if rule.severity is Severity.ERROR and rule.id != "unpinned")
    return _in_order(finding for rule in rules for finding in rule.check(rule, facts))


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=rank))


def rank(finding: Finding) -> tuple[object, ...]:
    """Return what findings are sorted by: their place first."""
    return (finding.path, finding.line, finding.column, -finding.severity, finding.rule)


def explain_skipped(skipped: Skipped) -> str:
    """Name what was left alone, unless the detail does, and why."""
    detail = skipped.detail or skipped.reason
    return detail if not skipped.written or repr(skipped.written) in detail else f"{skipped.written!r}: {detail}"


def _unpinned(rule: Rule, facts: Facts) -> Iterator[Finding]:
    for file, occurrence in _occurrences(facts):
        if occurrence.reference.digest is None:
            check = _not_in_lock if file.form is Form.LEAVE else _without_digest
            yield from check(rule, facts, file, occurrence)


def _not_in_lock(rule: Rule, facts: Facts, file: ScannedFile, occurrence: Occurrence) -> Iterator[Finding]:
    """Where the file is left as it is, the lock alone pins."""
    if not facts.lock.pins_for(occurrence.reference.tagged):
        message = f"{occurrence.reference.written!r} has no digest in {facts.lock_path}"
        yield _finding(rule, file, occurrence, message=message, hint="run `pinner pin`")


def _without_digest(rule: Rule, facts: Facts, file: ScannedFile, occurrence: Occurrence) -> Iterator[Finding]:
    pin = facts.lock.get(occurrence.reference.tagged)
    yield _finding(
        rule,
        file,
        occurrence,
        message=f"{occurrence.reference.written!r} has no digest",
        hint="run `pinner pin --frozen`; the lock has its digest" if pin else "run `pinner pin`",
        suggestion=_suggest(occurrence, pin, file.form) if pin else (),
    )


def _suggest(occurrence: Occurrence, pin: Pin, form: Form) -> tuple[Edit, ...]:
    try:
        return change_to(occurrence, occurrence.reference.pinned_to(pin.digest), form).edits
    except FormError:
        return ()


def _lock_drift(rule: Rule, facts: Facts) -> Iterator[Finding]:
    for file, occurrence in _occurrences(facts):
        reference = occurrence.reference
        pins = facts.lock.pins_for(reference.tagged)
        if reference.digest is None or reference.tag is None or not pins:
            continue
        if all(pin.digest != reference.digest for pin in pins):
            message = f"{reference.unpinned().written!r} has {_short(reference.digest.encoded)} here and "
            message += f"{_locked(pins)} in {facts.lock_path}"
            hint = _BY_HAND if file.form is Form.LEAVE else "run `pinner update` to accept what the tag means now"
            yield _finding(rule, file, occurrence, message=message, hint=hint)


def _unlocked(rule: Rule, facts: Facts) -> Iterator[Finding]:
    for file, occurrence in _occurrences(facts):
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
            yield _finding(rule, file, occurrence, message=message, hint=_how_to_record(occurrence))


def _how_to_record(occurrence: Occurrence) -> str:
    if occurrence.reference.tag is None:
        return "write the tag in front of the digest, then run `pinner update`"
    return "`pinner update` records what the tag means now, which may be another digest"


def _lock_unused(rule: Rule, facts: Facts) -> Iterator[Finding]:
    if not facts.is_whole_tree:
        return
    used = facts.used | keys_used(facts.files, facts.lock)
    for key, pin in facts.lock.pins.items():
        if key not in used:
            line = facts.lock_lines.get(key, 1)
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                message=f"{key!r} is used in no file",
                path=facts.lock_path,
                line=line,
                column=1,
                end_line=line,
                end_column=1,
                locator=f'images."{key}"',
                image=pin.tagged,
                hint="run `pinner lock prune`, or keep it if files outside of this tree use it",
            )


def _skipped(rule: Rule, facts: Facts) -> Iterator[Finding]:
    for file in facts.files:
        for skipped in file.skipped:
            if _rule_of(skipped) == rule.id:
                yield _finding(rule, file, skipped, message=explain_skipped(skipped))


def _rule_of(skipped: Skipped) -> str:
    if skipped.reason in _TEMPLATES:
        return "template-skipped"
    return _MISTAKES.get(skipped.reason, "skipped")


def _occurrences(facts: Facts) -> Iterator[tuple[ScannedFile, Occurrence]]:
    for file in facts.files:
        for occurrence in file.occurrences:
            yield file, occurrence


def _locked(pins: Sequence[Pin]) -> str:
    return " or ".join(_short(pin.digest.encoded) for pin in pins)


def _short(encoded: str) -> str:
    return f"{encoded[:12]}…"


def _finding(
    rule: Rule,
    file: ScannedFile,
    place: Occurrence | Skipped,
    *,
    message: str,
    hint: str = "",
    suggestion: tuple[Edit, ...] = (),
) -> Finding:
    start, end = _positions(file.source, place.span)
    image = place.reference.tagged if isinstance(place, Occurrence) else place.written
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=message,
        path=place.path,
        line=start.line,
        column=start.column,
        end_line=end.line,
        end_column=end.column,
        locator=place.locator,
        image=image,
        hint=hint,
        suggestion=suggestion,
    )


def _positions(source: Source, span: Span) -> tuple[Position, Position]:
    return source.position(span.start), source.position(span.end)


RULES: Final = (
    Rule(
        id="unpinned",
        severity=Severity.ERROR,
        summary="every image reference has a digest",
        check=_unpinned,
    ),
    Rule(
        id="lock-drift",
        severity=Severity.ERROR,
        summary="a digest in a file is the one that the lock records for the tag",
        check=_lock_drift,
    ),
    Rule(
        id="invalid-reference",
        severity=Severity.ERROR,
        summary="what stands where an image belongs is an image reference",
        check=_skipped,
    ),
    Rule(
        id="digest-after-variable",
        severity=Severity.ERROR,
        summary="no digest stands behind a variable tag, which it would silence",
        check=_skipped,
    ),
    Rule(
        id="unreadable",
        severity=Severity.ERROR,
        summary="every file that may hold images can be read",
        check=_skipped,
    ),
    Rule(
        id="missing-place",
        severity=Severity.WARNING,
        summary="what a rule or a mark of the project names is there, and can be read",
        check=_skipped,
    ),
    Rule(
        id="lock-unused",
        severity=Severity.WARNING,
        summary="every entry of the lock is used in some file",
        check=_lock_unused,
    ),
    Rule(
        id="unlocked",
        severity=Severity.NOTE,
        summary="every digest in a file has an entry in the lock",
        check=_unlocked,
    ),
    Rule(
        id="template-skipped",
        severity=Severity.NOTE,
        summary="variables and templates are left alone, and said",
        check=_skipped,
    ),
    Rule(
        id="skipped",
        severity=Severity.NOTE,
        summary="a place that looks like an image was left alone, with its reason",
        check=_skipped,
    ),
)
