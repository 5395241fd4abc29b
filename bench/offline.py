"""Scans without a network: pinner against the floor, and against each peer's own scan of the same files.

Peers that know only some kinds of files get a tree of those, and pinner is measured there too. What each one found is
shown beside its time: a scan that finds less may well be faster.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import make_tree, only
from bench.installed import ROOT, Installed
from bench.measuring import Run, Runs, Task, interleave
from bench.peers import CACHE, Absent, Present
from bench.tables import Target, at_least, at_most, seconds, table, times

FLOOR, IMAGES, CHECK, TWO = "the floor", "pinner images", "pinner check", "pinner images --jobs 2"
FROZEN, AGAIN = "pinner pin --frozen", "pinner pin, again"
_RENOVATE = """\
module.exports = {
  platform: 'local', onboarding: false, requireConfig: 'ignored', extends: ['docker:pinDigests'],
  enabledManagers: ['kubernetes', 'docker-compose', 'dockerfile', 'gitlabci'],
  kubernetes: {fileMatch: ['\\\\.ya?ml$']},
  cacheDir: '%s',
};
"""
Count = Callable[[Run], int | None]


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan: its runs, and how many images it found in the last one."""

    runs: Runs
    images: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Scans of one tree."""

    title: str
    files: int
    mebibytes: float
    scans: Mapping[str, Scan]


def count_pinner(run: Run) -> int | None:
    """Return how many images the document of `pinner images` lists."""
    return len(json.loads(run.output)["images"])


def _count_kbld(run: Run) -> int | None:
    return len(json.loads(run.output)["Tables"][0]["Rows"])


def _count_lines(run: Run) -> int | None:
    return len([line for line in run.output.splitlines() if line.strip()])


def _count_frizbee(run: Run) -> int | None:
    return len(json.loads(run.output) or [])


def _count_ratchet(run: Run) -> int | None:
    found = re.search(rb"found (\d+) violation", run.output + run.errors)
    return int(found[1]) if found else None


def _count_renovate(run: Run) -> int | None:
    found = re.findall(rb'"total": \{"fileCount": \d+, "depCount": (\d+)\}', run.output)
    return int(found[-1]) if found else None


def renovate_task(program: Path, root: Path, mode: str, **more: str) -> Task:
    """Return how Renovate is run on a tree; it writes nothing."""
    settings = CACHE / "renovate.js"
    settings.write_text(_RENOVATE % (CACHE / "renovate-cache"), encoding="utf-8")
    environ = {"RENOVATE_CONFIG_FILE": str(settings), "LOG_LEVEL": "debug", **more}
    return Task(command=["node", program, f"--dry-run={mode}"], cwd=root, environ=environ)


def pinner_tasks(pinner: Installed, root: Path, *, jobs: bool) -> dict[str, Task]:
    """Return the scans of pinner and the floor."""
    either = frozenset({0, 1})
    images: list[str | Path] = [pinner.program, "images", "--format", "json"]
    tasks = {
        FLOOR: Task(command=[pinner.python, ROOT / "bench" / "floor.py"], cwd=root),
        IMAGES: Task(command=images, cwd=root),
        CHECK: Task(command=[pinner.program, "check", "-q"], cwd=root, expects=either),
    }
    if jobs:
        tasks[TWO] = Task(command=[*images, "--jobs", "2"], cwd=root)
    return tasks


def has_jobs(pinner: Installed) -> bool:
    """Return whether `images` can use several processes."""
    shown = subprocess.run([pinner.program, "images", "--help"], capture_output=True, check=True)
    return b"--jobs" in shown.stdout


def peer_tasks(peers: Mapping[str, Present | Absent], root: Path, kind: str) -> dict[str, tuple[Task, Count]]:
    """Return the scans of the peers that know this kind of tree."""
    here = {name: peer for name, peer in peers.items() if isinstance(peer, Present)}
    files = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, check=True, text=True).stdout.split()
    tasks: dict[str, tuple[Task, Count]] = {}
    if renovate := here.get("renovate"):
        tasks["Renovate, extract"] = (renovate_task(renovate.program, root, "extract"), _count_renovate)
    if frizbee := here.get("frizbee"):
        command: list[str | Path] = [frizbee.program, "image", "list", "-o", "json", root]
        tasks["frizbee image list"] = (Task(command=command, cwd=root), _count_frizbee)
    if kind == "kubernetes":
        manifests = [path for path in files if path.endswith(".yaml")]
        if kbld := here.get("kbld"):
            named = [word for path in manifests for word in ("-f", path)]
            tasks["kbld inspect"] = (Task(command=[kbld.program, "inspect", "--json", *named], cwd=root), _count_kbld)
        if yq := here.get("yq"):
            route = '.. | select(tag == "!!map" and has("image")) | .image'
            tasks["yq"] = (Task(command=[yq.program, "-N", route, *manifests], cwd=root), _count_lines)
    if kind == "gitlab" and (ratchet := here.get("ratchet")):
        pipelines = [path for path in files if path.endswith(".gitlab-ci.yml")]
        lint: list[str | Path] = [ratchet.program, "lint", "-parser", "gitlabci", *pipelines]
        tasks["ratchet lint"] = (Task(command=lint, cwd=root, expects=frozenset({0, 1})), _count_ratchet)
    return tasks


def scan_group(
    title: str, kind: str, root: Path, pinner: Installed, peers: Mapping[str, Present | Absent], *, rounds: int
) -> Group:
    """Measure every scan of one tree."""
    own = pinner_tasks(pinner, root, jobs=has_jobs(pinner))
    others = peer_tasks(peers, root, kind)
    found = interleave({**own, **{name: task for name, (task, _) in others.items()}}, rounds=rounds)
    counts: dict[str, Count] = {
        IMAGES: count_pinner,
        TWO: count_pinner,
        **{name: one for name, (_, one) in others.items()},
    }
    scans = {
        name: Scan(runs, counts[name](runs.runs[-1]) if name in counts and runs.runs else None)
        for name, runs in found.items()
    }
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
    return Group(title=title, files=len(sizes), mebibytes=sum(sizes) / 2**20, scans=scans)


def measure_offline(
    pinner: Installed,
    peers: Mapping[str, Present | Absent],
    trees: Mapping[str, Path],
    *,
    files: int,
    rounds: int,
) -> list[Group]:
    """Measure the trees that are given, and generated ones of all files, of manifests and of pipelines."""
    made = CACHE / "trees"
    groups = [scan_group(name, "all", root, pinner, peers, rounds=rounds) for name, root in trees.items()]
    everything = make_tree(made / f"all-{files}", files)
    groups.append(scan_group("Generated, every kind of file", "all", everything, pinner, peers, rounds=rounds))
    for kind, names in (("kubernetes", ("deployment.yaml", "stack.yaml")), ("gitlab", (".gitlab-ci.yml",))):
        root = make_tree(made / f"{kind}-{files // 2}", files // 2, shapes=only(*names))
        groups.append(scan_group(f"Generated, only {kind}", kind, root, pinner, peers, rounds=rounds))
    return groups


def report_group(group: Group) -> str:
    """Return the scans of one tree as a table."""
    own = group.scans[IMAGES].runs
    rows = [
        (
            name,
            seconds(scan.runs.seconds),
            times(scan.runs.times(own)),
            seconds(scan.runs.cpu),
            f"{scan.runs.mebibytes:.0f}",
            "-" if scan.images is None else scan.images,
        )
        for name, scan in group.scans.items()
        if scan.runs.runs
    ]
    failed = "".join(
        f"{name} did not end well: {scan.runs.problem}\n" for name, scan in group.scans.items() if scan.runs.problem
    )
    title = f"### {group.title}\n\n{group.files:,} files, {group.mebibytes:.1f} MiB.\n\n"
    return title + table(("scan", "s", "x pinner", "CPU s", "MiB", "images"), rows) + (f"\n{failed}" if failed else "")


def judge_offline(groups: list[Group]) -> list[Target]:
    """Hold the first group, which is the corpus where there is one, against the targets."""
    group = groups[0]
    own, floor, two = (group.scans.get(name) for name in (IMAGES, FLOOR, TWO))
    assert own is not None
    assert floor is not None
    peers = [
        scan.runs.times(own.runs)
        for name, scan in group.scans.items()
        if name not in {FLOOR, IMAGES, CHECK, TWO} and scan.runs.runs and (scan.images or 0) >= 0.5 * (own.images or 0)
    ]
    where = group.title[0].lower() + group.title[1:]
    return [
        at_most(f"`images`, one process, {where}", own.runs.times(floor.runs), 1.6, "x the floor"),
        at_most(f"`images`, two processes, {where}", two.runs.times(floor.runs) if two else None, 0.9, "x the floor"),
        at_least(f"the fastest peer that finds the same, {where}", min(peers, default=None), 5.0, "x `images`"),
    ]
