"""What waits in a lockfile: digests that a tag was seen to have, and that are not old enough (H03)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.lock.comparison import compare
from pinner.lock.merging import Side, merge_locks
from pinner.lock.model import Candidate, Lock, Pin, candidates_after
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from pinner.oci.digest import Digest

KEY, OTHER = "docker.io/library/nginx:1.27", "ghcr.io/acme/api:2.1"
FIXTURES = Path(__file__).parent.parent / "fixtures" / "lock" / "valid"


def digest(letter: str) -> Digest:
    return Digest("sha256", letter * 64)


def candidate(letter: str, day: int, **extra: object) -> Candidate:
    return Candidate(digest=digest(letter), seen=dt.date(2026, 11, day), extra=extra)


def lock(entry: str = "a", *waiting: Candidate) -> Lock:
    """Return a lock whose entry has this digest, or that has no entry yet."""
    pins = {KEY: Pin(key=KEY, digest=digest(entry))} if entry else {}
    return Lock(pins=pins, pending={KEY: waiting})


def waiting(merged: Lock) -> list[tuple[str, int]]:
    return [(one.digest.encoded[0], one.seen.day) for one in merged.pending.get(KEY, ())]


def test_a_lock_without_candidates_has_no_table_for_them() -> None:  # H02
    assert render_lock(lock()) == render_lock(Lock.of(lock().pins.values()))
    assert lock().pending == {}


def test_candidates_are_written_oldest_first_and_each_digest_once() -> None:
    one = lock("a", candidate("d", 22), candidate("b", 21), candidate("c", 20), candidate("b", 20))
    assert waiting(one) == [("b", 20), ("c", 20), ("d", 22)]
    assert parse_lock(render_lock(one), "pinner.lock") == one


def test_keys_are_written_in_their_order() -> None:
    one = Lock(pending={OTHER: (candidate("a", 1),), KEY: (candidate("b", 2),)})
    assert list(one.pending) == [KEY, OTHER]
    assert render_lock(one).index(KEY) < render_lock(one).index(OTHER)


def test_a_candidate_keeps_what_a_newer_pinner_wrote_with_a_warning() -> None:
    found = parse_lock((FIXTURES / "pending-several.lock").read_text(), "pinner.lock")
    route = f'pending."{KEY}"[1].why'
    assert found.warnings == (f"pinner.lock:18: {route}: not known to this version of pinner, kept",)
    assert found.pending[KEY][0].extra == {"why": "rebuilt"}


def test_candidates_cannot_be_changed_in_place() -> None:
    one = lock("a", candidate("b", 20))
    with pytest.raises(TypeError):
        one.pending[OTHER] = ()  # type: ignore[index]  # what must fail


def test_what_waits_stays_when_pins_change_and_goes_with_its_entry() -> None:
    one = lock("a", candidate("b", 20))
    assert one.with_pin(Pin(key=OTHER, digest=digest("c"))).pending == one.pending
    assert one.with_pending({KEY: ()}).pending == {}
    assert one.with_pending({OTHER: (candidate("c", 20),)}).pending.keys() == {KEY, OTHER}
    assert one.without(KEY) == Lock.empty()


def test_a_candidate_alone_is_no_change_of_what_is_pinned() -> None:
    assert compare(lock("a"), lock("a", candidate("b", 20))).is_empty
    assert lock("a") != lock("a", candidate("b", 20))


@pytest.mark.parametrize(
    ("accepted", "left"), [("b", "cd"), ("c", "d"), ("d", ""), ("e", "bcd")], ids=["first", "middle", "last", "another"]
)
def test_what_is_not_newer_than_the_accepted_one_waits_no_longer(accepted: str, left: str) -> None:
    candidates = (candidate("b", 20), candidate("c", 21), candidate("d", 22))
    assert "".join(one.digest.encoded[0] for one in candidates_after(candidates, digest(accepted))) == left


OLD, NEW, THIRD = candidate("b", 20), candidate("c", 21), candidate("d", 22)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        pytest.param(lock("a"), lock("a", OLD), lock("a"), [("b", 20)], id="one side saw it"),
        pytest.param(lock("a"), lock("a", OLD), lock("a", NEW), [("b", 20), ("c", 21)], id="each saw another one"),
        pytest.param(lock("a"), lock("a", OLD), lock("a", candidate("b", 22)), [("b", 20)], id="both saw the same"),
        pytest.param(lock("a", OLD), lock("a"), lock("a", OLD), [], id="one side withdrew it"),
        pytest.param(
            lock("a", OLD), lock("a", candidate("b", 24)), lock("a", OLD), [("b", 24)], id="withdrawn and seen anew"
        ),
        pytest.param(lock("a", OLD), lock("a"), lock("a", OLD, NEW), [("c", 21)], id="withdrawn, and another one seen"),
        pytest.param(lock("a", OLD, NEW), lock("b", NEW), lock("a", OLD, NEW), [("c", 21)], id="one side accepted"),
        pytest.param(
            lock("a", OLD, NEW), lock("b", NEW), lock("a", OLD, NEW, THIRD), [("c", 21), ("d", 22)], id="and one saw"
        ),
        pytest.param(lock("a", OLD, NEW), lock("c"), lock("b", NEW), [], id="each accepted another one: ours counts"),
        pytest.param(lock("a"), lock("c"), lock("a", OLD, NEW, THIRD), [("d", 22)], id="accepted what the other saw"),
        pytest.param(lock("a", OLD), lock("a", OLD), lock("a", OLD), [("b", 20)], id="nothing"),
        pytest.param(lock(""), lock("", OLD), lock("", NEW), [("b", 20), ("c", 21)], id="no entry yet"),
    ],
)
def test_every_way_in_which_candidates_can_meet(
    base: Lock, ours: Lock, theirs: Lock, merged: list[tuple[str, int]]
) -> None:  # H01
    assert waiting(merge_locks(base, ours, theirs).lock) == merged


def test_what_newer_pinners_say_of_one_candidate_is_joined() -> None:
    ours, theirs = lock("a", candidate("b", 20, x=1)), lock("a", candidate("b", 21, y=2))
    assert merge_locks(lock("a"), ours, theirs).lock == lock("a", candidate("b", 20, x=1, y=2))


@pytest.mark.parametrize(("side", "left"), [(Side.OURS, [("b", 20)]), (Side.THEIRS, [])])
def test_the_side_that_wins_a_clash_decides_what_still_waits(side: Side, left: list[tuple[str, int]]) -> None:
    merged = merge_locks(lock("a"), lock("d", OLD), lock("b"))
    assert len(merged.clashes) == 1
    assert waiting(merged.taking(side).lock) == left


LOCKS = st.builds(
    lambda entry, days: lock(entry, *(candidate(letter, day) for letter, day in days.items() if letter != entry)),
    st.sampled_from("abc"),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 4)),
)


@given(LOCKS, LOCKS)
def test_a_side_that_did_nothing_does_not_matter(base: Lock, other: Lock) -> None:  # H01
    merged: Sequence[Lock] = [merge_locks(base, *sides).lock for sides in ((base, other), (other, base))]
    assert merged[0] == merged[1]
    assert merged[0].pins == other.pins
    # What was seen before the digest that counts now goes in any case.
    assert set(waiting(merged[0])) <= set(waiting(other))


@given(LOCKS, LOCKS, LOCKS)
def test_candidates_are_merged_alike_from_both_sides(base: Lock, ours: Lock, theirs: Lock) -> None:  # H01
    there, back = merge_locks(base, ours, theirs), merge_locks(base, theirs, ours)
    if not there.clashes:
        assert there.lock == back.lock
    for one in there.lock.pending.get(KEY, ()):
        assert one in (*ours.pending.get(KEY, ()), *theirs.pending.get(KEY, ()))
        assert one.digest != there.lock.pins[KEY].digest
