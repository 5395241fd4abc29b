"""How `pin` and `update` end: what is printed where, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pinner.cli.options import OutputFormat
from pinner.cli.session import (
    FINDINGS,
    Terminal,
    emit_bytes,
    emit_pieces,
    emit_pieces_of_bytes,
    finish,
    warn_if_untaken,
)
from pinner.cli.terminal import say
from pinner.commands.deciding import Outcome, texts_of
from pinner.commands.project import Project
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.lock.rendering import render_lock
from pinner.packed import Packed
from pinner.patch import binary_diff, unified_diff
from pinner.report import text as report
from pinner.text import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Which of the flags that write nothing were given."""

    check: bool
    diff: bool
    dry_run: bool

    @property
    def writes(self) -> bool:
        """Whether files and lock are written."""
        return not (self.check or self.diff or self.dry_run)


def read_preview(*, check: bool, diff: bool, dry_run: bool, report_format: OutputFormat) -> Preview:
    """Read the flags that write nothing; raise `UsageError` where two forms of one answer are asked for."""
    if diff and report_format is OutputFormat.JSON:
        raise UsageError("--diff and --format json are two forms of one answer", hint="leave one of them out")
    return Preview(check=check, diff=diff, dry_run=dry_run)


def finish_outcome(
    outcome: Outcome,
    project: Project,
    terminal: Terminal,
    preview: Preview,
    report_format: OutputFormat,
    output: Path | None,
    *,
    verb: str,
) -> None:
    """Print what was done, what failed and why, and end with the exit code."""
    if preview.diff:
        emit_pieces_of_bytes(_patch(outcome, project, terminal), output)
    elif outcome.text is not None:
        _emit_text(outcome.text, outcome, preview, output)
    elif report_format is OutputFormat.JSON:
        from pinner.report.documents import render_plan

        emit_pieces(render_plan(outcome.plan), output)
    elif not terminal.is_quiet:
        paint = report.plain if output else terminal.paint_for(sys.stdout)
        emit_pieces(report.render_plan(outcome.plan, paint=paint), output)
    _explain(outcome, terminal, verb=verb if preview.writes else f"would have {verb}")
    needs_work = not preview.writes and not preview.dry_run and outcome.would_change
    finish(
        *(failure.error.exit_code for failure in outcome.plan.failures),
        FINDINGS if needs_work or outcome.mistakes else 0,
    )


def _explain(outcome: Outcome, terminal: Terminal, *, verb: str) -> None:
    paint = terminal.paint_for(sys.stderr)
    warn_if_untaken(outcome.untaken, outcome.files, terminal)
    say(report.render_failures(outcome.plan.failures, paint=paint))
    say(report.render_findings(outcome.mistakes, paint=paint))
    if terminal.is_verbose:
        say(report.render_skipped(outcome.plan.left_alone))
        say(report.render_unchanged(outcome.plan))
    terminal.note(report.summarize_plan(outcome.plan, verb=verb))


def _emit_text(text: Source, outcome: Outcome, preview: Preview, output: Path | None) -> None:
    """Answer standard input with the pinned text, or with nothing where only the exit code was asked for."""
    if preview.check:
        return
    for revision in outcome.plan.files:
        text = revision.apply(text)
    emit_bytes(text.encode(), output)


def _patch(outcome: Outcome, project: Project, terminal: Terminal) -> Packed[bytes]:
    """Return all changes as one patch, the lockfile's first; of links, the file behind them, as git wants it.

    It is whole before anything is printed: half a patch could be applied, too.
    """
    real_path = project.workspace.real_path
    parts: Packed[bytes] = Packed()
    if outcome.plan.lock != outcome.lock_file.lock:
        parts.append(_lock_patch(outcome, real_path).encode())
    for revision in outcome.plan.files:
        before, after = texts_of(outcome, project, revision)
        path = real_path(before.path)
        if before.encoding == "utf-8":
            parts.append(unified_diff(path, before.text, after.text).encode())
        else:
            terminal.note(f"{before.path}: {before.encoding.upper()} makes a binary patch, which git alone applies")
            parts.append(binary_diff(path, before.encode(), after.encode()).encode())
    return parts


def _lock_patch(outcome: Outcome, real_path: Callable[[str], str]) -> str:
    lock_file = outcome.lock_file
    path = real_path(lock_file.path)
    if Path(path).is_absolute():
        raise UsageError("--diff cannot show a lockfile outside of the tree", hint="leave --lockfile out, or --diff")
    return unified_diff(path, lock_file.text, render_lock(outcome.plan.lock))
