"""Scans without a network: pinner against the floor, and against each peer's own scan of the same files.

Peers that know only some kinds of files get trees of those, and pinner is measured there too. What each one found is
shown beside its time: a scan that finds less may well be faster.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import copy_tree, make_tree
from bench.installed import Installed
from bench.kinds import KINDS, copy_kind, make_kind
from bench.measuring import Runs, interleave
from bench.peers import CACHE, Absent, Present
from bench.scans import FLOOR, HOLDING, IMAGES, ONE, OWN, TWO, has_jobs, own_scans, peer_scans, renovate_task
from bench.tables import Target, at_least, at_most, seconds, spread, table, times

__all__ = ["measure_offline", "renovate_task"]

EVERYTHING = "every kind of file"
# A peer that finds fewer of the images that pinner finds does not do the same work.
COVERS = 0.5
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan cost, which references it found in its last run, and what it printed."""

    runs: Runs
    found: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Scans of one tree."""

    title: str
    kind: str
    files: int
    mebibytes: float
    scans: Mapping[str, Scanned]

    def shared(self, name: str) -> int | None:
        """Return how many of the references that pinner found a scan found, too; None for one that lists none."""
        found, own = self.scans[name].found, self.scans[IMAGES].found
        return None if found is None else len(found & (own or frozenset()))

    def covering(self) -> dict[str, Scanned]:
        """Return the scans of peers that find most of what pinner finds."""
        own = len(self.scans[IMAGES].found or ())
        return {
            name: scan
            for name, scan in self.scans.items()
            if name not in OWN and scan.runs.runs and own and (self.shared(name) or 0) >= COVERS * own
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How often, for how long a tree, and how many files are made."""

    rounds: int
    seconds: float
    files: int
    files_of_a_kind: int


def measure_offline(
    pinner: Installed, peers: Mapping[str, Present | Absent], corpus: Path | None, effort: Effort
) -> list[Group]:
    """Measure the corpus and what is made, as a whole and kind by kind."""
    made = CACHE / "trees"
    trees = {} if corpus is None else {("Real manifests", EVERYTHING): copy_tree(corpus, made / "corpus")}
    trees["Generated", EVERYTHING] = make_tree(made / f"all-{effort.files}", effort.files)
    for kind in KINDS:
        real = None if corpus is None else copy_kind(corpus, made / f"corpus-{kind.word}", kind, fewest=_FEWEST)
        title = "Generated" if real is None else "Real manifests"
        trees[title, kind.name] = real or make_kind(made, kind, effort.files_of_a_kind)
    return [scan_group(title, kind, root, pinner, peers, effort) for (title, kind), root in trees.items()]


def scan_group(
    title: str, kind: str, root: Path, pinner: Installed, peers: Mapping[str, Present | Absent], effort: Effort
) -> Group:
    """Measure every scan of one tree."""
    print(f"  {title.lower()}, {kind}", file=sys.stderr)
    scans = {**own_scans(pinner, root, jobs=has_jobs(pinner)), **peer_scans(peers, root, kind)}
    tasks = {name: scan.task for name, scan in scans.items()}
    measured = interleave(tasks, rounds=effort.rounds, seconds=effort.seconds)
    scanned = {
        name: Scanned(runs, scans[name].find(runs.runs[-1]) if runs.runs else None) for name, runs in measured.items()
    }
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
    return Group(title=title, kind=kind, files=len(sizes), mebibytes=sum(sizes) / 2**20, scans=scanned)


def report_offline(groups: list[Group]) -> str:
    """Return who covers what, and the scans of each tree."""
    return f"{_report_coverage(groups)}\n" + "\n".join(map(_report_group, groups))


def _report_coverage(groups: list[Group]) -> str:
    names = dict.fromkeys(name for group in groups for name in group.scans if name not in OWN)
    rows = [
        [
            f"{group.title}: {group.kind}",
            len(group.scans[IMAGES].found or ()),
            *(_covered(group, name) for name in names),
        ]
        for group in groups
    ]
    return (
        "How many of the different references that pinner finds each peer finds, too. The fastest of those that find "
        f"{COVERS:.0%} of them counts below.\n\n" + table(("tree", "pinner", *names), rows)
    )


def _covered(group: Group, name: str) -> str:
    if name not in group.scans:
        return "-"
    shared = group.shared(name)
    return "failed" if shared is None else str(shared)


def _report_group(group: Group) -> str:
    own = group.scans[IMAGES].runs
    rows = [
        (
            name,
            seconds(scan.runs.seconds),
            spread(scan.runs.spread),
            len(scan.runs.runs),
            times(scan.runs.times(own)),
            seconds(scan.runs.cpu),
            f"{scan.runs.mebibytes:.0f}",
            "-" if scan.found is None else len(scan.found),
        )
        for name, scan in group.scans.items()
        if scan.runs.runs
    ]
    failed = "".join(
        f"{name} did not end well: {scan.runs.problem}\n" for name, scan in group.scans.items() if scan.runs.problem
    )
    head = ("scan", "s", "spread", "runs", "x pinner", "CPU s", "MiB", "references")
    size = f"{group.files:,} files, {group.mebibytes:.1f} MiB. {_report_floor(group)}"
    return f"### {group.title}: {group.kind}\n\n{size}\n\n{table(head, rows)}" + (f"\n{failed}" if failed else "")


def _report_floor(group: Group) -> str:
    """Say how much work the floor does, so that everybody can judge whether it is one."""
    everything, holding = (json.loads(group.scans[name].runs.runs[-1].output) for name in (FLOOR, HOLDING))
    spent = everything["seconds"]
    files, wanted = (f"{everything[key]:,}" for key in ("files", "wanted"))
    read, parsed, least = (
        f"{letters / 2**20:.1f} MiB" for letters in (everything["read"], everything["parsed"], holding["parsed"])
    )
    return (
        f"The floor reads {files} files ({read}), finds a word that pinner looks for in {wanted} of them, and parses "
        f"{parsed}, in which chunks with images have {least}: {spent['list']:.2f} s to list, {spent['read']:.2f} s to "
        f"read, {spent['search']:.2f} s to search, {spent['parse']:.2f} s to parse."
    )


def judge_offline(groups: list[Group]) -> list[Target]:
    """Hold the trees of every kind of file against the targets, and each kind against the peers that cover it."""
    targets: list[Target] = []
    for group in groups:
        where = f"{group.title.lower()}, {group.kind}"
        own, floor = group.scans[IMAGES], group.scans[FLOOR]
        if group.kind == EVERYTHING:
            for name, limit in ((ONE, 1.6), (TWO, 0.9)):
                scan = group.scans.get(name)
                ratio = None if scan is None else scan.runs.times(floor.runs)
                targets.append(at_most(f"`{name}`, {where}", ratio, limit, "x the floor"))
        ratios = {name: scan.runs.times(own.runs) for name, scan in group.covering().items()}
        fastest = min(ratios, key=lambda name: ratios[name], default=None)
        if fastest is not None:
            what = f"the fastest peer that covers {where}: {fastest}"
            targets.append(at_least(what, ratios[fastest], 5.0, "x `images`"))
    return targets
