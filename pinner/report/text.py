"""Reports for people: one place a line, `path:line:column` first, so that terminals and editors open it.

What comes from files, names or servers never goes into a line but through `escape`: it could forge lines and colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pinner.errors import PinnerError
from pinner.formats.base import LeftAlone, Occurrence, ScannedFile
from pinner.patterns import compile_later
from pinner.policy.file_rules import explain_skipped
from pinner.policy.findings import Finding, Severity

if TYPE_CHECKING:  # start-up: `check` has none of these
    import datetime as dt

    from pinner.lock.model import Lock
    from pinner.oci.reference import Reference
    from pinner.plan import Plan
    from pinner.rewriting import Failure
    from pinner.text import Position

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


def render_plan(plan: Plan, *, paint: Paint = plain) -> Iterator[str]:
    """Yield a line a change, then what the lock gains and moves."""
    for revision in plan.files:
        for one in revision.places:
            place = _place(revision.path, one.position)
            yield f"{place}: {escape(one.written)} → {paint(_outcome(one.reference), 'green')}\n"
    difference = plan.difference
    for pin in difference.added:
        yield f"{escape(pin.key)}: locked {pin.digest}\n"
    for moved in difference.moved:
        yield f"{escape(moved.new.key)}: moved {moved.old.digest} → {moved.new.digest}\n"
    for new in plan.waiting:
        yield f"{escape(new.key)}: waits {new.digest}, first seen on {new.seen}, until {_moment(new.until)}\n"
    for gone in plan.dropped:
        yield f"{escape(gone.key)}: gone {gone.digest}, {_REASONS[gone.reason]}\n"


def _moment(when: dt.datetime) -> str:
    """Return a point in time in UTC, as a day where it is midnight."""
    return f"{when.date()}" if not (when.hour or when.minute) else f"{when.date()} {when:%H:%M} UTC"


def _outcome(reference: Reference) -> str:
    """Return what is new: the digest, or what stands there without one."""
    return escape(reference.written) if reference.digest is None else str(reference.digest)


def summarize_plan(plan: Plan, *, verb: str) -> str:
    """Return one line that counts what was done, what was passed over and what failed."""
    places = sum(len({one.span for one in revision.places}) for revision in plan.files)
    # The lock alone changes where an entry moves that no file uses, or where a digest is recorded that stood there.
    lock = " and the lock" if not plan.files and plan.lock != plan.old_lock else ""
    parts = [f"{verb} {_count(places, 'reference')} in {_count(len(plan.files), 'file')}{lock}"]
    skipped = Counter(one.skipped.reason for one in plan.left_alone)
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


def render_skipped(places: Iterable[LeftAlone]) -> str:
    """Return a line for every place that was left alone."""
    return join_lines(
        f"{_place(skipped.path, one.position)}: skipped[{skipped.reason}]: {escape(explain_skipped(skipped))}"
        for one in places
        for skipped in (one.skipped,)
    )


def _place(path: str, position: Position) -> str:
    return f"{escape(path)}:{position.line}:{position.column}"


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
