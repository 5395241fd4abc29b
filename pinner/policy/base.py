"""What rules are made of: the facts they look at, and how a finding is made of a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from pinner.formats.base import Occurrence, ScannedFile, Skipped
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.policy.findings import Finding, Severity
from pinner.text import Edit, Position, Source, Span

# Said offline by `check`, from the lock, and online by `verify`.
PLATFORM_MISSING: Final = "platform-missing"


@dataclass(frozen=True, slots=True)
class Mention:
    """The first place in a file where a digest is written for a tag."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    locator: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


# By tag, every digest that is written for it, with its first place.
Mentions = Mapping[str, Mapping[Digest, Mention]]
_NO_MENTIONS: Mentions = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a rule may look at.

    `is_whole_tree` says that every file of the project was scanned, so that absence means something. Images must have
    `required_platforms`.
    """

    files: Sequence[ScannedFile]
    lock: Lock
    lock_path: str
    # Where the table of each lock entry stands; empty where the lock was not read from a file.
    lock_lines: Mapping[str, int]
    is_whole_tree: bool
    # Keys of lock entries that other files use.
    used: AbstractSet[str] = frozenset()
    required_platforms: tuple[Platform, ...] = ()
    # What other files write for tags that the lock does not have.
    mentions: Mentions = _NO_MENTIONS
    # Of each merge conflict in the lock the line, and the key that it is about, or an empty one.
    conflicts: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its stable id, what a finding of it weighs, one sentence, and the check."""

    id: str
    severity: Severity
    summary: str
    check: Callable[[Rule, Facts], Iterator[Finding]]


def rank(finding: Finding) -> tuple[object, ...]:
    """Return what findings are sorted by: their place first."""
    return (finding.path, finding.line, finding.column, -finding.severity, finding.rule)


def occurrences_of(facts: Facts) -> Iterator[tuple[ScannedFile, Occurrence]]:
    """Yield every reference with its file."""
    for file in facts.files:
        for occurrence in file.occurrences:
            yield file, occurrence


def shorten(digest: Digest) -> str:
    """Return as much of a digest as a person compares."""
    return f"{digest.encoded[:12]}…"


def finding_at(
    rule: Rule,
    file: ScannedFile,
    place: Occurrence | Skipped,
    *,
    message: str,
    hint: str = "",
    suggestion: tuple[Edit, ...] = (),
) -> Finding:
    """Return a finding of `rule` at a place of a file."""
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


def mention_of(file: ScannedFile, occurrence: Occurrence) -> Mention:
    """Return the place of a reference, without what stands there."""
    start, end = _positions(file.source, occurrence.span)
    return Mention(occurrence.path, start.line, start.column, end.line, end.column, occurrence.locator)


def finding_in_lock(rule: Rule, facts: Facts, key: str, *, table: str = "images", message: str, hint: str) -> Finding:
    """Return a finding of `rule` at the table of a key in the lock."""
    line = facts.lock_lines.get(key, 1)
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=message,
        path=facts.lock_path,
        line=line,
        column=1,
        end_line=line,
        end_column=1,
        locator=f'{table}."{key}"',
        image=key.partition("#")[0],
        hint=hint,
    )
