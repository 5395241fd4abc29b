from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bench.growth import AGAIN, CHECK, FROZEN, IMAGES, PIN, Growth, judge_growth, report_growth, steepest
from bench.measuring import Run, Runs, Task, interleave, measure
from bench.offline import EVERYTHING, Group, Scanned, judge_offline, report_offline
from bench.page import write_page
from bench.parts import Origin, Part, keep_part, recall_parts
from bench.peers import Absent, Present
from bench.scans import FLOOR, HOLDING, ONE, TWO, normalize
from bench.scans import IMAGES as SCAN
from bench.tables import Target, at_least, at_most, judge, table

OURS: Final = frozenset({"a:1", "b:1", "c:1", "d:1"})
FLOOR_OUTPUT: Final = json.dumps({
    "files": 3, "read": 9, "wanted": 2, "parsed": 5, "seconds": {"list": 0, "read": 0, "search": 0, "parse": 0}
}).encode()  # fmt: skip
ORIGIN: Final = Origin(commit="abc", machine="here", size="full")


def _runs(*seconds: float, mebibytes: float = 1, output: bytes = b"") -> Runs:
    return Runs(
        tuple(Run(seconds=one, cpu=one, mebibytes=mebibytes, code=0, output=output, errors=b"") for one in seconds)
    )


def _group(**peers: Scanned) -> Group:
    scans = {
        FLOOR: Scanned(_runs(1, output=FLOOR_OUTPUT)),
        HOLDING: Scanned(_runs(1, output=FLOOR_OUTPUT)),
        SCAN: Scanned(_runs(1.5), OURS),
        ONE: Scanned(_runs(1.5), OURS),
        **peers,
    }
    return Group(title="Real manifests", kind=EVERYTHING, files=3, mebibytes=1, scans=scans)


def _judged(group: Group) -> dict[str, bool | None]:
    return {target.what: target.is_met for target in judge_offline([group])}


def test_what_could_not_be_measured_neither_holds_nor_fails() -> None:
    assert at_most("a", None, 1).is_met is None
    assert at_least("a", None, 1).is_met is None
    assert "not measured" in judge([at_most("a", None, 1)])


def test_a_target_holds_at_its_limit() -> None:
    assert at_most("a", 1.6, 1.6).is_met
    assert not at_most("a", 1.61, 1.6).is_met
    assert at_least("a", 5, 5).is_met
    assert not at_least("a", 4.99, 5).is_met


def test_a_ratio_is_that_of_each_turn() -> None:
    slow_machine_in_the_second_turn = _runs(1, 10, 1).times(_runs(2, 20, 2))
    assert slow_machine_in_the_second_turn == 0.5
    assert _runs(1, 2, 3).times(_runs(1)) == 1, "turns that only one of them took part in do not count"


def test_a_peer_that_finds_less_than_half_is_no_peer() -> None:
    group = _group(few=Scanned(_runs(0.1), frozenset({"a:1", "x:1", "y:1"})))
    assert group.covering() == {}
    assert not [what for what in _judged(group) if "peer" in what]


def test_the_fastest_peer_that_covers_the_files_counts() -> None:
    half, most = frozenset({"a:1", "b:1"}), frozenset({"a:1", "b:1", "c:1", "x:1"})
    group = _group(slow=Scanned(_runs(15), most), fast=Scanned(_runs(6), half), lame=Scanned(Runs((), "exit code 1")))
    judged = _judged(group)
    assert judged == {
        f"`{ONE}`, real manifests, every kind of file": True,
        f"`{TWO}`, real manifests, every kind of file": None,
        "the fastest peer that covers real manifests, every kind of file: fast": False,
    }


def test_a_peer_that_lists_nothing_covers_nothing() -> None:
    assert _group(mute=Scanned(_runs(0.1))).covering() == {}


def test_the_page_shows_counts_beside_times_and_what_went_wrong() -> None:
    group = _group(fast=Scanned(_runs(6), frozenset({"a:1", "z:1"})), lame=Scanned(Runs((), "exit code 1: no")))
    text = report_offline([group])
    assert "| Real manifests: every kind of file | 4 | 1 | failed |" in text
    assert "| fast | 6.000 | 6.000 to 6.000 | 1 | 4.00 | 6.000 | 1 | 2 |" in text
    assert "lame did not end well: exit code 1: no" in text
    assert "The floor reads 3 files" in text


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("nginx", "nginx:latest"),
        ("docker.io/library/nginx:1", "nginx:1"),
        ('"quay.io:443/a/b"', "quay.io:443/a/b:latest"),
        ("a/b:1@sha256:aa", "a/b:1@sha256:aa"),
        ("a/b@sha256:aa", "a/b@sha256:aa"),
    ],
)
def test_references_are_compared_in_one_form(written: str, normal: str) -> None:
    assert normalize(written) == normal


def test_the_steepest_step_is_the_exponent() -> None:
    assert steepest({1_000: 2, 10_000: 20, 100_000: 200}) == pytest.approx(1)
    assert steepest({10: 5, 100: 5, 1000: 500}) == pytest.approx(2)
    assert steepest({10: 1, 100: 100, 1000: 100}) == pytest.approx(2), "a bend that is hidden by the last step"


def _growth(requests: int = 0, again: float = 1.1) -> Growth:
    by_number = {1_000: _runs(1, mebibytes=30), 100_000: _runs(100, mebibytes=90)}
    files = {
        IMAGES: by_number,
        FROZEN: by_number,
        CHECK: by_number,
        AGAIN: {1_000: _runs(again), 100_000: _runs(100 * again)},
    }
    return Growth(files=files, references={PIN: by_number}, requests={1_000: 0, 100_000: requests})


def test_growth_that_is_linear_holds() -> None:
    assert {target.is_met for target in judge_growth(_growth())} == {True}
    assert "| `images` | 100,000 | 100.0 |" in report_growth(_growth())


def test_what_failed_is_said_below_the_tables() -> None:
    growth = replace(_growth(), references={PIN: {10_000: Runs((), "exit code 3: no word")}})
    assert report_growth(growth).endswith(f"\n`{PIN}` of 10,000 did not end well: exit code 3: no word\n")


def test_a_second_run_that_asks_or_takes_long_does_not_hold() -> None:
    failed = {target.what for target in judge_growth(_growth(requests=1, again=1.3)) if not target.is_met}
    assert failed == {
        "requests of a second `pin`, 100,000 files",
        "a second `pin`, 1,000 files",
        "a second `pin`, 100,000 files",
    }


def test_memory_beyond_the_limit_does_not_hold() -> None:
    growth = _growth()
    files = {**growth.files, IMAGES: {1_000: _runs(1, mebibytes=30), 100_000: _runs(100, mebibytes=121)}}
    failed = {target.what for target in judge_growth(replace(growth, files=files)) if not target.is_met}
    assert failed == {"`images`, memory, 100,000 files"}


def _count(folder: Path, name: str) -> Task:
    script = f"open({name!r}, 'a').write('x')"
    return Task(command=[sys.executable, "-c", script], cwd=folder)


def test_programs_take_turns_after_a_warm_up(tmp_path: Path) -> None:
    found = interleave({"a": _count(tmp_path, "a"), "b": _count(tmp_path, "b")}, rounds=2)
    assert [len(runs.runs) for runs in found.values()] == [2, 2]
    assert (tmp_path / "a").read_text() == "xxx"


def test_without_time_every_program_runs_once(tmp_path: Path) -> None:
    found = interleave({"a": _count(tmp_path, "a"), "b": _count(tmp_path, "b")}, rounds=5, seconds=0)
    assert [len(runs.runs) for runs in found.values()] == [1, 1]
    assert (tmp_path / "a").read_text() == "x", "the warm-up was the run"


def test_a_program_that_fails_is_left_out_with_its_last_word(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    found = interleave({"a": Task(command=command, cwd=tmp_path), "b": _count(tmp_path, "b")}, rounds=1)
    assert found["a"] == Runs((), "exit code 1: no such luck")
    assert len(found["b"].runs) == 1


def _part(name: str, origin: Origin) -> Part:
    return Part(name=name, title=name.title(), text="words\n", targets=(at_most("a", 1, 2),), origin=origin)


def test_a_page_is_made_of_parts_of_one_machine_and_size_whatever_their_commit(tmp_path: Path) -> None:
    ours, older = _part("growth", ORIGIN), _part("startup", replace(ORIGIN, commit="def"))
    others = (_part("online", replace(ORIGIN, machine="there")), _part("offline", replace(ORIGIN, size="quick")))
    for part in (ours, older, *others):
        keep_part(tmp_path, part)
    names = ("startup", "offline", "online", "growth")
    assert recall_parts(tmp_path, names, ORIGIN) == {"startup": older, "growth": ours}


def test_parts_of_a_tree_with_changes_are_not_used_again(tmp_path: Path) -> None:
    origin = replace(ORIGIN, commit="abc-dirty")
    keep_part(tmp_path, _part("growth", origin))
    assert recall_parts(tmp_path, ("growth",), origin) == {}


def test_a_part_that_cannot_be_read_is_measured_again(tmp_path: Path) -> None:
    (tmp_path / "growth.json").write_text('{"name": "growth"}', encoding="ascii")
    (tmp_path / "online.json").write_text("{", encoding="ascii")
    assert recall_parts(tmp_path, ("growth", "online"), ORIGIN) == {}


def test_the_page_names_machine_commit_versions_and_who_is_absent() -> None:
    peers: dict[str, Present | Absent] = {
        "crane": Present("crane", "v1", Path("/crane")),
        "docker-lock": Absent("docker-lock", "not to be had"),
    }
    page = write_page([_part("growth", ORIGIN)], peers, ORIGIN)
    for words in ("here", "abc", "| crane | v1 |", "| docker-lock | absent: not to be had |", "## Growth", "≤ 2 x"):
        assert words in page


def test_numbers_stand_on_the_right() -> None:
    assert table(("a", "b"), [("x", "1"), ("y", "-")]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n| y | - |\n"
    assert judge([Target(what="a", wanted="b", found="c", is_met=False)]).count("does not hold") == 1


def test_a_small_program_is_told_to_be_small_by_a_large_one(tmp_path: Path) -> None:
    ballast = bytes(range(256)) * (1 << 20)
    found = measure(Task(command=[sys.executable, "-c", "print(1)"], cwd=tmp_path))
    assert (found.output, found.code) == (b"1\n", 0)
    assert found.mebibytes < len(ballast) / (1 << 20) / 2


def test_a_program_that_cannot_be_begun_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none-such"):
        measure(Task(command=[tmp_path / "none-such"], cwd=tmp_path))
