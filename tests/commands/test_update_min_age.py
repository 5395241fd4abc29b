"""`update` with a minimum age: what is new waits in the lock, and nothing waits forever or in silence (H03)."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pinner.cache.answers import AnswerCache
from pinner.commands.deciding import Outcome
from pinner.commands.pin import pin_tree
from pinner.commands.update import update_tree
from pinner.cooldown import Cooldown
from pinner.errors import UnreachableError
from pinner.lock.model import Candidate, Lock, Pin
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from pinner.oci.media_types import OCI_MANIFEST
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from tests.commands.test_update import _MirrorResolver
from tests.support.program import tree_hash
from tests.support.resolvers import FakeRegistry, digest_of, platform_digest, resolved
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ARM = Platform("linux", "arm64")


def on(day: int, hour: int = 12, *, days: int = 3, accepts: tuple[str, ...] = ()) -> Cooldown:
    now = dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)
    return Cooldown(min_age=dt.timedelta(days=days), now=now, accepts=accepts)


def seen(content: str, day: int) -> Candidate:
    return Candidate(digest=digest_of(content), seen=dt.date(2026, 11, day))


def read(root: Path) -> Lock:
    return parse_lock((root / "pinner.lock").read_text(), "pinner.lock")


def put(root: Path, *candidates: Candidate, key: str = NGINX) -> None:
    write(root, pinner_lock=render_lock(Lock.of([pin(NGINX, "one")]).with_pending({key: candidates})))


def waiting(outcome: Outcome) -> list[tuple[str, str]]:
    return [(str(one.digest), f"{one.seen} {one.until}") for one in outcome.plan.waiting]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{digest_of('one')}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    return tmp_path


def update(root: Path, peer: FakeRegistry, cooldown: Cooldown | None, *, writes: bool = True) -> Outcome:
    return update_tree(project_at(root), (), open_resolver=peer.open_resolver, cooldown=cooldown, writes=writes)


def test_without_news_nothing_waits_and_nothing_is_written(tree: Path) -> None:  # H02
    project_at(tree)
    before = tree_hash(tree)
    outcome = update(tree, FakeRegistry({NGINX: "one"}), on(20))
    assert (outcome.would_change, outcome.written, outcome.plan.waiting, tree_hash(tree)) == (False, (), (), before)


def test_a_new_digest_waits_in_the_lock_alone_and_is_told(tree: Path) -> None:  # H03
    files = (tree / "compose.yaml").read_bytes()
    peer = FakeRegistry({NGINX: "two"})
    outcome = update(tree, peer, on(20))
    assert outcome.written == ("pinner.lock",)
    assert ((tree / "compose.yaml").read_bytes(), peer.asked) == (files, [f"head {NGINX}"])
    assert read(tree) == Lock.of([pin(NGINX, "one")]).with_pending({NGINX: (seen("two", 20),)})
    assert waiting(outcome) == [(str(digest_of("two")), "2026-11-20 2026-11-24 00:00:00+00:00")]
    assert (outcome.plan.failures, list(outcome.mistakes)) == ((), [])


def test_a_second_run_on_the_day_rewrites_nothing(tree: Path) -> None:  # H02
    update(tree, FakeRegistry({NGINX: "two"}), on(20))
    before = tree_hash(tree)
    again = update(tree, FakeRegistry({NGINX: "two"}), on(20, 23))
    assert (again.would_change, again.written, tree_hash(tree)) == (False, (), before)
    assert len(again.plan.waiting) == 1


def test_what_is_old_enough_is_read_by_its_digest_and_accepted(tree: Path) -> None:
    put(tree, seen("two", 20))
    peer = FakeRegistry({NGINX: "two"})
    assert update(tree, peer, on(23, 23)).written == ()
    outcome = update(tree, peer, on(24, 0))
    assert outcome.written == ("pinner.lock", "compose.yaml")
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{digest_of('two')}")
    assert read(tree) == Lock.of([pin(NGINX, "two")])
    assert peer.asked[-2:] == [f"head {NGINX}", f"get {NGINX}"]


def test_a_tag_that_is_rebuilt_each_day_progresses_by_the_newest_that_is_old_enough(tree: Path) -> None:  # H03
    put(tree, seen("two", 14), seen("three", 15), seen("four", 17), seen("five", 19))
    outcome = update(tree, FakeRegistry({NGINX: "six"}), on(20))
    assert read(tree).pins[NGINX] == pin(NGINX, "three")
    assert read(tree).pending == {NGINX: (seen("four", 17), seen("five", 19), seen("six", 20))}
    assert [digest for digest, _ in waiting(outcome)] == [str(digest_of(one)) for one in ("four", "five", "six")]


def test_a_candidate_that_the_registry_has_no_more_goes_and_the_next_one_counts(tree: Path) -> None:
    put(tree, seen("two", 14), seen("three", 15), seen("four", 19))
    peer, warnings = FakeRegistry({NGINX: "four"}, deleted={digest_of("three")}), list[str]()
    project = project_at(tree, warnings)
    outcome = update_tree(project, (), open_resolver=peer.open_resolver, cooldown=on(20))
    assert read(tree).pins[NGINX] == pin(NGINX, "two")
    assert read(tree).pending == {NGINX: (seen("four", 19),)}
    three = digest_of("three")
    assert warnings == [f"{NGINX}: the registry has {three} no more, which was old enough to be accepted"]
    assert [(one.digest, one.reason) for one in outcome.plan.dropped] == [(three, "missing")]


def test_where_no_candidate_is_left_the_digest_stays(tree: Path) -> None:
    put(tree, seen("two", 14))
    outcome = update(tree, FakeRegistry({NGINX: "three"}, deleted={digest_of("two")}), on(20))
    assert (outcome.written, outcome.plan.failures) == (("pinner.lock",), ())
    assert read(tree) == Lock.of([pin(NGINX, "one")]).with_pending({NGINX: (seen("three", 20),)})


def test_a_tag_that_means_the_locked_digest_again_withdraws_what_waits(tree: Path) -> None:
    put(tree, seen("two", 14), seen("three", 15))
    outcome = update(tree, FakeRegistry({NGINX: "one"}), on(20))
    assert read(tree) == Lock.of([pin(NGINX, "one")])
    assert [one.reason for one in outcome.plan.dropped] == ["withdrawn", "withdrawn"]


def test_without_a_minimum_age_all_is_accepted_and_nothing_waits(tree: Path) -> None:
    put(tree, seen("two", 20))
    outcome = update(tree, FakeRegistry({NGINX: "three"}), None)
    assert (read(tree), outcome.plan.waiting) == (Lock.of([pin(NGINX, "three")]), ())


@pytest.mark.parametrize("glob", ["nginx", "nginx:1.*", NGINX])
def test_one_image_is_let_through_whatever_its_age(tree: Path, glob: str) -> None:  # H03, H05
    write_lock(tree, pin(NGINX, "one"), pin(NODE, "one"))
    update(tree, FakeRegistry({NGINX: "two", NODE: "two"}), on(20, accepts=(glob,)))
    assert (read(tree).pins[NGINX], read(tree).pins[NODE]) == (pin(NGINX, "two"), pin(NODE, "one"))
    assert read(tree).pending.keys() == {NODE}


def test_what_is_let_through_is_what_the_tag_means_now(tree: Path) -> None:
    put(tree, seen("two", 14), seen("three", 19))
    update(tree, FakeRegistry({NGINX: "four"}), on(20, accepts=("*",)))
    assert read(tree) == Lock.of([pin(NGINX, "four")])


def test_a_pattern_to_accept_that_matches_nothing_is_said(tree: Path) -> None:
    warnings: list[str] = []
    peer = FakeRegistry({NGINX: "one"})
    project = project_at(tree, warnings)
    update_tree(project, (), open_resolver=peer.open_resolver, cooldown=on(20, accepts=("nginxx",)))
    assert warnings == ["--accept 'nginxx' matches no image that is pinned or locked"]


def test_a_look_up_that_fails_leaves_what_waits(tree: Path) -> None:
    put(tree, seen("two", 14))
    before = tree_hash(tree)
    outcome = update(tree, FakeRegistry({NGINX: UnreachableError("no answer")}), on(20))
    assert [one.error.message for one in outcome.plan.failures] == ["no answer"]
    assert ({**tree_hash(tree), "pinner.toml": ""}, outcome.written) == ({**before, "pinner.toml": ""}, ())


def test_images_that_are_not_asked_keep_what_waits(tree: Path) -> None:
    put(tree, seen("two", 14), key=NODE)
    update(tree, FakeRegistry({NGINX: "one"}), on(20))
    assert read(tree).pending == {NODE: (seen("two", 14),)}


def test_a_digest_from_the_future_waits_and_is_said(tree: Path) -> None:  # H03
    put(tree, seen("two", 25))
    warnings: list[str] = []
    peer = FakeRegistry({NGINX: "two"})
    project = project_at(tree, warnings)
    outcome = update_tree(project, (), open_resolver=peer.open_resolver, cooldown=on(20))
    assert outcome.written == ()
    two = digest_of("two")
    assert warnings == [f"{NGINX}: {two} was first seen on 2026-11-25, which is still to come: a clock is wrong"]
    assert waiting(outcome) == [(str(two), "2026-11-25 2026-11-29 00:00:00+00:00")]


def test_a_tag_that_only_files_have_waits_too(tmp_path: Path) -> None:
    text = compose_text(f"nginx:1.27@{digest_of('one')}")
    write(tmp_path, compose_yaml=text)
    outcome = update(tmp_path, FakeRegistry({NGINX: "two"}), on(20))
    assert ((tmp_path / "compose.yaml").read_text(), outcome.written) == (text, ("pinner.lock",))
    assert read(tmp_path) == Lock(pending={NGINX: (seen("two", 20),)})
    update(tmp_path, FakeRegistry({NGINX: "two"}), on(24))
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{digest_of('two')}")
    assert read(tmp_path) == Lock.of([pin(NGINX, "two")])


@pytest.mark.parametrize("contents", [["one"], ["one", "one"]])
def test_what_all_files_have_already_need_not_wait(tmp_path: Path, contents: list[str]) -> None:
    write(tmp_path, compose_yaml=compose_text(*(f"nginx:1.27@{digest_of(one)}" for one in contents)))
    outcome = update(tmp_path, FakeRegistry({NGINX: "one"}), on(20))
    assert (read(tmp_path), outcome.plan.waiting, list(outcome.plan.files)) == (Lock.of([pin(NGINX, "one")]), (), [])


@pytest.mark.parametrize("now", ["one", "two"])
def test_what_only_some_files_have_waits(tmp_path: Path, now: str) -> None:
    write(tmp_path, compose_yaml=compose_text(*(f"nginx:1.27@{digest_of(one)}" for one in ("one", "two"))))
    outcome = update(tmp_path, FakeRegistry({NGINX: now}), on(20))
    assert (read(tmp_path), list(outcome.plan.files)) == (Lock(pending={NGINX: (seen(now, 20),)}), [])


def test_the_digest_of_one_platform_waits_as_well(tmp_path: Path) -> None:
    key = f"{NGINX}#linux/arm64"
    one, two = (platform_digest(word, ARM) for word in ("one", "two"))
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{one}"))
    write_lock(tmp_path, Pin(key=key, digest=one, media_type=OCI_MANIFEST))
    update(tmp_path, FakeRegistry({NGINX: "two"}), on(20))
    assert read(tmp_path).pins[key].digest == one
    assert [one.digest for one in read(tmp_path).pending[key]] == [two]
    update(tmp_path, FakeRegistry({NGINX: "three"}), on(24))
    assert read(tmp_path).pins[key].digest == two
    assert [one.digest for one in read(tmp_path).pending[key]] == [platform_digest("three", ARM)]


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_decides_the_same_and_writes_nothing(tree: Path, *, preview: bool) -> None:
    project_at(tree)
    before = tree_hash(tree)
    outcome = update(tree, FakeRegistry({NGINX: "two"}), on(20), writes=not preview)
    assert outcome.would_change
    assert len(outcome.plan.waiting) == 1
    assert (tree_hash(tree) == before) == preview


def test_a_mirror_that_stands_in_withdraws_nothing(tree: Path) -> None:  # RES-28
    put(tree, seen("two", 14))
    project = project_at(tree)
    before = tree_hash(tree)
    mirror = _MirrorResolver(digest_of("one"))
    outcome = update_tree(project, (), open_resolver=lambda _: nullcontext(mirror), cooldown=on(20))
    assert (outcome.plan.failures, tree_hash(tree)) == ((), before)


def test_the_cache_confirms_nothing_while_something_waits(tree: Path) -> None:  # RATE-09
    put(tree, seen("two", 14))
    cache = AnswerCache(tree / "answers.json", max_age=900)
    cache.note_tags([replace(resolved(NGINX, digest_of("one"), how="head"), is_public=True)])
    assert cache.confirms(Reference.parse(NGINX), digest_of("one"))
    peer = FakeRegistry({NGINX: "two"})
    update_tree(project_at(tree), (), open_resolver=peer.open_resolver, cooldown=on(20), cache=cache)
    assert peer.asked[0] == f"head {NGINX}"
    assert read(tree).pins[NGINX] == pin(NGINX, "two")


def test_pinning_does_not_wait_and_moves_nothing(tree: Path) -> None:  # H09
    put(tree, seen("two", 20))
    before = (tree / "pinner.lock").read_bytes()
    write(tree, deploy__compose_yaml=compose_text("nginx:1.27"))
    pin_tree(project_at(tree), (), open_resolver=FakeRegistry({}).open_resolver)
    assert (tree / "pinner.lock").read_bytes() == before
    assert (tree / "deploy/compose.yaml").read_text() == compose_text(f"nginx:1.27@{digest_of('one')}")


def test_what_pinning_locks_for_the_first_time_waits_no_longer(tmp_path: Path) -> None:
    held = Lock(pending={NGINX: (seen("two", 19), seen("three", 20))})
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), pinner_lock=render_lock(held))
    pin_tree(project_at(tmp_path), (), open_resolver=FakeRegistry({NGINX: "two"}).open_resolver)
    assert read(tmp_path) == Lock.of([pin(NGINX, "two")]).with_pending({NGINX: (seen("three", 20),)})
