"""The rules of `check`, as a table: what pinning means, decided offline from files and lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock
from pinner.policy.base import PLATFORM_MISSING, Facts, Rule, rank
from pinner.policy.file_rules import find_skipped, find_unpinned
from pinner.policy.findings import Finding, Severity
from pinner.policy.lock_rules import (
    find_drift,
    find_merge_conflicts,
    find_missing_platforms,
    find_tag_conflicts,
    find_unknown_platforms,
    find_unlocked,
    find_unused,
    find_unused_candidates,
)


def run_rules(facts: Facts) -> tuple[Finding, ...]:
    """Return all findings, by place."""
    return _in_order(finding for rule in RULES for finding in rule.check(rule, facts))


def find_mistakes(facts: Facts) -> tuple[Finding, ...]:
    """Return the errors that pinning cannot mend: what contradicts the lock, and what cannot be read."""
    rules = (rule for rule in RULES if rule.severity is Severity.ERROR and rule.id != "unpinned")
    return _in_order(finding for rule in rules for finding in rule.check(rule, facts))


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=rank))


def find_unreadable(file: ScannedFile) -> tuple[Finding, ...]:
    """Return why a file, or a part of it, cannot be read, for verbs that ask for nothing else."""
    rule = next(rule for rule in RULES if rule.id == "unreadable")
    facts = Facts(files=(file,), lock=Lock.empty(), lock_path="", lock_lines={}, is_whole_tree=False)
    return _in_order(rule.check(rule, facts))


RULES: Final = (
    Rule(
        id="unpinned",
        severity=Severity.ERROR,
        summary="every image reference has a digest",
        check=find_unpinned,
    ),
    Rule(
        id="lock-drift",
        severity=Severity.ERROR,
        summary="a digest in a file is the one that the lock records for the tag",
        check=find_drift,
    ),
    Rule(
        id="lock-conflict",
        severity=Severity.ERROR,
        summary="the lock holds no merge conflict",
        check=find_merge_conflicts,
    ),
    Rule(
        id="invalid-reference",
        severity=Severity.ERROR,
        summary="what stands where an image belongs is an image reference",
        check=find_skipped,
    ),
    Rule(
        id="digest-after-variable",
        severity=Severity.ERROR,
        summary="no digest stands behind a variable tag, which it would silence",
        check=find_skipped,
    ),
    Rule(
        id="unreadable",
        severity=Severity.ERROR,
        summary="every file that may hold images can be read",
        check=find_skipped,
    ),
    Rule(
        id=PLATFORM_MISSING,
        severity=Severity.ERROR,
        summary="every image of the lock has the platforms that the configuration requires",
        check=find_missing_platforms,
    ),
    Rule(
        id="missing-place",
        severity=Severity.WARNING,
        summary="what a rule or a mark of the project names is there, and can be read",
        check=find_skipped,
    ),
    Rule(
        id="lock-unused",
        severity=Severity.WARNING,
        summary="every entry of the lock is used in some file",
        check=find_unused,
    ),
    Rule(
        id="pending-unused",
        severity=Severity.WARNING,
        summary="every digest that waits is for an entry, or for a tag that some file uses",
        check=find_unused_candidates,
    ),
    Rule(
        id="tag-conflict",
        severity=Severity.WARNING,
        summary="a tag that the lock does not have is written with one digest",
        check=find_tag_conflicts,
    ),
    Rule(
        id="platform-unknown",
        severity=Severity.NOTE,
        summary="where platforms are required, the lock knows those of every image",
        check=find_unknown_platforms,
    ),
    Rule(
        id="unlocked",
        severity=Severity.NOTE,
        summary="every digest in a file has an entry in the lock",
        check=find_unlocked,
    ),
    Rule(
        id="template-skipped",
        severity=Severity.NOTE,
        summary="variables and templates are left alone, and said",
        check=find_skipped,
    ),
    Rule(
        id="skipped",
        severity=Severity.NOTE,
        summary="a place that looks like an image was left alone, with its reason",
        check=find_skipped,
    ),
)
