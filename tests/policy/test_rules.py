from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from pinner.formats.base import ScannedFile, Skipped
from pinner.forms import Form
from pinner.lock.model import Lock, Pin
from pinner.oci.platform import Platform
from pinner.policy.base import Facts
from pinner.policy.file_rules import explain_skipped
from pinner.policy.findings import Finding, Severity
from pinner.policy.rules import RULES, find_mistakes, run_rules
from pinner.text import Edit, Source, Span
from tests.support.resolvers import digest_of
from tests.support.sources import compose, compose_text, pin, scan

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
OLD, NEW = digest_of("old"), digest_of("new")


def facts(
    *files: ScannedFile, pins: Iterable[Pin] = (), lines: dict[str, int] | None = None, is_whole_tree: bool = False
) -> Facts:
    return Facts(
        files=files,
        lock=Lock.of(pins),
        lock_path="pinner.lock",
        lock_lines=lines or {},
        is_whole_tree=is_whole_tree,
    )


def passed_over(reason: str, *, written: str = "", detail: str = "because") -> ScannedFile:
    skipped = Skipped(path="a.yaml", span=Span(0, 0), locator="", written=written, reason=reason, detail=detail)
    return ScannedFile(source=Source("a.yaml", ""), format=None, found=(skipped,))


def only(*files: ScannedFile, pins: Iterable[Pin] = ()) -> Finding:
    (finding,) = run_rules(facts(*files, pins=pins))
    return finding


def test_a_tree_that_is_pinned_and_locked_has_no_findings() -> None:
    files = (compose(f"nginx:1.27@{digest_of(NGINX)}"), scan("Dockerfile", f"FROM node:22@{digest_of(NODE)}\n"))
    assert run_rules(facts(*files, pins=[pin(NGINX), pin(NODE)], is_whole_tree=True)) == ()
    assert run_rules(facts(is_whole_tree=True)) == ()


def test_the_severities_are_a_table_that_users_rely_on() -> None:
    assert {rule.id: rule.severity.word for rule in RULES} == {
        "unpinned": "error",
        "lock-drift": "error",
        "lock-conflict": "error",
        "invalid-reference": "error",
        "digest-after-variable": "error",
        "unreadable": "error",
        "platform-missing": "error",
        "missing-place": "warning",
        "lock-unused": "warning",
        "platform-unknown": "note",
        "pending-unused": "warning",
        "tag-conflict": "warning",
        "unlocked": "note",
        "template-skipped": "note",
        "skipped": "note",
    }
    assert all(rule.summary and rule.summary[0].islower() and not rule.summary.endswith(".") for rule in RULES)


def test_an_unpinned_reference_is_an_error_at_its_exact_place() -> None:
    assert only(compose("nginx:1.27")) == Finding(
        rule="unpinned",
        severity=Severity.ERROR,
        message="'nginx:1.27' has no digest",
        path="compose.yaml",
        line=3,
        column=12,
        end_line=3,
        end_column=22,
        locator="services.s0.image",
        image=NGINX,
        hint="run `pinner pin`",
    )


def test_an_unpinned_reference_of_the_lock_can_be_mended_offline() -> None:
    finding = only(compose("nginx:1.27"), pins=[pin(NGINX, "old")])
    assert finding.hint == "run `pinner pin --frozen`; the lock has its digest"
    end = len(compose_text("nginx:1.27")) - 1
    assert finding.suggestion == (Edit(Span(end, end), f"@{OLD}"),)


def test_a_file_that_is_left_needs_its_lock_entry_alone() -> None:
    left = replace(compose("nginx:1.27"), form=Form.LEAVE)
    assert run_rules(facts(left, pins=[pin(NGINX)], is_whole_tree=True)) == ()
    finding = only(left)
    assert (finding.rule, finding.hint) == ("unpinned", "run `pinner pin`")
    assert finding.message == "'nginx:1.27' has no digest in pinner.lock"


def test_what_would_mend_a_place_is_said_in_its_form() -> None:
    finding = only(replace(compose("nginx:1.27"), form=Form.DIGEST), pins=[pin(NGINX, "old")])
    assert [edit.replacement for edit in finding.suggestion] == [f"@{OLD}", "  # pinner: tag=1.27"]
    assert only(replace(compose("nginx:1.27"), form=Form.DIGEST_KEY), pins=[pin(NGINX, "old")]).suggestion == ()


def test_columns_count_code_points() -> None:
    finding = only(scan("compose.yaml", "services: {é𝄞: {image: nginx}}\n"))
    assert (finding.line, finding.column, finding.end_column) == (1, 24, 29)


@pytest.mark.parametrize(
    ("image", "key"),
    [
        ("nginx:1.27", NGINX),
        (f"nginx:1.27@{OLD}", "docker.io/library/nginx:1.26"),
        (f"nginx:1.27@{OLD}", f"{NGINX}#linux/arm64"),
        (f"nginx@{NEW}", NGINX),
    ],
)
def test_no_drift_where_the_lock_agrees_or_has_no_say(image: str, key: str) -> None:
    assert find_mistakes(facts(compose(image), pins=[pin(key, "old")])) == ()


def test_a_digest_that_contradicts_the_lock_is_drift() -> None:
    held = facts(compose(f"nginx:1.27@{NEW}"), pins=[pin(NGINX, "old")])
    assert find_mistakes(held) == run_rules(held)
    (finding,) = find_mistakes(held)
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("lock-drift", Severity.ERROR, 3, 12)
    assert finding.message == f"'nginx:1.27' has {NEW.encoded[:12]}… here and {OLD.encoded[:12]}… in pinner.lock"
    assert finding.hint == "run `pinner update` to accept what the tag means now"
    assert finding.image == NGINX


def test_drift_in_a_file_that_is_left_is_mended_by_hand() -> None:
    finding = only(replace(compose(f"nginx:1.27@{NEW}"), form=Form.LEAVE), pins=[pin(NGINX, "old")])
    assert finding.hint == "pinner leaves this file as it is: change the digest by hand, or take it out"


def test_drift_names_every_digest_that_would_do() -> None:
    (finding,) = find_mistakes(
        facts(compose(f"nginx:1.27@{digest_of('x')}"), pins=[pin(NGINX, "old"), pin(f"{NGINX}#linux/arm64", "new")])
    )
    assert f"{OLD.encoded[:12]}… or {NEW.encoded[:12]}… in pinner.lock" in finding.message


@pytest.mark.parametrize("image", [f"nginx:1.27@{OLD}", f"nginx@{OLD}"])
def test_a_digest_of_the_lock_is_not_unlocked_and_one_without_entry_is(image: str) -> None:
    assert run_rules(facts(compose(image), pins=[pin(NGINX, "old")])) == ()
    finding = only(compose(image))
    assert (finding.rule, finding.severity) == ("unlocked", Severity.NOTE)
    assert finding.message == f"the digest of {image.partition('@')[0]!r} is not in pinner.lock"
    has_tag = ":" in image.partition("@")[0]
    assert finding.hint.startswith(
        "`pinner lock import` records" if has_tag else "write the tag in front of the digest"
    )


def test_an_entry_that_no_file_uses_is_told_with_its_line() -> None:
    held = facts(compose("${X}"), pins=[pin(NGINX)], lines={NGINX: 4}, is_whole_tree=True)
    finding = next(one for one in run_rules(held) if one.rule == "lock-unused")
    assert finding == Finding(
        rule="lock-unused",
        severity=Severity.WARNING,
        message=f"{NGINX!r} is used in no file",
        path="pinner.lock",
        line=4,
        column=1,
        end_line=4,
        end_column=1,
        locator=f'images."{NGINX}"',
        image=NGINX,
        hint="run `pinner lock prune`, or keep it if files outside of this tree use it",
    )


def test_an_entry_is_not_called_unused_when_only_some_files_were_looked_at() -> None:
    assert run_rules(facts(pins=[pin(NGINX)])) == ()


def test_an_entry_without_a_known_line_stands_in_the_first_one() -> None:
    (finding,) = run_rules(facts(pins=[pin(NGINX)], is_whole_tree=True))
    assert (finding.line, finding.end_line) == (1, 1)


@pytest.mark.parametrize("image", ["nginx:1.27", f"nginx:1.27@{NEW}", f"nginx@{OLD}"])
def test_an_entry_is_used_by_its_tag_and_by_its_digest(image: str) -> None:
    held = facts(compose(image), pins=[pin(NGINX, "old")], is_whole_tree=True)
    assert "lock-unused" not in {one.rule for one in run_rules(held)}


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("not-a-reference", "invalid-reference"),
        ("digest-after-variable", "digest-after-variable"),
        ("invalid-yaml", "unreadable"),
        ("invalid-instruction", "unreadable"),
        ("not-utf8", "unreadable"),
        ("no-format", "skipped"),
        ("misplaced-mark", "missing-place"),
        ("rule-without-route", "missing-place"),
        ("pattern-limit", "missing-place"),
        ("unknown-text", "missing-place"),
        ("too-large", "unreadable"),
        ("variable", "template-skipped"),
        ("templated", "template-skipped"),
        ("placeholder", "template-skipped"),
        ("build", "skipped"),
        ("a-reason-of-tomorrow", "skipped"),
    ],
)
def test_what_was_passed_over_is_said_by_the_rule_of_its_reason(reason: str, rule: str) -> None:
    finding = only(passed_over(reason, written="x"))
    assert (finding.rule, finding.message, finding.image) == (rule, "'x': because", "x")
    assert (finding.path, finding.line, finding.column) == ("a.yaml", 1, 1)


@pytest.mark.parametrize(
    ("written", "detail", "expected"),
    [
        ("${X}", "the value is a variable", "'${X}': the value is a variable"),
        ("Nginx", "invalid reference 'Nginx': lowercase", "invalid reference 'Nginx': lowercase"),
        ("", "not UTF-8: invalid start byte", "not UTF-8: invalid start byte"),
        ("x", "", "'x': build"),
    ],
)
def test_what_was_left_alone_is_named_once(written: str, detail: str, expected: str) -> None:
    skipped = Skipped(path="a", span=Span(0, 0), locator="", written=written, reason="build", detail=detail)
    assert explain_skipped(skipped) == expected


def test_findings_come_by_place_and_the_heavier_first() -> None:
    files = (compose("nginx:1.27", f"node:22@{NEW}", path="compose.b.yaml"), compose("nginx:1.27"))
    found = run_rules(facts(*files, pins=[pin(NODE, "old"), pin("a.io/b:1")], is_whole_tree=True))
    assert [(one.path, one.line, one.rule) for one in found] == [
        ("compose.b.yaml", 3, "unpinned"),
        ("compose.b.yaml", 5, "lock-drift"),
        ("compose.yaml", 3, "unpinned"),
        ("pinner.lock", 1, "lock-unused"),
    ]


def test_a_fingerprint_survives_moved_lines_and_other_digests() -> None:
    text = compose_text(f"nginx:1.27@{NEW}")
    one = only(scan("compose.yaml", text))
    other = only(scan("compose.yaml", "# moved\n\n" + text.replace(str(NEW), str(OLD))))
    assert (one.line, other.line) == (3, 5)
    assert one.fingerprint == other.fingerprint
    assert replace(one, image=f"{NGINX}@{OLD}").fingerprint == one.fingerprint


def test_a_fingerprint_tells_findings_apart() -> None:
    one = only(compose("nginx:1.27"))
    others = (replace(one, rule="x"), replace(one, path="x"), replace(one, locator="x"), replace(one, image="x"))
    assert len(one.fingerprint) == 40
    assert len({other.fingerprint for other in (one, *others)}) == 5


def test_severities_are_ordered_and_have_words() -> None:
    assert [one.word for one in sorted(Severity)] == ["note", "warning", "error"]


AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")


def platform_findings(
    *pins: Pin, required: tuple[Platform, ...] = (AMD, ARM), files: tuple[ScannedFile, ...] = (), is_whole: bool = True
) -> list[tuple[str, str, int]]:
    every = replace(facts(*files, pins=pins, lines={NGINX: 4}, is_whole_tree=is_whole), required_platforms=required)
    return [(one.rule, one.message, one.line) for one in run_rules(every) if one.rule.startswith("platform")]


def test_without_required_platforms_the_lock_may_have_any() -> None:
    assert (
        platform_findings(replace(pin(NGINX), platforms=(AMD,)), replace(pin(NODE), platforms=None), required=()) == []
    )


def test_an_image_with_all_required_platforms_is_in_order() -> None:
    assert platform_findings(pin(NGINX)) == []


def test_an_image_that_lacks_a_required_platform_is_an_error_at_its_entry() -> None:
    (found,) = platform_findings(replace(pin(NGINX), platforms=(AMD,)))
    assert found == ("platform-missing", f"'{NGINX}' does not have linux/arm64, which this project requires", 4)


def test_platforms_that_nobody_knows_are_said() -> None:
    (found,) = platform_findings(replace(pin(NGINX), platforms=None))
    assert found == ("platform-unknown", f"whether '{NGINX}' has linux/amd64 and linux/arm64 is not known", 4)


def test_what_is_pinned_platform_by_platform_counts_together() -> None:
    amd, arm = (replace(pin(f"{NGINX}#{one}"), platforms=None) for one in (AMD, ARM))
    assert platform_findings(amd, arm) == []
    ((rule, message, _),) = platform_findings(amd)
    assert (rule, message) == (
        "platform-missing",
        f"'{NGINX}' is not pinned for linux/arm64, which this project requires",
    )


def test_of_some_files_only_their_own_images_are_judged() -> None:
    poor = replace(pin(NGINX), platforms=(AMD,))
    assert platform_findings(poor, is_whole=False) == []
    assert len(platform_findings(poor, files=(compose("nginx:1.27"),), is_whole=False)) == 1
