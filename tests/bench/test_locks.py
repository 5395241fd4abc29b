"""What a lockfile costs: the program measures what it says, and the target judges it."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.installed import Installed
from bench.lock_reading import ask_like_check, make_lock
from bench.locks import LIMIT, judge_locks, measure_locks, report_locks
from pinner.lock.normal import read_normal
from pinner.lock.rendering import render_lock
from pinner.oci.digest import Digest


def test_everything_is_measured_in_one_run() -> None:
    found = measure_locks(Installed(Path(sys.executable), Path(sys.executable), ""), entries=50, rounds=2)
    assert set(found) == {"json", "tomllib", "strict", "read", "check"}
    assert all(value > 0 for value in found.values())
    assert "50 entries" in report_locks(found, entries=50)


def test_the_lock_that_is_measured_is_in_the_normal_form_and_all_of_it_is_asked_for() -> None:
    lock = make_lock(40)
    text = render_lock(lock)
    wanted = {key: pin.digest for key, pin in lock.pins.items()}
    assert read_normal(text) == lock
    assert ask_like_check(text, wanted) == 40
    assert ask_like_check(text, {**wanted, next(iter(wanted)): Digest.of(b"other")}) == -1


def test_a_ratio_above_the_limit_does_not_hold() -> None:
    found = {"json": 1.0, "check": LIMIT + 0.1}
    assert [one.is_met for one in judge_locks(found, entries=5)] == [False]
    assert [one.is_met for one in judge_locks({**found, "check": LIMIT}, entries=5)] == [True]
