"""`check`: what the files and the lock say, without a socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Final

from pinner.commands.project import Project
from pinner.commands.scanning import Judged, judge_text, scan_each
from pinner.errors import MergeConflictError
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.oci.digest import Digest
from pinner.packed import Packed
from pinner.policy.base import Facts, Mention, Mentions, rank
from pinner.policy.findings import Finding, Severity
from pinner.policy.lock_rules import mentions_in
from pinner.policy.rules import run_rules
from pinner.policy.usage import keys_used
from pinner.text import Source

# Entries first: a digest that waits is looked for at its entry, where there is one.
_HEADERS: Final = ('\n[images."', '\n[[pending."', '\n[pending."')


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What is to be said of files and lock; of files that were named, `untaken` are those that no format takes."""

    files: int
    untaken: tuple[str, ...]
    counts: Counter[Severity]
    # The lock holds a merge conflict, and nothing could be held against it.
    is_lock_in_conflict: bool = False
    _of_files: Iterable[tuple[Finding, ...]]
    _of_lock: tuple[Finding, ...]

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings, by place."""
        return merge(chain.from_iterable(self._of_files), self._of_lock, key=rank)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is to be said of one file, which entries of the lock it uses, and what it says of tags without one."""

    findings: tuple[Finding, ...]
    used: frozenset[str]
    mentions: Mentions


def check_tree(project: Project, paths: Sequence[Path] = (), *, jobs: int | None = None) -> CheckResult:
    """Check the files at `paths`, or of the whole tree; raise like `scan_each`.

    Where the lock holds a merge conflict, that is all that is said.
    """
    try:
        facts = _facts(project, is_whole_tree=project.is_whole(paths))
    except MergeConflictError:
        return _check_conflict(project)
    return _check(scan_each(project, paths, judge=partial(_judge, facts), jobs=jobs), facts)


def check_text(project: Project, source: Source) -> CheckResult:
    """Check a text that is no file; see `check_tree`."""
    try:
        facts = _facts(project, is_whole_tree=False)
    except MergeConflictError:
        return _check_conflict(project)
    return _check((judge_text(source, project.config, partial(_judge, facts)),), facts)


def _check_conflict(project: Project) -> CheckResult:
    from pinner.lock.conflicts import list_conflicts  # noqa: PLC0415 - start-up: few locks come here

    path = project.workspace.lock_path
    conflicts = list_conflicts(project.workspace.read_lock() or "")
    facts = Facts(files=(), lock=Lock.empty(), lock_path=path, lock_lines={}, is_whole_tree=False, conflicts=conflicts)
    return replace(_check((), facts), is_lock_in_conflict=True)


def _facts(project: Project, *, is_whole_tree: bool) -> Facts:
    lock_file = project.read_lock()
    return Facts(
        files=(),
        lock=lock_file.lock,
        lock_path=lock_file.path,
        lock_lines=_LockLines(lock_file.text or ""),
        is_whole_tree=is_whole_tree,
        required_platforms=project.config.required_platforms,
    )


def _judge(facts: Facts, file: ScannedFile) -> _Verdict:
    """Hold one file against the lock; what is wrong with the lock itself is said once, of all files."""
    alone = replace(facts, files=(file,), is_whole_tree=False, required_platforms=())
    return _Verdict(run_rules(alone), keys_used((file,), facts.lock), mentions_in(file, facts.lock))


def _check(judged: Iterable[Judged[_Verdict]], facts: Facts) -> CheckResult:
    files = 0
    untaken: list[str] = []
    used: set[str] = set()
    mentions: dict[str, dict[Digest, Mention]] = {}
    counts: Counter[Severity] = Counter()
    findings: Packed[tuple[Finding, ...]] = Packed()
    for one in judged:
        files += 1
        untaken += [one.path] if one.is_untaken else []
        used |= one.verdict.used
        for tagged, digests in one.verdict.mentions.items():
            known = mentions.setdefault(tagged, {})
            for digest, place in digests.items():
                known.setdefault(digest, place)
        counts.update(finding.severity for finding in one.verdict.findings)
        findings.append(one.verdict.findings)
    of_lock = run_rules(replace(facts, used=used, mentions=mentions))
    counts.update(finding.severity for finding in of_lock)
    return CheckResult(files=files, untaken=tuple(untaken), counts=counts, _of_files=findings, _of_lock=of_lock)


class _LockLines(Mapping[str, int]):
    """What `lines_of_lock` gives, once somebody asks: most runs find nothing to say of the lock."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _lines(self) -> dict[str, int]:
        return lines_of_lock(self._text)

    def __getitem__(self, key: str) -> int:
        return self._lines[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def lines_of_lock(text: str) -> dict[str, int]:
    """Return the line of every entry of a lockfile, and of the first digest that waits for one that is not there."""
    lines: dict[str, int] = {}
    for header in _HEADERS:
        before, *tables = f"\n{text}".split(header)
        line = before.count("\n") + 1
        for table in tables:
            lines.setdefault(table[: table.find('"]')], line)
            line += table.count("\n") + 1
    return lines
