from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.aims import pin_of
from pinner.errors import EditError, NotFoundError
from pinner.formats.base import Change, Format, ScannedFile
from pinner.forms import Form
from pinner.lock.model import Lock, Pin
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.plan import Plan
from pinner.resolution import Resolution, Unresolved
from pinner.rewriting import Failure
from pinner.text import Source
from tests.support.plans import missing_from_lock, plan_pins, plan_unpin, plan_update, recorded_keys, texts
from tests.support.resolvers import PLATFORMS, digest_of, platform_digest, resolved
from tests.support.sources import compose, compose_text, pin, scan

ARM = Platform("linux", "arm64")
NGINX, NODE, LATEST = "docker.io/library/nginx:1.27", "docker.io/library/node:22", "docker.io/library/nginx:latest"
OLD, NEW = digest_of("old"), digest_of("new")


def missing(written: str) -> Unresolved:
    return Unresolved(reference=Reference.parse(written), error=NotFoundError(f"{written} does not exist"))


def text_after(plan: Plan, files: Sequence[ScannedFile]) -> str:
    (after,) = texts(plan, files).values()
    return after


def images_after(plan: Plan, files: Sequence[ScannedFile]) -> list[str]:
    return [line.split()[-1] for line in text_after(plan, files).splitlines() if "image:" in line]


def answers(*written: str) -> list[Resolution]:
    return [resolved(one, digest_of(one)) for one in written]


def update(files: Sequence[ScannedFile], lock: Lock, *pins: Pin, failed: Iterable[str] = ()) -> Plan:
    return plan_update(files, lock, {one.key: one for one in pins}, {one: missing(one) for one in failed})


# --- pin


def test_nothing_to_do_is_an_empty_plan() -> None:
    lock = Lock.of([pin(NGINX)])
    files = (compose(f"nginx:1.27@{digest_of(NGINX)}", "${IMAGE}"),)
    plan = plan_pins(files, lock, ())
    assert (list(plan.files), plan.failures, plan.lock) == ([], (), lock)
    assert plan.difference.is_empty
    assert missing_from_lock(files, lock) == ()


def test_a_missing_digest_is_added_to_file_and_lock() -> None:
    files = (compose("nginx:1.27"),)
    plan = plan_pins(files, Lock.empty(), answers(NGINX))
    assert texts(plan, files) == {"compose.yaml": compose_text(f"nginx:1.27@{digest_of(NGINX)}")}
    assert plan.lock == Lock.of([pin(NGINX)])
    assert [one.key for one in plan.difference.added] == [NGINX]
    assert {one.path: len(one.edits) for one in plan.files} == {"compose.yaml": 1}


@pytest.mark.parametrize("place", ["in the file", "in the lock"])
def test_a_recorded_digest_never_moves(place: str) -> None:  # B07, H09
    lock = Lock.of([pin(NGINX, "old")]) if place == "in the lock" else Lock.empty()
    written = "nginx:1.27" if place == "in the lock" else f"nginx:1.27@{OLD}"
    files = (compose(written),)
    assert missing_from_lock(files, lock) == ()
    plan = plan_pins(files, lock, ())
    assert plan.lock == lock
    assert images_after(plan, files) == [f"nginx:1.27@{OLD}"] if place == "in the lock" else list(plan.files) == []


def test_a_digest_in_a_file_stays_where_the_lock_has_another_one() -> None:  # H09
    plan = plan_pins((compose(f"nginx:1.27@{NEW}"),), Lock.of([pin(NGINX, "old")]), ())
    assert list(plan.files) == []


def test_one_failed_look_up_hides_and_removes_nothing_else() -> None:
    lock = Lock.of([pin("docker.io/library/gone:1", "old")])
    files = (compose("nginx:1.27", "missing:1", "node:22", f"gone:1@{OLD}"),)
    plan = plan_pins(files, lock, [*answers(NGINX, NODE), missing("docker.io/library/missing:1")])
    pinned = [f"nginx:1.27@{digest_of(NGINX)}", "missing:1", f"node:22@{digest_of(NODE)}", f"gone:1@{OLD}"]
    assert images_after(plan, files) == pinned
    assert set(plan.lock.pins) == {NGINX, NODE, "docker.io/library/gone:1"}
    (failure,) = plan.failures
    assert (failure.image, failure.places) == ("docker.io/library/missing:1", ("compose.yaml:5:12",))
    assert failure.error.code == "not-found"


def test_a_failure_names_every_place_of_its_image() -> None:
    files = (compose("m:1", "m:1"), compose("docker.io/library/m:1", path="compose.b.yaml"))
    (failure,) = plan_pins(files, Lock.empty(), [missing("docker.io/library/m:1")]).failures
    assert failure.places == ("compose.yaml:3:12", "compose.yaml:5:12", "compose.b.yaml:3:12")


def test_a_tag_in_ten_files_is_looked_up_once_and_pinned_equal() -> None:  # B12
    spellings = ("nginx:1.27", "docker.io/nginx:1.27", "index.docker.io/library/nginx:1.27")
    files = tuple(compose(spellings[number % 3], path=f"compose.{number}.yaml") for number in range(10))
    assert [str(one) for one in missing_from_lock(files, Lock.empty())] == [NGINX]
    plan = plan_pins(files, Lock.empty(), answers(NGINX))
    assert len(plan.files) == 10
    for number, after in enumerate(texts(plan, files).values()):
        assert after == compose_text(f"{spellings[number % 3]}@{digest_of(NGINX)}")


def test_an_untagged_reference_is_latest_in_the_lock_and_gets_the_digest_alone() -> None:
    files = (compose("nginx"),)
    (reference,) = missing_from_lock(files, Lock.empty())
    assert (reference.written, reference.tagged) == ("docker.io/library/nginx", LATEST)
    plan = plan_pins(files, Lock.empty(), answers("docker.io/library/nginx"))
    assert images_after(plan, files) == [f"nginx@{digest_of('docker.io/library/nginx')}"]
    assert list(plan.lock.pins) == [LATEST]


def test_a_platform_has_a_key_of_its_own() -> None:
    lock = Lock.of([pin(NGINX, "old")])
    files = (compose("nginx:1.27"),)
    assert [one.tagged for one in missing_from_lock(files, lock, ARM)] == [NGINX]
    digest = platform_digest("x", ARM)
    plan = plan_pins(files, lock, [resolved(NGINX, digest, platform=ARM)], ARM)
    assert images_after(plan, files) == [f"nginx:1.27@{digest}"]
    assert list(plan.lock.pins) == [NGINX, f"{NGINX}#linux/arm64"]
    assert plan.lock.pins[f"{NGINX}#linux/arm64"].platforms is None


def test_a_failed_platform_is_named_with_it() -> None:
    (failure,) = plan_pins((compose("nginx:1.27"),), Lock.empty(), [missing(NGINX)], ARM).failures
    assert (failure.image, failure.places) == (f"{NGINX}#linux/arm64", ("compose.yaml:3:12",))


def test_an_anchor_of_several_services_is_edited_once_and_named_at_each() -> None:
    text = "x-image: &image nginx:1.27 # shared\nservices:\n  a:\n    image: *image\n  b: {image: *image}\n"
    files = (scan("compose.yaml", text),)
    plan = plan_pins(files, Lock.empty(), answers(NGINX))
    (one,) = plan.files
    assert text_after(plan, files) == text.replace("nginx:1.27", f"nginx:1.27@{digest_of(NGINX)}")
    assert len(one.edits) == 1
    assert [place.locator for place in one.places] == ["services.a.image", "services.b.image"]


def test_a_file_that_cannot_be_proven_is_refused_and_the_others_are_not() -> None:
    def refuse(before: Source, after: Source, changes: Sequence[Change]) -> None:
        assert (before.path, after.path, len(changes)) == ("compose.bad.yaml", "compose.bad.yaml", 1)
        raise EditError("compose.bad.yaml: line 4 changed too")

    good, bad = compose("nginx:1.27"), compose("nginx:1.27", path="compose.bad.yaml")
    assert isinstance(bad.format, Format)
    bad = replace(bad, format=replace(bad.format, prove=refuse))
    plan = plan_pins((bad, good), Lock.empty(), answers(NGINX))
    assert list(texts(plan, (bad, good))) == ["compose.yaml"]
    (failure,) = plan.failures
    assert (failure.image, failure.places) == ("compose.bad.yaml", ("compose.bad.yaml:1:1",))
    assert (failure.error.exit_code, failure.error.message) == (70, "compose.bad.yaml: line 4 changed too")
    assert failure.error.hint == "the file was left alone; please report it with these lines"


def test_a_file_that_no_format_took_is_never_written() -> None:
    orphan = replace(compose("nginx:1.27"), format=None)
    plan = plan_pins((orphan,), Lock.empty(), answers(NGINX))
    assert list(plan.files) == []
    assert [one.error.message for one in plan.failures] == ["compose.yaml: no format took this file"]


def test_platforms_and_media_type_come_from_the_answer() -> None:
    entry = pin_of(resolved(NGINX, NEW))
    assert (entry.key, entry.digest, entry.platforms) == (NGINX, NEW, PLATFORMS)
    assert entry.media_type == "application/vnd.oci.image.index.v1+json"


# --- update


def test_an_update_without_news_changes_nothing() -> None:
    lock = Lock.of([pin(NGINX, "old")])
    plan = update((compose(f"nginx:1.27@{OLD}"),), lock, pin(NGINX, "old"))
    assert (list(plan.files), plan.failures, plan.lock) == ([], (), lock)


def test_an_update_moves_files_and_lock_together() -> None:
    lock = Lock.of([pin(NGINX, "old")])
    files = (compose(f"nginx:1.27@{OLD}"), compose(f"docker.io/nginx:1.27@{OLD}", path="compose.b.yaml"))
    plan = update(files, lock, pin(NGINX, "new"))
    assert list(texts(plan, files).values()) == [
        compose_text(f"nginx:1.27@{NEW}"),
        compose_text(f"docker.io/nginx:1.27@{NEW}"),
    ]
    (moved,) = plan.difference.moved
    assert (moved.old.digest, moved.new.digest) == (OLD, NEW)


def test_an_update_that_fails_keeps_the_digest_everywhere() -> None:
    lock = Lock.of([pin(NGINX, "old"), pin(NODE, "old")])
    files = (compose(f"nginx:1.27@{OLD}", f"node:22@{OLD}"),)
    plan = update(files, lock, pin(NODE, "new"), failed=[NGINX])
    assert images_after(plan, files) == [f"nginx:1.27@{OLD}", f"node:22@{NEW}"]
    assert plan.lock.pins[NGINX].digest == OLD
    assert [(one.image, one.places) for one in plan.failures] == [(NGINX, ("compose.yaml:3:12",))]


def test_a_failure_of_an_entry_that_no_file_uses_has_no_place() -> None:
    plan = update((), Lock.of([pin(NGINX)]), failed=[NGINX])
    assert plan.failures == (Failure(image=NGINX, places=(), error=plan.failures[0].error),)


def test_a_digest_alone_moves_with_the_entry_that_holds_it() -> None:
    lock = Lock.of([pin(NGINX, "old"), pin(LATEST, "other")])
    files = (compose(f"nginx@{OLD}"),)
    assert list(recorded_keys(files, lock)) == [NGINX]
    plan = update(files, lock, pin(NGINX, "new"), pin(LATEST, "other"))
    assert images_after(plan, files) == [f"nginx@{NEW}"]


def test_a_digest_alone_that_several_tags_hold_belongs_to_latest() -> None:
    lock = Lock.of([pin(NGINX, "old"), pin(LATEST, "old")])
    assert list(recorded_keys((compose(f"nginx@{OLD}"),), lock)) == [LATEST]


def test_a_digest_alone_that_several_tags_hold_moves_with_them_together() -> None:
    one, other = "docker.io/library/nginx:1", NGINX
    lock = Lock.of([pin(one, "old"), pin(other, "old")])
    files = (compose(f"nginx@{OLD}"),)
    assert list(recorded_keys(files, lock)) == [one, other]
    plan = update(files, lock, pin(one, "new"), pin(other, "new"))
    assert (images_after(plan, files), plan.failures) == ([f"nginx@{NEW}"], ())


def test_a_digest_alone_is_left_alone_when_its_tags_move_apart() -> None:
    one, other = "docker.io/library/nginx:1", NGINX
    plan = update((compose(f"nginx@{OLD}"),), Lock.of([pin(one, "old"), pin(other, "old")]), pin(one, "new"))
    (failure,) = plan.failures
    assert (list(plan.files), failure.error.code, failure.error.exit_code) == ([], "ambiguous-tag", 1)
    assert failure.error.message == f"'nginx@{OLD}' may be {one} or {other}, which moved apart; it was left alone"
    assert len(failure.places) == 1


def test_a_digest_alone_that_no_entry_holds_is_left_alone() -> None:
    lock = Lock.of([pin(NGINX, "old"), pin("docker.io/library/other:1", "new")])
    files = (compose(f"nginx@{NEW}"),)
    assert recorded_keys(files, lock) == {}
    assert list(update(files, lock, pin(NGINX, "newer")).files) == []


def test_what_was_never_pinned_is_left_to_pin() -> None:
    files = (compose("nginx:1.27"),)
    assert recorded_keys(files, Lock.empty()) == {}
    assert recorded_keys(files, Lock.of([pin(f"{NGINX}#linux/arm64")])) == {}


def test_an_unpinned_place_of_a_locked_image_gets_the_digest_of_the_update() -> None:
    files = (compose("nginx:1.27"),)
    plan = update(files, Lock.of([pin(NGINX, "old")]), pin(NGINX, "new"))
    assert images_after(plan, files) == [f"nginx:1.27@{NEW}"]


def test_a_digest_that_the_lock_lacks_is_recorded() -> None:
    files = (compose(f"nginx:1.27@{OLD}"),)
    assert {key: str(one) for key, one in recorded_keys(files, Lock.empty()).items()} == {NGINX: NGINX}
    plan = update(files, Lock.empty(), pin(NGINX, "old"))
    assert list(plan.files) == []
    assert list(plan.lock.pins) == [NGINX]


@pytest.mark.parametrize(
    ("keys", "written", "expected"),
    [
        ([f"{NGINX}#linux/arm64"], NGINX, f"{NGINX}#linux/arm64"),
        ([f"{NGINX}#linux/arm64"], f"{NGINX}#linux/arm64", f"{NGINX}#linux/arm64"),
        ([f"{NGINX}#linux/amd64", f"{NGINX}#linux/arm64"], f"{NGINX}#linux/arm64", f"{NGINX}#linux/arm64"),
        ([f"{NGINX}#linux/amd64", f"{NGINX}#linux/arm64"], "unknown", None),
        ([NGINX, f"{NGINX}#linux/arm64"], "unknown", NGINX),
        ([NGINX, f"{NGINX}#linux/arm64"], f"{NGINX}#linux/arm64", f"{NGINX}#linux/arm64"),
    ],
)
def test_a_digest_belongs_to_the_platform_whose_entry_holds_it(
    keys: list[str], written: str, expected: str | None
) -> None:
    lock = Lock.of(pin(key) for key in keys)
    assert list(recorded_keys((compose(f"nginx:1.27@{digest_of(written)}"),), lock)) == ([expected] if expected else [])


# --- properties

_IMAGES = st.lists(
    st.sampled_from(["nginx", "nginx:1.27", "node:22", "ghcr.io/a/b:1", f"nginx:1.27@{OLD}", f"nginx@{OLD}", "${X}"]),
    min_size=1,
    max_size=6,
)


@given(
    trees=st.lists(_IMAGES, min_size=1, max_size=3),
    failing=st.sets(st.sampled_from([NGINX, NODE, LATEST])),
    locked=st.sets(st.sampled_from([NGINX, NODE, LATEST])),
)
def test_a_second_pin_asks_only_for_what_failed_and_changes_nothing(
    trees: list[list[str]], failing: set[str], locked: set[str]
) -> None:
    files = tuple(compose(*images, path=f"compose.{number}.yaml") for number, images in enumerate(trees))
    lock = Lock.of(pin(key) for key in locked)
    asked = missing_from_lock(files, lock)
    found = [missing(str(one)) if one.tagged in failing else resolved(str(one), NEW) for one in asked]
    plan = plan_pins(files, lock, found)
    after = {file.source.path: file.source.text for file in files} | texts(plan, files)
    again = tuple(scan(path, text) for path, text in after.items())
    assert {one.tagged for one in missing_from_lock(again, plan.lock)} == {one.tagged for one in asked} & failing
    second = plan_pins(again, plan.lock, ())
    assert (list(second.files), second.lock) == ([], plan.lock)
    for before, now in zip(files, again, strict=True):
        for one, other in zip(before.occurrences, now.occurrences, strict=True):
            assert other.reference.unpinned().written == one.reference.unpinned().written
            assert one.reference.digest in (None, other.reference.digest)


# --- forms


def bare(key: str, tag: str) -> str:
    return f"nginx@{digest_of(key)}  # pinner: tag={tag}"


def in_form(file: ScannedFile, form: Form) -> ScannedFile:
    return replace(file, form=form)


def test_a_file_that_is_left_gets_only_a_lock_entry() -> None:
    files = (in_form(compose("nginx:1.27", f"node:22@{OLD}"), Form.LEAVE),)
    assert [one.tagged for one in missing_from_lock(files, Lock.empty())] == [NGINX]
    plan = plan_pins(files, Lock.empty(), answers(NGINX))
    assert (list(plan.files), plan.failures, list(plan.lock.pins)) == ([], (), [NGINX])
    moved = update(files, Lock.of([pin(NGINX, "old"), pin(NODE, "old")]), pin(NODE, "new"))
    assert (list(moved.files), moved.lock.pins[NODE].digest) == ([], NEW)


def test_the_tag_goes_into_a_comment_and_stays_the_key() -> None:
    files = (in_form(compose("nginx:1.27"), Form.DIGEST),)
    after = text_after(plan_pins(files, Lock.empty(), answers(NGINX)), files)
    assert after == compose_text(bare(NGINX, "1.27"))
    again = (in_form(scan("compose.yaml", after), Form.DIGEST),)
    lock = Lock.of([pin(NGINX)])
    assert missing_from_lock(again, Lock.empty()) == ()
    assert list(plan_pins(again, lock, ()).files) == []
    assert list(recorded_keys(again, lock)) == [NGINX]
    moved = update(again, lock, pin(NGINX, "new"))
    assert text_after(moved, again) == compose_text(bare("new", "1.27"))


def test_another_form_is_written_by_the_next_pin_without_a_look_up() -> None:
    both, alone = f"nginx:1.27@{OLD}", bare("old", "1.27")
    for before, form, after in ((both, Form.DIGEST, alone), (alone, Form.TAG_AND_DIGEST, both)):
        files = (in_form(compose(before), form),)
        assert missing_from_lock(files, Lock.empty()) == ()
        assert text_after(plan_pins(files, Lock.empty(), ()), files) == compose_text(after)
        assert list(update(files, Lock.of([pin(NGINX, "old")]), pin(NGINX, "old")).files) == []


def test_a_place_that_cannot_be_written_in_its_form_does_not_stop_the_others() -> None:
    text = "services:\n  a: {image: nginx:1.27, x: y}\n  b: {image: nginx:1.27}\n  c: {image: node:22, x: y}\n"
    files = (in_form(scan("compose.yaml", text), Form.DIGEST),)
    plan = plan_pins(files, Lock.empty(), answers(NGINX, NODE))
    assert list(plan.lock.pins) == [NGINX, NODE]
    assert text_after(plan, files) == text.replace("nginx:1.27}", f"nginx@{digest_of(NGINX)}}}  # pinner: tag=1.27")
    (failure,) = plan.failures
    assert (failure.image, failure.places) == ("compose.yaml", ("compose.yaml:2:14", "compose.yaml:4:14"))
    assert (failure.error.exit_code, failure.error.code) == (2, "form")
    assert failure.error.message.startswith("the form 'digest' cannot be written here: something else stands behind")


# --- unpin


def unpinned(written: str, *pins: Pin) -> Plan:
    lock = Lock.of(pins)
    plan = plan_unpin((compose(written),), lock)
    assert plan.lock == lock
    return plan


@pytest.mark.parametrize(
    ("written", "keys", "expected"),
    [
        pytest.param(f"nginx:1.27@{OLD}", [], "nginx:1.27", id="tag-and-digest"),
        pytest.param(bare("old", "1.27"), [], "nginx:1.27", id="tag-in-the-comment"),
        pytest.param(f"nginx@{OLD}", [LATEST], "nginx", id="latest-is-no-tag"),
        pytest.param(f"nginx@{OLD}", [LATEST, NGINX], "nginx", id="latest-first"),
        pytest.param(f"nginx@{OLD}", [NGINX], "nginx:1.27", id="one-tag"),
        pytest.param(f"nginx@{OLD}", [f"{NGINX}#linux/arm64", f"{NGINX}#linux/amd64"], "nginx:1.27", id="platforms"),
    ],
)
def test_a_digest_is_taken_away(written: str, keys: list[str], expected: str) -> None:
    plan = unpinned(written, *(pin(key, "old") for key in keys))
    assert text_after(plan, (compose(written),)) == compose_text(expected)
    assert plan.failures == ()


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ([], "it is not in the lock"),
        ([NGINX, "docker.io/library/nginx:1"], "it may be docker.io/library/nginx:1 or docker.io/library/nginx:1.27"),
    ],
)
def test_a_digest_whose_tag_nobody_knows_is_left_alone_and_said(keys: list[str], reason: str) -> None:
    plan = unpinned(f"nginx@{OLD}", *(pin(key, "old") for key in keys))
    assert list(plan.files) == []
    (failure,) = plan.failures
    assert (failure.image, failure.places, failure.error.exit_code) == (f"nginx@{OLD}", ("compose.yaml:3:12",), 1)
    assert reason in failure.error.message
    assert failure.error.hint == "write the tag in front of the digest"


@pytest.mark.parametrize("written", ["nginx:1.27", "nginx", "${X}"])
def test_what_has_no_digest_is_not_unpinned(written: str) -> None:
    plan = unpinned(written, pin(NGINX, "old"))
    assert (list(plan.files), plan.failures) == ([], ())


def test_a_file_that_is_left_is_not_unpinned_either() -> None:
    plan = plan_unpin((in_form(compose(f"nginx:1@{OLD}", f"nginx@{OLD}"), Form.LEAVE),), Lock.empty())
    assert (list(plan.files), plan.failures) == ([], ())
