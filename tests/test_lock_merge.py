"""Merges of lockfiles: by key, so that only the same image moved two ways is a conflict (H01)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import LockError
from pinner.lock.conflicts import find_conflict, split_sides
from pinner.lock.merging import merge_locks
from pinner.lock.model import Lock, Pin
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock, render_merged
from pinner.oci.digest import Digest
from pinner.oci.media_types import OCI_INDEX
from pinner.oci.platform import Platform

KEYS = [f"docker.io/library/app{number}:1" for number in range(4)]
DIGESTS = st.sampled_from("abc")
LOCKS = st.dictionaries(st.sampled_from(KEYS), DIGESTS)


def lock(entries: Mapping[str, str]) -> Lock:
    return Lock.of(Pin(key=key, digest=Digest("sha256", letter * 64)) for key, letter in entries.items())


def letters(merged: Lock) -> dict[str, str]:
    return {key: pin.digest.encoded[0] for key, pin in merged.pins.items()}


def merge(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[dict[str, str], int]:
    merged = merge_locks(lock(base), lock(ours), lock(theirs))
    return letters(merged.lock), len(merged.clashes)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "clashes"),
    [
        pytest.param("a", "a", "a", "a", 0, id="nothing"),
        pytest.param("a", "b", "a", "b", 0, id="ours moved"),
        pytest.param("a", "a", "b", "b", 0, id="theirs moved"),
        pytest.param("a", "b", "b", "b", 0, id="both moved to the same"),
        pytest.param("a", "b", "c", "b", 1, id="both moved"),
        pytest.param("", "a", "", "a", 0, id="ours added"),
        pytest.param("", "", "a", "a", 0, id="theirs added"),
        pytest.param("", "a", "a", "a", 0, id="both added the same"),
        pytest.param("", "a", "b", "a", 1, id="both added another"),
        pytest.param("a", "", "a", "", 0, id="ours removed"),
        pytest.param("a", "a", "", "", 0, id="theirs removed"),
        pytest.param("a", "", "", "", 0, id="both removed"),
        pytest.param("a", "", "b", "b", 0, id="ours removed what theirs moved"),
        pytest.param("a", "b", "", "b", 0, id="theirs removed what ours moved"),
    ],
)
def test_every_way_in_which_an_entry_can_meet_itself(
    base: str, ours: str, theirs: str, merged: str, clashes: int
) -> None:  # H01
    sides = [{KEYS[0]: letter} if letter else {} for letter in (base, ours, theirs)]
    assert merge(sides[0], sides[1], sides[2]) == ({KEYS[0]: merged} if merged else {}, clashes)


@given(LOCKS, LOCKS)
def test_a_side_that_did_nothing_does_not_matter(base: dict[str, str], other: dict[str, str]) -> None:  # H01
    assert merge(base, base, other) == (other, 0)
    assert merge(base, other, base) == (other, 0)
    assert merge(base, other, other) == (other, 0)


@given(LOCKS, LOCKS, LOCKS)
def test_no_pin_is_lost_or_made_up(base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> None:  # H01
    merged = merge_locks(lock(base), lock(ours), lock(theirs))
    clashing = {clash.key for clash in merged.clashes}
    for key in KEYS:
        before, mine, other, now = (side.get(key) for side in (base, ours, theirs, letters(merged.lock)))
        assert (key in clashing) == (mine != other and None not in {mine, other} and before not in {mine, other})
        assert now in {mine, other}
        if mine not in {None, before}:
            assert now == mine or other == now != before
    swapped = merge_locks(lock(base), lock(theirs), lock(ours))
    assert {one.key for one in swapped.clashes} == clashing
    assert swapped.lock.without(*clashing) == merged.lock.without(*clashing)


@given(LOCKS, LOCKS, LOCKS)
def test_a_conflict_that_is_written_can_be_read_again(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    merged = merge_locks(lock(base), lock(ours), lock(theirs))
    text = render_merged(merged)
    assert (find_conflict(text) is not None) == bool(merged.clashes)
    sides = split_sides(text, "pinner.lock")
    assert parse_lock(sides.ours, "pinner.lock") == merged.lock
    assert parse_lock(sides.theirs, "pinner.lock") == merged.lock.with_pins(one.theirs for one in merged.clashes)


def test_what_one_side_learned_of_a_digest_is_kept() -> None:
    key, digest = KEYS[0], Digest("sha256", "b" * 64)
    learned = Pin(key=key, digest=digest, media_type=OCI_INDEX, platforms=(Platform("linux", "amd64"),))
    for ours, theirs in ((learned, Pin(key=key, digest=digest)), (Pin(key=key, digest=digest), learned)):
        merged = merge_locks(lock({key: "a"}), Lock.of([ours]), Lock.of([theirs]))
        assert (merged.lock, merged.clashes) == (Lock.of([learned]), ())


def test_tables_of_a_newer_pinner_are_merged_by_their_keys() -> None:
    base = Lock(extra={"later": {"a": {"x": 1}, "b": {"x": 1}}})
    ours = Lock(extra={"later": {"a": {"x": 2}, "b": {"x": 1}}})
    theirs = Lock(extra={"later": {"a": {"x": 1}, "c": {"x": 3}}})
    assert merge_locks(base, ours, theirs).lock.extra == {"later": {"a": {"x": 2}, "c": {"x": 3}}}


ENTRY = f'[images."{KEYS[0]}"]\n'
STYLES = {
    "merge": "<<<<<<< HEAD\ndigest = 1\n=======\ndigest = 2\n>>>>>>> bot\n",
    "diff3": "<<<<<<< HEAD\ndigest = 1\n||||||| common ancestors\ndigest = 0\n=======\ndigest = 2\n>>>>>>> bot\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("style", STYLES)
def test_both_styles_of_git_are_read(style: str, newline: str) -> None:
    text = (ENTRY + STYLES[style] + "\n# end\n").replace("\n", newline)
    sides = split_sides(text, "pinner.lock")
    expected = [f"{ENTRY}digest = {number}\n\n# end\n".replace("\n", newline) for number in (1, 2, 0)]
    assert [sides.ours, sides.theirs, sides.base] == [*expected[:2], expected[2] if style == "diff3" else None]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n=======\n", ":2: "),
        (">>>>>>> bot\n", ":1: "),
        ("<<<<<<< HEAD\n<<<<<<< HEAD\n", ":2: "),
        ("<<<<<<< HEAD\n||||||| base\n||||||| base\n", ":3: "),
        ("<<<<<<< HEAD\n>>>>>>> bot\n", ":2: "),
        ("<<<<<<< HEAD\n=======\n", ": the last"),
    ],
)
def test_a_marker_that_was_lost_is_said_with_its_line(text: str, line: str) -> None:
    with pytest.raises(LockError) as caught:
        split_sides(text, "pinner.lock")
    assert str(caught.value).startswith(f"pinner.lock{line}")
    assert caught.value.hint


@pytest.mark.parametrize("line", ["<<<<<<<< HEAD", " <<<<<<< HEAD", "========", "# ======="])
def test_a_line_that_only_looks_like_a_marker_is_none(line: str) -> None:
    assert find_conflict(f"{line}\n") is None


def test_a_lock_without_a_conflict_is_rendered_as_ever() -> None:
    merged = merge_locks(Lock.empty(), lock({KEYS[0]: "a"}), Lock.empty())
    assert render_merged(merged) == render_lock(lock({KEYS[0]: "a"}))
