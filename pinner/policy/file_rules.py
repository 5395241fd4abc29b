"""Rules that need one file at a time: what has no digest, and what pinner left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.errors import FormError
from pinner.formats.base import Occurrence, ScannedFile, Skipped, change_to
from pinner.forms import Form
from pinner.lock.model import Pin
from pinner.policy.base import Facts, Rule, finding_at, occurrences_of
from pinner.policy.findings import Finding
from pinner.text import Edit

# Reasons of skipped places that are mistakes, not circumstances.
_MISTAKES: Final = {
    "not-a-reference": "invalid-reference",
    "digest-after-variable": "digest-after-variable",
    **dict.fromkeys(("invalid-yaml", "invalid-directive", "invalid-instruction"), "unreadable"),
    **dict.fromkeys(("unterminated-heredoc", "not-utf8", "unreadable", "too-large", "too-deep"), "unreadable"),
    **dict.fromkeys(("misplaced-mark", "rule-without-route", "pattern-limit", "unknown-text"), "missing-place"),
}
_TEMPLATES: Final = frozenset({"templated", "template-value", "variable", "placeholder"})


def is_readable(file: ScannedFile) -> bool:
    """Return whether no place was skipped because the file, or a part of it, cannot be read."""
    return not any(map(_is_unreadable, file.skipped))


def _is_unreadable(skipped: Skipped) -> bool:
    return _MISTAKES.get(skipped.reason) == "unreadable"


def explain_skipped(skipped: Skipped) -> str:
    """Name what was left alone, unless the detail does, and why."""
    detail = skipped.detail or skipped.reason
    return detail if not skipped.written or repr(skipped.written) in detail else f"{skipped.written!r}: {detail}"


def find_unpinned(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield references without a digest."""
    for file, occurrence in occurrences_of(facts):
        if occurrence.reference.digest is None:
            check = _not_in_lock if file.form is Form.LEAVE else _without_digest
            yield from check(rule, facts, file, occurrence)


def _not_in_lock(rule: Rule, facts: Facts, file: ScannedFile, occurrence: Occurrence) -> Iterator[Finding]:
    """Where the file is left as it is, the lock alone pins."""
    if not facts.lock.pins_for(occurrence.reference.tagged):
        message = f"{occurrence.reference.written!r} has no digest in {facts.lock_path}"
        yield finding_at(rule, file, occurrence, message=message, hint="run `pinner pin`")


def _without_digest(rule: Rule, facts: Facts, file: ScannedFile, occurrence: Occurrence) -> Iterator[Finding]:
    pin = facts.lock.get(occurrence.reference.tagged)
    yield finding_at(
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


def find_skipped(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield the places that were left alone for a reason of this rule."""
    for file in facts.files:
        for skipped in file.skipped:
            if _rule_of(skipped) == rule.id:
                yield finding_at(rule, file, skipped, message=explain_skipped(skipped))


def _rule_of(skipped: Skipped) -> str:
    if skipped.reason in _TEMPLATES:
        return "template-skipped"
    return _MISTAKES.get(skipped.reason, "skipped")
