"""`python -m bench`: pinner and what people would use instead, side by side, in one run.

Writes docs/performance.md; with `--quick` everything is small, done once, and written to standard output. Inputs and
peers are kept in PINNER_BENCH_CACHE, outside of the repository. PINNER_CORPUS names a folder of real manifests.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import growth, lab, offline, online, startup
from bench.inputs import copy_tree
from bench.installed import ROOT, Installed, install_pinner
from bench.measuring import describe_machine
from bench.peers import CACHE, Absent, Present, find_all
from bench.tables import Target, judge, table

PAGE = ROOT / "docs" / "performance.md"
Peers = Mapping[str, Present | Absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int
    startups: int
    files: int
    growth: tuple[int, ...]
    references: tuple[int, ...]
    distances: tuple[int, ...]
    look_ups: tuple[int, ...]


FULL = Size(
    rounds=5,
    startups=25,
    files=10_000,
    growth=(100, 1_000, 10_000, 100_000),
    references=(300, 1_000),
    distances=(0, 20, 100),
    look_ups=(100, 1_000, 10_000),
)
QUICK = Size(
    rounds=1,
    startups=5,
    files=200,
    growth=(100, 400),
    references=(60,),
    distances=(0, 20),
    look_ups=(100, 400),
)
Part = tuple[str, str, list[Target]]


def measure_startup(pinner: Installed, _: Peers, size: Size) -> Part:
    found = startup.measure_startup(pinner, CACHE / "startup", rounds=size.startups)
    return "Start-up", startup.report_startup(found), startup.judge_startup(found)


def measure_offline(pinner: Installed, peers: Peers, size: Size) -> Part:
    corpus = os.environ.get("PINNER_CORPUS")
    trees = {"Real manifests": copy_tree(Path(corpus), CACHE / "trees" / "corpus")} if corpus else {}
    groups = offline.measure_offline(pinner, peers, trees, files=size.files, rounds=size.rounds)
    return "Scans", "\n".join(map(offline.report_group, groups)), offline.judge_offline(groups)


def measure_online(pinner: Installed, peers: Peers, size: Size) -> Part:
    if missing := lab.why_not():
        return "Look-ups", f"Not measured; missing: {missing}.\n", []
    done = online.measure_online(
        pinner, peers, references=size.references, distances=size.distances, rounds=size.rounds
    )
    return "Look-ups", "\n".join(map(online.report_round, done)), online.judge_online(done)


def measure_growth(pinner: Installed, _: Peers, size: Size) -> Part:
    found = growth.measure_growth(pinner, files=size.growth, references=size.look_ups, rounds=min(size.rounds, 3))
    return "Growth", growth.report_growth(found), growth.judge_growth(found)


PARTS: Mapping[str, Callable[[Installed, Peers, Size], Part]] = {
    "startup": measure_startup,
    "offline": measure_offline,
    "online": measure_online,
    "growth": measure_growth,
}


def report_peers(peers: Peers) -> str:
    """Return which programs took part, and why others did not."""
    return table(
        ("program", "version"),
        [(name, one.version if isinstance(one, Present) else f"absent: {one.reason}") for name, one in peers.items()],
    )


def write_page(pinner: Installed, peers: Peers, machine: str, parts: list[Part]) -> str:
    """Return the page."""
    targets = [target for _, _, judged in parts for target in judged]
    chapters = "\n".join(f"## {title}\n\n{text}" for title, text, _ in parts)
    return f"""\
# Performance

Written by `make bench`: every number is of one run on one machine, programs took turns, and times are medians. Only
ratios mean something elsewhere. What a scan found stands beside its time: one that finds less may well be faster.
MiB is peak memory of the largest process; what is smaller than the program that measures is shown as large as that.

- Machine: {machine}.
- pinner: {pinner.commit}, as a wheel with compiled modules.

## Targets

{judge(targets)}
{chapters}
## Programs

{report_peers(peers)}"""


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m bench", description="Measure pinner beside its peers.")
    reader.add_argument("--quick", action="store_true", help="little of everything, to standard output")
    reader.add_argument("--no-install", action="store_true", help="use only the peers that are there")
    reader.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all without one")
    given = reader.parse_args()
    wanted = given.parts or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        reader.error(f"unknown: {', '.join(sorted(unknown))}")
    machine = describe_machine()
    pinner, peers = install_pinner(), find_all(install=not given.no_install)
    parts: list[Part] = []
    for name in wanted:
        print(f"measuring: {name}", file=sys.stderr)
        parts.append(PARTS[name](pinner, peers, QUICK if given.quick else FULL))
    page = write_page(pinner, peers, machine, parts)
    if given.quick or given.parts:
        print(page)
    else:
        PAGE.write_text(page, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
