"""Look-ups: pinner and its peers ask the same registry for the digests of the same tags, at three distances.

Programs that know one reference a call are driven in parallel, with as many processes as pinner has workers.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import make_references
from bench.installed import Installed
from bench.lab import PREFIX, Front, Traffic, push_references, running_front
from bench.measuring import Run, Runs, Task, measure
from bench.offline import renovate_task
from bench.peers import Absent, Present
from bench.tables import Target, at_most, seconds, table, times

WORKERS = 8
PIN, RESOLVE = "pinner pin", "pinner resolve -"
CRANE = "crane digest, in parallel"
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LookUp:
    """Runs of one program, what it asked in the last one, and how many of the digests it found."""

    runs: Runs
    traffic: Traffic
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """All programs against one registry."""

    references: int
    milliseconds: int
    has_tokens: bool
    look_ups: Mapping[str, LookUp]

    @property
    def bound(self) -> float:
        """The seconds that nobody with so many workers can be faster than: the waits, and one connection."""
        return (self.references / WORKERS + 1) * self.milliseconds / 1000


def measure_online(
    pinner: Installed,
    peers: Mapping[str, Present | Absent],
    *,
    references: tuple[int, ...],
    distances: tuple[int, ...],
    rounds: int,
) -> list[Round]:
    """Measure every program for every number of references, distance and kind of login."""
    done: list[Round] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        digests = push_references(folder, folder / "storage", max(references))
        for has_tokens in (False, True):
            for milliseconds in distances:
                place = folder / f"{has_tokens}-{milliseconds}"
                place.mkdir()
                with running_front(
                    place, folder / "storage", milliseconds=milliseconds, has_tokens=has_tokens
                ) as front:
                    for number in references:
                        wanted = dict(list(digests.items())[:number])
                        found = _ask_all(pinner, peers, front, wanted, folder / "work", rounds)
                        done.append(
                            Round(references=number, milliseconds=milliseconds, has_tokens=has_tokens, look_ups=found)
                        )
    return done


def _ask_all(
    pinner: Installed,
    peers: Mapping[str, Present | Absent],
    front: Front,
    digests: Mapping[str, str],
    work: Path,
    rounds: int,
) -> dict[str, LookUp]:
    tasks = _tasks(pinner, peers, _Desk(work, front, tuple(digests)))
    wanted = {digest.encode() for digest in digests.values()}
    runs: dict[str, list[Run]] = {name: [] for name in tasks}
    last: dict[str, LookUp] = {}
    for _ in range(rounds):
        for name, task in tasks.items():
            front.forget()
            run = measure(task)
            runs[name].append(run)
            places = [path.read_bytes() for path in task.cwd.rglob("*") if path.is_file() and ".git" not in path.parts]
            found = {digest for text in (run.output, *places) for digest in _DIGEST.findall(text)}
            last[name] = LookUp(Runs(tuple(runs[name])), front.traffic(), len(found & wanted))
    return last


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the programs work, with a home of their own, and what they ask for."""

    work: Path
    front: Front
    names: tuple[str, ...]

    @property
    def environ(self) -> dict[str, str]:
        home = str(self.work / "home")
        return {"HOME": home, "XDG_CACHE_HOME": home}

    @property
    def listed(self) -> Path:
        return self.work / "names"

    def clear(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        registries = self.work / "home" / ".regctl"
        registries.mkdir(parents=True)
        hosts = {"hosts": {self.front.address: {"tls": "disabled"}}}
        (registries / "config.json").write_text(json.dumps(hosts), encoding="utf-8")
        self.listed.write_text("".join(f"{self.front.address}/{name}\n" for name in self.names), encoding="ascii")

    def in_tree(self, name: str, *command: str | Path, kind: str = "deployment.yaml", **more: str) -> Task:
        """Return a task in a tree that is made anew before each run."""
        root, prefix = self.work / name, f"{self.front.address}/{PREFIX}"

        def prepare() -> None:
            make_references(root, len(self.names), prefix, kind=kind)

        environ = {**self.environ, **more}
        return Task(command=command, cwd=root, environ=environ, prepare=prepare, expects=frozenset({0, 1}))

    def in_parallel(self, *command: str | Path) -> Task:
        """Return a task that starts a process for each reference, several at a time."""
        place = self.work / "empty"
        place.mkdir(exist_ok=True)
        driven = ["xargs", "-P", str(WORKERS), "-n", "1", *command]
        return Task(command=driven, cwd=place, environ=self.environ, stdin=self.listed)


def _tasks(pinner: Installed, peers: Mapping[str, Present | Absent], desk: _Desk) -> dict[str, Task]:
    desk.clear()
    jobs = ("--jobs", str(WORKERS), "--timeout", "1200")
    resolve = [pinner.program, "resolve", "-", *jobs]
    programs = {name: peer.program for name, peer in peers.items() if isinstance(peer, Present)}
    return {
        PIN: desk.in_tree("pin", pinner.program, "pin", "-q", *jobs),
        RESOLVE: Task(command=resolve, cwd=desk.work / "home", environ=desk.environ, stdin=desk.listed),
        **_tasks_in_parallel(programs, desk),
        **_tasks_in_trees(programs, desk),
    }


def _tasks_in_parallel(programs: Mapping[str, Path], desk: _Desk) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    if crane := programs.get("crane"):
        tasks[CRANE] = desk.in_parallel(crane, "digest", "--insecure")
    if regctl := programs.get("regctl"):
        tasks["regctl image digest, in parallel"] = desk.in_parallel(regctl, "image", "digest")
    if skopeo := programs.get("skopeo"):
        plain = f'{skopeo} inspect --tls-verify=false --format "{{{{.Digest}}}}" "docker://$0"'
        tasks["skopeo inspect, in parallel"] = desk.in_parallel("sh", "-c", plain)
    return tasks


def _tasks_in_trees(programs: Mapping[str, Path], desk: _Desk) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    if frizbee := programs.get("frizbee"):
        tasks["frizbee image"] = desk.in_tree("frizbee", frizbee, "image", desk.work / "frizbee")
    if kbld := programs.get("kbld"):
        tasks["kbld"] = desk.in_tree("kbld", kbld, "-f", ".", "--registry-insecure", "--images-annotation=false")
    if ratchet := programs.get("ratchet"):
        lookup = f"{ratchet} pin -concurrency {WORKERS} -parser gitlabci"
        given = f"git ls-files '*.gitlab-ci.yml' | xargs -n 1000000 {lookup}"
        tasks["ratchet pin"] = desk.in_tree("ratchet", "sh", "-c", given, kind=".gitlab-ci.yml")
    if pindock := programs.get("pindock"):
        tasks["pindock run"] = desk.in_tree("pindock", pindock, "run", kind="compose.yaml")
    if renovate := programs.get("renovate"):
        rules = json.dumps([{"matchHost": desk.front.address, "insecureRegistry": True}])
        task = renovate_task(renovate, desk.work / "renovate", "lookup", RENOVATE_HOST_RULES=rules)
        tasks["Renovate, lookup"] = desk.in_tree("renovate", *task.command, **dict(task.environ))
    return tasks


def report_round(one: Round) -> str:
    """Return one round as a table."""
    own = one.look_ups[PIN].runs
    rows = [
        (
            name,
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
    login = "with tokens" if one.has_tokens else "open"
    title = f"### {one.references:,} references, {one.milliseconds} ms, {login}\n\n"
    bound = f"Nobody with {WORKERS} workers can be faster than {seconds(one.bound)} s.\n\n" if one.milliseconds else ""
    head = ("program", "s", "x pinner", "CPU s", "MiB", "requests", "connections", "digests found")
    return title + bound + table(head, rows)


def judge_online(done: list[Round]) -> list[Target]:
    """Hold the measurements against the targets; only who found nearly all counts as faster."""
    targets: list[Target] = []
    for one in done:
        own = one.look_ups[PIN]
        others = {
            name: found
            for name, found in one.look_ups.items()
            if name not in {PIN, RESOLVE} and found.found >= 0.9 * one.references
        }
        where = f"{one.references:,} references, {one.milliseconds} ms, {'tokens' if one.has_tokens else 'open'}"
        if one.milliseconds == 20 and not one.has_tokens:
            targets.append(at_most(f"`pin`, {where}", own.runs.seconds / one.bound, 1.3, "x the bound"))
        fewest = min((found.traffic.requests for found in others.values()), default=None)
        fewer = None if fewest is None else own.traffic.requests / fewest
        targets.append(at_most(f"requests, {where}", fewer, 1.0, "x the fewest of any peer"))
        if one.milliseconds:
            fastest = min((found.runs.seconds for found in others.values()), default=None)
            faster = None if fastest is None else own.runs.seconds / fastest
            targets.append(at_most(f"time, {where}", faster, 1.0, "x the fastest peer"))
        elif crane := others.get(CRANE):
            targets.append(at_most(f"time, {where}", own.runs.times(crane.runs), 1.5, "x crane in parallel"))
    return targets
