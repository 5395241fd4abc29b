"""Look-ups: pinner and its peers ask the same registry for the digests of the same tags, at three distances.

A program that is slow has fewer runs, and one that would be very slow by what it took for less is left out, and named.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.asking import AGAIN, CRANE, FEW, FROZEN, OWN, PIN, WORKERS, Desk, tasks_of
from bench.installed import Installed
from bench.lab import Front, Traffic, push_references, running_front
from bench.measuring import Run, Runs, Task, measure
from bench.peers import Absent, Present
from bench.tables import Target, at_most, seconds, table, times

# A program has its next run only while those before took less than this together.
SECONDS = 5.0
# A program that would take longer by what it took for less is not asked.
PATIENCE = 20.0
# The distance at which the bound of so many workers is held against what pinner takes.
BOUND_AT = 20
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LookUp:
    """Runs of one program, what it asked in the last one, and how many of the digests it found."""

    runs: Runs
    traffic: Traffic
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """All programs against one registry; `left_out` has those that were not asked, with the seconds they would take."""

    references: int
    milliseconds: int
    has_tokens: bool
    look_ups: Mapping[str, LookUp] = field(default_factory=dict)
    left_out: Mapping[str, float] = field(default_factory=dict)

    @property
    def bound(self) -> float:
        """The seconds that nobody with so many workers can be faster than: the waits, and one connection."""
        return (self.references / WORKERS + 1) * self.milliseconds / 1000

    @property
    def name(self) -> str:
        """What tells it from the others."""
        login = "tokens" if self.has_tokens else "open"
        return f"{self.references:,} references, {self.milliseconds} ms, {login}"

    @property
    def peers(self) -> Mapping[str, LookUp]:
        """Those who found nearly all: who finds less may well be faster."""
        return {
            name: found
            for name, found in self.look_ups.items()
            if name not in OWN and found.found >= 0.9 * self.references
        }


def measure_online(
    pinner: Installed,
    peers: Mapping[str, Present | Absent],
    *,
    references: tuple[int, ...],
    distances: tuple[int, ...],
    rounds: int,
) -> list[Round]:
    """Measure every program for every number of references, distance and kind of login, at most `rounds` times each.

    The small ones come first: they say whom to leave out.
    """
    done: list[Round] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        digests = push_references(folder, folder / "storage", max(references))
        for has_tokens in (False, True):
            for milliseconds in sorted(distances):
                place = folder / f"{has_tokens}-{milliseconds}"
                place.mkdir()
                with running_front(
                    place, folder / "storage", milliseconds=milliseconds, has_tokens=has_tokens
                ) as front:
                    for number in sorted(references):
                        wanted = dict(list(digests.items())[:number])
                        blank = Round(references=number, milliseconds=milliseconds, has_tokens=has_tokens)
                        tasks = tasks_of(pinner, peers, Desk(folder / "work", front, tuple(wanted)))
                        done.append(_ask_all(blank, tasks, front, wanted, earlier=done, rounds=rounds))
    return done


def _ask_all(
    blank: Round,
    tasks: Mapping[str, Task],
    front: Front,
    digests: Mapping[str, str],
    *,
    earlier: list[Round],
    rounds: int,
) -> Round:
    expected = {name: expect(name, blank, earlier) for name in tasks}
    left_out = {name: value for name, value in expected.items() if value > PATIENCE}
    wanted = {digest.encode() for digest in digests.values()}
    runs: dict[str, list[Run]] = {name: [] for name in tasks if name not in left_out}
    last: dict[str, LookUp] = {}
    for _ in range(min(rounds, 3)):
        for name, done in runs.items():
            if done and sum(run.seconds for run in done) >= SECONDS:
                continue
            front.forget()
            done.append(measure(tasks[name]))
            found = _digests_in(tasks[name].cwd, done[-1].output)
            last[name] = LookUp(Runs(tuple(done)), front.traffic(), len(found & wanted))
    return replace(blank, look_ups=last, left_out=left_out)


def expect(name: str, blank: Round, earlier: list[Round]) -> float:
    """Return the seconds that a program would take by what it took for fewer references, or nearer by.

    pinner is always asked, so for it this is nothing.
    """
    if name in OWN:
        return 0.0
    return max(
        (
            one.look_ups[name].runs.seconds * blank.references / one.references
            if name in one.look_ups
            else one.left_out.get(name, 0.0)
            for one in earlier
            if one.has_tokens == blank.has_tokens
            and one.references <= blank.references
            and one.milliseconds <= blank.milliseconds
        ),
        default=0.0,
    )


def _digests_in(tree: Path, output: bytes) -> set[bytes]:
    """Return what a program printed or wrote."""
    places = [path.read_bytes() for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {digest for text in (output, *places) for digest in _DIGEST.findall(text)}


def report_round(one: Round) -> str:
    """Return one round as a table."""
    own = one.look_ups[PIN].runs
    rows = [
        (
            name,
            len(found.runs.runs),
            seconds(found.runs.seconds),
            times(found.runs.times(own)),
            seconds(found.runs.cpu),
            f"{found.runs.mebibytes:.0f}",
            found.traffic.requests,
            found.traffic.connections,
            found.found,
        )
        for name, found in one.look_ups.items()
    ]
    bound = f"Nobody with {WORKERS} workers can be faster than {seconds(one.bound)} s.\n\n" if one.milliseconds else ""
    head = ("program", "runs", "s", "x pinner", "CPU s", "MiB", "requests", "connections", "digests found")
    return f"### {one.name}\n\n{bound}{table(head, rows)}{_say_failed(one)}{_say_left_out(one)}"


def _say_failed(one: Round) -> str:
    """Return the last words of those who found too little to be compared."""
    said = {
        name: found.runs.runs[-1].errors.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        for name, found in one.look_ups.items()
        if name not in OWN and name not in one.peers
    }
    return "".join(f"\n{name} found too little, and said: {lines[0][:160]}\n" for name, lines in said.items())


def _say_left_out(one: Round) -> str:
    if not one.left_out:
        return ""
    named = ", ".join(f"{name} ({value:.0f} s)" for name, value in one.left_out.items())
    return f"\nLeft out, for by what it took for less it would take about so long: {named}.\n"


def judge_online(done: list[Round]) -> list[Target]:
    """Hold the measurements against the targets; only who found nearly all counts as faster."""
    return [target for one in done for target in _judge_round(one)]


def _judge_round(one: Round) -> list[Target]:
    own = one.look_ups[PIN]
    targets: list[Target] = []
    if one.milliseconds == BOUND_AT and not one.has_tokens:
        targets.append(at_most(f"`{FEW}`, {one.name}", one.look_ups[FEW].runs.seconds / one.bound, 1.3, "x the bound"))
    fewest = min((found.traffic.requests for found in one.peers.values()), default=None)
    fewer = None if fewest is None else own.traffic.requests / fewest
    targets.append(at_most(f"requests, {one.name}", fewer, 1.0, "x the fewest of any peer"))
    repeated = one.look_ups[AGAIN].traffic.requests + one.look_ups[FROZEN].traffic.requests
    targets.append(at_most(f"requests of a second `pin` and of `--frozen`, {one.name}", repeated, 0, "requests"))
    if one.milliseconds:
        fastest = min((found.runs.seconds for found in one.peers.values()), default=None)
        faster = None if fastest is None else own.runs.seconds / fastest
        targets.append(at_most(f"time, {one.name}", faster, 1.0, "x the fastest peer"))
    elif crane := one.peers.get(CRANE):
        targets.append(at_most(f"time, {one.name}", own.runs.times(crane.runs), 1.5, "x crane in parallel"))
    return targets
