"""`python -m bench`: pinner and what people would use instead, side by side, in one run.

Writes docs/performance.md; with `--quick` everything is small, done once, and written to standard output. Inputs,
peers and what was measured are kept in PINNER_BENCH_CACHE, outside of the repository. With the name of a part only that
one is measured again, and the page is made of it and of the others, where these are of the same machine and size.
PINNER_CORPUS names a folder of real manifests.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import costs, growth, lab, locks, offline, online, startup
from bench.inputs import make_tree
from bench.installed import ROOT, Installed, install_pinner
from bench.measuring import describe_machine
from bench.page import Peers, write_page
from bench.parts import Origin, Part, keep_part, recall_parts
from bench.peers import CACHE, find_all
from bench.tables import Target

PAGE = ROOT / "docs" / "performance.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured; seconds are for one tree, or for one number of references."""

    name: str
    rounds: int
    startups: int
    files: int
    files_of_a_kind: int
    seconds: float
    growth: tuple[int, ...]
    references: tuple[int, ...]
    distances: tuple[int, ...]
    look_ups: tuple[int, ...]


FULL = Size(
    name="full",
    rounds=5,
    startups=25,
    files=10_000,
    files_of_a_kind=2_000,
    seconds=120,
    growth=(1_000, 10_000, 100_000),
    references=(300, 1_000),
    distances=(0, 20, 100),
    look_ups=(100, 1_000, 10_000),
)
QUICK = Size(
    name="quick",
    rounds=1,
    startups=3,
    files=200,
    files_of_a_kind=100,
    seconds=10,
    growth=(100, 400),
    references=(60,),
    distances=(0, 20),
    look_ups=(100, 400),
)
Measured = tuple[str, str, list[Target]]


def measure_startup(pinner: Installed, _: Peers, size: Size) -> Measured:
    tree = make_tree(CACHE / "trees" / f"all-{size.files}", size.files)
    folder = CACHE / "startup"
    found = startup.measure_startup(pinner, folder, tree, files=size.files, rounds=size.startups, seconds=size.seconds)
    return "Start-up", startup.report_startup(found), startup.judge_startup(found)


def measure_locks(pinner: Installed, _: Peers, size: Size) -> Measured:
    found = locks.measure_locks(pinner, entries=locks.ENTRIES, rounds=size.startups)
    judged = locks.judge_locks(found, entries=locks.ENTRIES)
    return "Lockfiles", locks.report_locks(found, entries=locks.ENTRIES), judged


def measure_offline(pinner: Installed, peers: Peers, size: Size) -> Measured:
    named = os.environ.get("PINNER_CORPUS")
    effort = offline.Effort(
        rounds=size.rounds, seconds=size.seconds, files=size.files, files_of_a_kind=size.files_of_a_kind
    )
    groups = offline.measure_offline(pinner, peers, Path(named).resolve() if named else None, effort)
    return "Scans", offline.report_offline(groups), offline.judge_offline(groups)


def measure_online(pinner: Installed, peers: Peers, size: Size) -> Measured:
    if missing := lab.why_not():
        return "Look-ups", f"Not measured; missing: {missing}.\n", []
    done = online.measure_online(
        pinner, peers, references=size.references, distances=size.distances, rounds=size.rounds
    )
    return "Look-ups", "\n".join(map(online.report_round, done)), online.judge_online(done)


def measure_growth(pinner: Installed, _: Peers, size: Size) -> Measured:
    rounds = min(size.rounds, 3)
    found = growth.measure_growth(
        pinner, files=size.growth, references=size.look_ups, rounds=rounds, seconds=size.seconds
    )
    return "Growth", growth.report_growth(found), growth.judge_growth(found)


def measure_costs(pinner: Installed, _: Peers, size: Size) -> Measured:
    named = os.environ.get("PINNER_CORPUS")
    corpus = Path(named).resolve() if named else None
    found = costs.measure_costs(pinner, corpus, files=size.files, references=size.references[0])
    return "What the time is made of", costs.report_costs(found), []


PARTS: Mapping[str, Callable[[Installed, Peers, Size], Measured]] = {
    "startup": measure_startup,
    "locks": measure_locks,
    "offline": measure_offline,
    "online": measure_online,
    "growth": measure_growth,
    "costs": measure_costs,
}


def measure_part(name: str, pinner: Installed, peers: Peers, size: Size, origin: Origin) -> Part:
    """Measure one part, and say how long it took."""
    began = time.monotonic()
    load = os.getloadavg()[0]
    print(f"measuring: {name}", file=sys.stderr)
    title, text, targets = PARTS[name](pinner, peers, size)
    minutes = (time.monotonic() - began) / 60
    when = f"{time.strftime('%Y-%m-%d %H:%M')}, for {minutes:.0f} min; load {load:.1f} when it began"
    return Part(name=name, title=title, text=text, targets=tuple(targets), origin=origin, when=when)


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m bench", description="Measure pinner beside its peers.")
    reader.add_argument("--quick", action="store_true", help="little of everything, to standard output")
    reader.add_argument("--no-install", action="store_true", help="use only the peers that are there")
    reader.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all without one")
    given = reader.parse_args()
    wanted = given.parts or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        reader.error(f"unknown: {', '.join(sorted(unknown))}")
    size = QUICK if given.quick else FULL
    pinner, peers = install_pinner(), find_all(install=not given.no_install)
    origin = Origin(commit=pinner.commit, machine=describe_machine(), size=size.name)
    folder = CACHE / "parts" / size.name
    done: dict[str, Part] = {}
    for name in wanted:
        done[name] = measure_part(name, pinner, peers, size, origin)
        keep_part(folder, done[name])
    parts = {**recall_parts(folder, PARTS, origin), **done}
    page = write_page([parts[name] for name in PARTS if name in parts], peers, origin)
    if given.quick or len(parts) < len(PARTS):
        print(page)
    else:
        PAGE.write_text(page, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
