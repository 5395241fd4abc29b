"""`check`: what the files and the lock say, without a socket."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pinner.commands.project import LockFile, Project
from pinner.commands.scanning import scan_source, scan_tree
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.policy.findings import Finding
from pinner.policy.rules import Facts, run_rules
from pinner.text import Source

_TABLE: Final = compile_later(r'^\[images\."(?P<key>[^"\\]+)"\]', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What was looked at, and what is to be said of it, by place."""

    files: tuple[ScannedFile, ...]
    findings: tuple[Finding, ...]


def check_tree(project: Project, paths: Sequence[Path] = ()) -> CheckResult:
    """Check the files at `paths`, or of the whole tree."""
    lock_file = project.read_lock()
    return _check(scan_tree(project, paths), lock_file, is_whole_tree=project.is_whole(paths))


def check_text(project: Project, source: Source) -> CheckResult:
    """Check a text that is no file."""
    return _check((scan_source(source, project.config),), project.read_lock(), is_whole_tree=False)


def _check(files: tuple[ScannedFile, ...], lock_file: LockFile, *, is_whole_tree: bool) -> CheckResult:
    facts = Facts(
        files=files,
        lock=lock_file.lock,
        lock_path=lock_file.path,
        lock_lines=_lines(lock_file.text or ""),
        is_whole_tree=is_whole_tree,
    )
    return CheckResult(files=files, findings=run_rules(facts))


def _lines(text: str) -> dict[str, int]:
    """Return the line of every entry of a lockfile."""
    source = Source("", text)
    return {match["key"]: source.position(match.start()).line for match in _TABLE.finditer(text)}
