from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from pinner.errors import NotFoundError, PinnerError
from pinner.formats.base import ScannedFile, left_alone_in
from pinner.lock.model import Lock, Pin
from pinner.oci.reference import Reference
from pinner.plan import Plan
from pinner.policy.base import Facts
from pinner.policy.rules import run_rules
from pinner.report import lookups, text
from pinner.resolution import Unresolved
from pinner.rewriting import Failure
from tests.support.plans import plan_pins, plan_update
from tests.support.resolvers import digest_of, resolved
from tests.support.sources import compose, compose_text, pin, scan

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
OLD, NEW = digest_of("old"), digest_of("new")


def mark(written: str, style: str) -> str:
    return f"<{style}>{written}</>"


def pinned_plan(*files: ScannedFile) -> Plan:
    missing = Unresolved(reference=Reference.parse("gone:1"), error=NotFoundError("gone:1 does not exist"))
    return plan_pins(files, Lock.empty(), [resolved(NGINX, NEW), missing])


def findings_of(*files: ScannedFile, pins: Iterable[Pin] = ()) -> Facts:
    return Facts(files=files, lock=Lock.of(pins), lock_path="pinner.lock", lock_lines={}, is_whole_tree=True)


def test_nothing_is_written_for_nothing() -> None:
    empty = plan_pins((), Lock.empty(), ())
    assert text.render_findings(()) == ""
    assert "".join(text.render_plan(empty)) == ""
    assert text.render_failures(()) == ""
    assert text.render_skipped(()) == ""
    assert text.summarize_findings({}, 0) == "nothing to report in 0 files with image references"
    assert text.summarize_plan(empty, verb="pinned") == "pinned 0 references in 0 files"


def test_a_finding_is_a_line_that_terminals_open_with_the_next_step_below() -> None:
    findings = run_rules(findings_of(compose("nginx:1.27", "${X}"), pins=[pin(NODE)]))
    assert text.render_findings(findings) == (
        "compose.yaml:3:12: error[unpinned]: 'nginx:1.27' has no digest\n"
        "  run `pinner pin`\n"
        "compose.yaml:5:12: note[template-skipped]: '${X}': the value is a variable, or holds one\n"
        f"pinner.lock:1:1: warning[lock-unused]: '{NODE}' is used in no file\n"
        "  run `pinner lock prune`, or keep it if files outside of this tree use it\n"
    )
    counts = Counter(one.severity for one in findings)
    one, two = text.summarize_findings(counts, 1), text.summarize_findings(counts + counts, 2)
    assert one == "1 error, 1 warning, 1 note in 1 file with image references"
    assert two == "2 errors, 2 warnings, 2 notes in 2 files with image references"


def test_colour_marks_the_severity_and_nothing_else() -> None:
    findings = run_rules(findings_of(compose("nginx:1.27")))
    assert text.render_findings(findings, paint=mark).startswith("compose.yaml:3:12: <red>error[unpinned]</>: 'nginx")


def test_a_plan_lists_places_then_the_lock() -> None:
    files = (compose("nginx:1.27", "gone:1", "${X}", "nginx:1.27"),)
    plan = pinned_plan(*files)
    assert "".join(text.render_plan(plan)) == (
        f"compose.yaml:3:12: nginx:1.27 → {NEW}\ncompose.yaml:9:12: nginx:1.27 → {NEW}\n{NGINX}: locked {NEW}\n"
    )
    summary = text.summarize_plan(plan, verb="would have pinned")
    assert summary == "would have pinned 2 references in 1 file, left 1 alone (1 variable), 1 failed"


def test_a_moved_entry_shows_both_digests() -> None:
    lock = Lock.of([pin(NGINX, "old")])
    plan = plan_update((compose(f"nginx:1.27@{OLD}"),), lock, {NGINX: pin(NGINX, "new")}, {})
    assert "".join(text.render_plan(plan)) == (
        f"compose.yaml:3:12: nginx:1.27@{OLD} → {NEW}\n{NGINX}: moved {OLD} → {NEW}\n"
    )


def test_a_summary_names_the_lock_where_it_alone_changed() -> None:
    plan = plan_update((), Lock.of([pin(NGINX, "old")]), {NGINX: pin(NGINX, "new")}, {})
    assert text.summarize_plan(plan, verb="updated") == "updated 0 references in 0 files and the lock"


def test_a_failure_stands_at_every_place_with_one_hint() -> None:
    error = NotFoundError("gone:1 does not exist", hint="check the tag")
    failures = [Failure(image="gone:1", places=("a:1:1", "b:2:3"), error=error)]
    assert text.render_failures(failures) == (
        "a:1:1: error[not-found]: gone:1 does not exist\n"
        "b:2:3: error[not-found]: gone:1 does not exist\n"
        "  check the tag\n"
    )
    assert text.render_failures(failures, paint=mark).startswith("a:1:1: <red>error[not-found]</>: gone")


def test_a_failure_without_a_place_and_hint_is_one_line() -> None:
    unresolved = Unresolved(reference=Reference.parse("gone:1"), error=NotFoundError("gone:1 does not exist"))
    failures = lookups.failures_of([resolved(NGINX, NEW), unresolved])
    assert text.render_failures(failures) == "error[not-found]: gone:1 does not exist\n"


def test_an_error_ends_with_the_next_step_where_there_is_one() -> None:
    assert text.render_error(PinnerError("it broke")) == "error: it broke\n"
    assert text.render_error(PinnerError("it broke", hint="mend it"), paint=mark) == (
        "<red>error</>: it broke\n  mend it\n"
    )


def test_places_that_were_left_alone_are_listed_with_their_reason() -> None:
    assert text.render_skipped(left_alone_in(compose("nginx:1.27", "${X}"))) == (
        "compose.yaml:5:12: skipped[variable]: '${X}': the value is a variable, or holds one\n"
    )


def test_the_inventory_says_the_state_of_every_image() -> None:
    file = compose("nginx:1.27", "node:22", f"nginx:1.27@{OLD}", "${X}")
    assert text.describe_images(file, Lock.of([pin(NGINX, "old")])) == (
        "compose.yaml:3:12: nginx:1.27 [unpinned, locked]\n"
        "compose.yaml:5:12: node:22 [unpinned]\n"
        f"compose.yaml:7:12: nginx:1.27@{OLD} [pinned]\n"
        "compose.yaml:9:12: ${X} [skipped: variable]\n"
    )


def test_a_file_that_was_not_read_is_in_the_inventory_too() -> None:
    from tests.policy.test_rules import passed_over

    assert text.describe_images(passed_over("not-utf8"), Lock.empty()) == "a.yaml:1:1: [skipped: not-utf8]\n"


def test_resolutions_are_digests_one_a_line() -> None:
    unresolved = Unresolved(reference=Reference.parse("gone:1"), error=NotFoundError("gone"))
    assert lookups.render_resolutions([resolved("a", NEW), unresolved, resolved("b", OLD)]) == f"{NEW}\n{OLD}\n"


# --- what would speak to the terminal ----------------------------------------------------------------------------

FORGED = f"a\x1b[31m\nb.yaml:1:1: nginx:1.27@{NEW} [pinned]\u202e.compose.yaml"
SHOWN = FORGED.replace("\x1b", "\\x1b").replace("\n", "\\x0a").replace("\u202e", "\\u202e")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("deploy/d\u00e9j\u00e0 \u8239 \U0001f40b \u05d0\u05d1.yaml", None),
        ("back\\slash 'quoted' \u2192 \u00a0", None),
        ("\x00\x07\x08\t\n\x0b\r\x1b\x1f", r"\x00\x07\x08\x09\x0a\x0b\x0d\x1b\x1f"),
        ("\x7f\x80\x85\x9b\x9f", r"\x7f\x80\x85\x9b\x9f"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\u061c\u200e\u200f\u202a\u202e\u2066\u2069", r"\u061c\u200e\u200f\u202a\u202e\u2066\u2069"),
        ("\udcff", r"\udcff"),
    ],
)
def test_letters_stay_and_what_moves_the_cursor_is_escaped(raw: str, shown: str | None) -> None:
    assert text.escape(raw) == (raw if shown is None else shown)


def test_a_name_forges_no_line_and_no_colour() -> None:
    files = (scan(FORGED, compose_text("nginx:1.27", "gone:1", '"\\e[31m${X}"')),)
    plan = pinned_plan(*files)
    assert text.describe_images(files[0], Lock.empty()) == (
        f"{SHOWN}:3:12: nginx:1.27 [unpinned]\n"
        f"{SHOWN}:5:12: gone:1 [unpinned]\n"
        f"{SHOWN}:7:13: \\x1b[31m${{X}} [skipped: variable]\n"
    )
    assert "".join(text.render_plan(plan)).startswith(f"{SHOWN}:3:12: nginx:1.27 \u2192 {NEW}\n{NGINX}: locked ")
    assert text.render_findings(run_rules(findings_of(*files))).startswith(f"{SHOWN}:3:12: error[unpinned]: ")
    assert text.render_skipped(left_alone_in(files[0])).startswith(f"{SHOWN}:7:13: skipped[variable]: ")
    assert text.render_failures(plan.failures) == f"{SHOWN}:5:12: error[not-found]: gone:1 does not exist\n"


def test_what_a_server_says_forges_no_line_and_no_colour() -> None:
    error = NotFoundError("no\x1b[2J\na.yaml:1:1: fine", hint="do\r\nthis")
    failures = [Failure(image="a", places=("a:1:1",), error=error)]
    assert text.render_failures(failures) == (
        "a:1:1: error[not-found]: no\\x1b[2J\\x0aa.yaml:1:1: fine\n  do\\x0d\\x0athis\n"
    )
    assert text.render_error(error, paint=mark) == (
        "<red>error</>: no\\x1b[2J\n  a.yaml:1:1: fine\n  do\\x0d\\x0athis\n"
    )


def test_no_letter_that_is_escaped_counts_as_one_to_print() -> None:
    assert not any(map(str.isprintable, text._UNSEEN.findall("".join(map(chr, range(sys.maxunicode + 1))))))
