"""Reports for people: one place a line, `path:line:column` first, so that terminals and editors open it.

What comes from files, names or servers never goes into a line but through `escape`: it could forge lines and colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pinner.errors import PinnerError
from pinner.formats.base import Change, Occurrence, ScannedFile
from pinner.patterns import compile_later
from pinner.policy.file_rules import explain_skipped
from pinner.policy.findings import Finding, Severity

if TYPE_CHECKING:  # start-up: `check` has none of these
    import datetime as dt

    from pinner.lock.model import Lock
    from pinner.plan import Plan
    from pinner.rewriting import Failure

Paint = Callable[[str, str], str]

# Why nobody waits for a digest any more (`pinner.cooldown.Reason`).
_REASONS: Final = {
    "withdrawn": "which waited: the tag means an older digest again",
    "replaced": "which waited: the tag moved on within the day",
    "missing": "which waited: the registry has it no more",
}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
# Controls (C0, DEL, C1), what turns the direction of writing, what ends a line, and halves of surrogate pairs.
_UNSEEN: Final = compile_later(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str, _style: str) -> str:
    """Leave the text as it is."""
    return text


def escape(text: str) -> str:
    r"""Return a text in which nothing moves the cursor, ends the line or turns the writing: `\xNN`, `\uNNNN`."""
    if text.isprintable():
        return text
    return _UNSEEN.sub(
        lambda found: f"\\x{ord(found[0]):02x}" if found[0] <= "\xff" else f"\\u{ord(found[0]):04x}", text
    )


def render_findings(findings: Iterable[Finding], *, paint: Paint = plain) -> str:
    """Return a line a finding, with the next step below it."""
    return "".join(render_finding(one, paint=paint) for one in findings)


def render_finding(one: Finding, *, paint: Paint = plain) -> str:
    """Return one finding, with the next step below it."""
    label = paint(f"{one.severity.word}[{one.rule}]", _COLOURS[one.severity])
    place = f"{escape(one.path)}:{one.line}:{one.column}: " if one.path else ""
    line = f"{place}{label}: {escape(one.message)}"
    return join_lines([line, f"  {escape(one.hint)}"] if one.hint else [line])


def summarize_findings(counts: Mapping[Severity, int], files: int) -> str:
    """Return one line that counts: `3 errors, 1 warning in 12 files`."""
    where = f"{_count(files, 'file')} with image references"
    return f"{_count_findings(counts) or 'nothing to report'} in {where}"


def summarize_verification(counts: Mapping[Severity, int], images: int, failures: int) -> str:
    """Return one line that counts: `1 error of 12 pinned images, 2 not known`."""
    failed = f", {failures} not known" if failures else ""
    return f"{_count_findings(counts) or 'nothing to report'} of {_count(images, 'pinned image')}{failed}"


def _count_findings(counts: Mapping[Severity, int]) -> str:
    parts = [_count(counts[severity], severity.word) for severity in reversed(Severity) if counts.get(severity)]
    return ", ".join(parts)


def render_plan(plan: Plan, *, paint: Paint = plain) -> str:
    """Return a line a change, then what the lock gains and moves."""
    lines: list[str] = []
    for rewrite in plan.files:
        for change in rewrite.changes:
            place = escape(rewrite.before.place(change.occurrence.span.start))
            written = escape(change.occurrence.reference.written)
            lines.append(f"{place}: {written} → {paint(_outcome(change), 'green')}")
    difference = plan.difference
    lines += (f"{escape(pin.key)}: locked {pin.digest}" for pin in difference.added)
    lines += (f"{escape(moved.new.key)}: moved {moved.old.digest} → {moved.new.digest}" for moved in difference.moved)
    lines += (
        f"{escape(one.key)}: waits {one.digest}, first seen on {one.seen}, until {_moment(one.until)}"
        for one in plan.waiting
    )
    lines += (f"{escape(one.key)}: gone {one.digest}, {_REASONS[one.reason]}" for one in plan.dropped)
    return join_lines(lines)


def _moment(when: dt.datetime) -> str:
    """Return a point in time in UTC, as a day where it is midnight."""
    return f"{when.date()}" if not (when.hour or when.minute) else f"{when.date()} {when:%H:%M} UTC"


def _outcome(change: Change) -> str:
    """Return what is new: the digest, or what stands there without one."""
    digest = change.reference.digest
    return escape(change.reference.written) if digest is None else str(digest)


def summarize_plan(plan: Plan, files: Sequence[ScannedFile], *, verb: str) -> str:
    """Return one line that counts what was done, what was passed over and what failed."""
    places = sum(len({change.occurrence.span for change in rewrite.changes}) for rewrite in plan.files)
    # The lock alone changes where an entry moves that no file uses, or where a digest is recorded that stood there.
    lock = " and the lock" if not plan.files and plan.lock != plan.old_lock else ""
    parts = [f"{verb} {_count(places, 'reference')} in {_count(len(plan.files), 'file')}{lock}"]
    skipped = Counter(one.reason for file in files for one in file.skipped)
    if skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))
        parts.append(f"left {skipped.total()} alone ({reasons})")
    if plan.waiting:
        parts.append(f"{_count(len({one.key for one in plan.waiting}), 'image')} with news that wait")
    if plan.unchanged:
        parts.append(f"{_count(len(plan.unchanged), 'image')} unchanged for your platforms")
    if plan.failures:
        parts.append(f"{len(plan.failures)} failed")
    return ", ".join(parts)


def render_unchanged(plan: Plan) -> str:
    """Return a line for every tag that moved without touching a platform that is run here."""
    return join_lines(f"{escape(one.key)}: unchanged for your platforms by {one.new}" for one in plan.unchanged)


def render_skipped(files: Iterable[ScannedFile]) -> str:
    """Return a line for every place that was left alone."""
    return join_lines(
        f"{escape(file.source.place(one.span.start))}: skipped[{one.reason}]: {escape(explain_skipped(one))}"
        for file in files
        for one in file.skipped
    )


def render_failures(failures: Iterable[Failure], *, paint: Paint = plain) -> str:
    """Return what could not be pinned: each place, why, and the next step."""
    lines: list[str] = []
    for failure in failures:
        places = failure.places or ("",)
        for place in places:
            label = paint(f"error[{failure.error.code}]", "red")
            lines.append(f"{escape(place)}: {label}: {escape(failure.error.message)}".removeprefix(": "))
        if failure.error.hint:
            lines.append(f"  {escape(failure.error.hint)}")
    return join_lines(lines)


def render_error(error: PinnerError, *, paint: Paint = plain) -> str:
    """Return an error that ends the run, with the next step; of several problems, each stands in a line of its own."""
    first, *more = map(escape, error.message.split("\n"))
    # Indented, so that a name with a line end in it cannot pass for a place.
    lines = [f"{paint('error', 'red')}: {first}", *(f"  {line}" for line in more)]
    return join_lines([*lines, f"  {escape(error.hint)}"] if error.hint else lines)


def describe_images(file: ScannedFile, lock: Lock) -> str:
    """Return a line for every image reference of a file and every place that was left alone."""
    return join_lines(_image_lines(file, lock))


def _image_lines(file: ScannedFile, lock: Lock) -> Iterator[str]:
    for one in file.found:
        place = escape(file.source.place(one.span.start))
        if isinstance(one, Occurrence):
            yield f"{place}: {escape(one.reference.written)} [{_state(one, lock)}]"
        else:
            written = f"{escape(one.written)} " if one.written else ""
            yield f"{place}: {written}[skipped: {one.reason}]"


def _state(occurrence: Occurrence, lock: Lock) -> str:
    pins = lock.pins_for(occurrence.reference.tagged)
    if occurrence.reference.digest is None:
        return "unpinned, locked" if pins else "unpinned"
    return "pinned"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as a text."""
    return "".join(f"{line}\n" for line in lines)
