"""From files to a plan: one file after the other, so that no more than what is said of each is held.

All files are read once, with what the lock says. Where a look-up tells more, those that it is about are read again:
that costs less than to keep them. What they hold by then must be what was read before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from heapq import merge
from itertools import chain
from typing import Final

from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import Judged, Scan
from pinner.errors import ProcessLostError
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.packed import Packed
from pinner.plan import Aim, Decision, Plan, decide, gather
from pinner.policy.base import Facts, rank
from pinner.policy.findings import Finding
from pinner.policy.rules import find_mistakes
from pinner.rewriting import Revision
from pinner.text import Source
from pinner.workspace.writing import changed_meanwhile

# So many letters are kept rather than read twice.
HELD: Final = 1 << 20

# Which of a file's references the look-ups depend on.
Ask = Callable[[Iterable[Reference]], Iterable[Reference]]
# What is known after the look-ups, and the repositories of which it is more than the lock says.
Settle = Callable[[Collection[Reference]], tuple[Aim, AbstractSet[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verb that writes has decided and done.

    Of so many `files` that were named, `untaken` are those that no format takes. `mistakes` are the places that pinning
    cannot mend; `written` the paths that have other bytes now. `text` is what was decided about where that is no file.
    """

    plan: Plan
    lock_file: LockFile
    files: int
    untaken: tuple[str, ...]
    mistakes: Packed[Finding]
    written: tuple[str, ...] = ()
    text: Source | None = None

    @property
    def would_change(self) -> bool:
        """Whether the plan changes any byte."""
        return bool(self.plan.files) or self.plan.lock != self.lock_file.lock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What is to be said and done of one file, and which repositories that depends on."""

    fingerprint: bytes
    repositories: frozenset[str]
    decision: Decision
    mistakes: tuple[Finding, ...]
    is_member: bool


_Verdicts = Packed[Judged[_Verdict]]


def decide_all(scan: Scan, lock_file: LockFile, guess: Aim, *, ask: Ask, settle: Settle) -> Outcome:
    """Decide about every file; `guess` is the aim where the look-ups tell nothing new."""
    asked: dict[Reference, None] = {}
    verdicts: _Verdicts = Packed()

    def judge_first(file: ScannedFile) -> tuple[tuple[Reference, ...], _Verdict]:
        references = ask(one.reference for one in file.occurrences)
        return tuple(dict.fromkeys(references)), _judge(file, guess, lock_file.path)

    try:
        for one in scan.each(judge_first):
            references, verdict = one.verdict
            asked |= dict.fromkeys(references)
            verdicts.append(Judged(one.path, one.is_untaken, verdict))
        aim, news = settle(asked.keys())
        if news:
            verdicts = _decide_again(scan, verdicts, partial(_judge, aim=aim, lock_path=lock_file.path), news)
    except ProcessLostError as error:
        error.hint = "memory may have run out; name fewer files at a time"
        raise
    return _conclude(scan, verdicts, aim, lock_file)


def texts_of(outcome: Outcome, project: Project, revision: Revision) -> tuple[Source, Source]:
    """Return a file that was not written, as it is and as it would be; raise `SourceError` where it has changed."""
    before = outcome.text or Source.decode(revision.path, project.workspace.read(revision.path))
    if before.fingerprint != revision.fingerprint:
        raise changed_meanwhile((revision.path,))
    return before, revision.apply(before)


def _judge(file: ScannedFile, aim: Aim, lock_path: str) -> _Verdict:
    decision = decide(file, aim)
    occurrences = file.occurrences
    is_member = file.context.family_of(file.source.path) is not None
    if decision.revision is None:
        mistakes = _mistakes_in(file, aim, lock_path)
    elif is_member:
        mistakes = ()  # names are followed through the whole family, whose other files are not known yet
    else:
        mistakes = _mistakes_in(_read_again(file, decision.revision), aim, lock_path)
    return _Verdict(
        fingerprint=file.source.fingerprint if occurrences else b"",
        repositories=frozenset(one.reference.name for one in occurrences),
        decision=decision,
        mistakes=mistakes,
        is_member=is_member,
    )


def _mistakes_in(file: ScannedFile, aim: Aim, lock_path: str) -> tuple[Finding, ...]:
    """Return what is wrong in a file as the plan leaves it."""
    return find_mistakes(Facts(files=(file,), lock=aim.lock, lock_path=lock_path, lock_lines={}, is_whole_tree=False))


def _read_again(file: ScannedFile, revision: Revision) -> ScannedFile:
    assert file.format is not None, "only a file of a format is changed"
    after = revision.apply(file.source)
    return replace(file, source=after, found=file.format.find(after, file.context))


def _decide_again(
    scan: Scan, verdicts: _Verdicts, judge: Callable[[ScannedFile], _Verdict], news: AbstractSet[str]
) -> _Verdicts:
    """Return all verdicts, those that news are about made anew; raise `SourceError` where such a file has changed."""
    paths = {one.path for one in verdicts if not news.isdisjoint(one.verdict.repositories)}
    renewed = scan.each(judge, only=paths)
    latest = next(renewed, None)
    mixed: _Verdicts = Packed()
    changed: list[str] = []
    for one in verdicts:
        if one.path not in paths:
            mixed.append(one)
            continue
        if latest is None or latest.path != one.path:
            changed.append(one.path)  # nothing is found in it any more
            continue
        if latest.verdict.fingerprint != one.verdict.fingerprint:
            changed.append(one.path)
        mixed.append(latest)
        latest = next(renewed, None)
    if changed:
        raise changed_meanwhile(changed)
    return mixed


def _conclude(scan: Scan, verdicts: _Verdicts, aim: Aim, lock_file: LockFile) -> Outcome:
    """Gather all that was decided file by file."""
    plan = gather((one.verdict.decision for one in verdicts), aim)
    members = scan.together(_revised_members(verdicts))
    alone = chain.from_iterable(one.verdict.mistakes for one in verdicts)
    shared = chain.from_iterable(_mistakes_in(file, aim, lock_file.path) for file in members)
    return Outcome(
        plan=plan,
        lock_file=lock_file,
        files=len(verdicts),
        untaken=tuple(one.path for one in verdicts if one.is_untaken),
        mistakes=Packed(merge(alone, shared, key=rank)),
    )


def _revised_members(verdicts: _Verdicts) -> tuple[Revision, ...]:
    decisions = (one.verdict.decision for one in verdicts if one.verdict.is_member)
    return tuple(one.revision for one in decisions if one.revision is not None)
