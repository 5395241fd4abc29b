"""The programs that look digests up, and how each of them is asked for the same ones.

Programs that know one reference a call are driven in parallel, eight at a time; a row of pinner has as many workers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.inputs import make_references
from bench.installed import Installed
from bench.lab import PREFIX, Front
from bench.measuring import Task
from bench.offline import renovate_task
from bench.peers import Absent, Present

WORKERS = 8
PIN, RESOLVE = "pinner pin", "pinner resolve -"
FEW = f"pinner pin --jobs {WORKERS}"
AGAIN, FROZEN = "pinner pin, once more", "pinner pin --frozen, with the lock"
OWN = frozenset({PIN, RESOLVE, FEW, AGAIN, FROZEN})
CRANE = "crane digest, in parallel"


@dataclass(frozen=True, slots=True)
class Desk:
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


def tasks_of(pinner: Installed, peers: Mapping[str, Present | Absent], desk: Desk) -> dict[str, Task]:
    """Return every program's task by name, in the order in which they take turns."""
    desk.clear()
    limit = ("--timeout", "1200")
    pin: list[str | Path] = [pinner.program, "pin", "-q", *limit]
    resolve: list[str | Path] = [pinner.program, "resolve", "-", *limit]
    programs = {name: peer.program for name, peer in peers.items() if isinstance(peer, Present)}
    first = desk.in_tree("pin", *pin)
    return {
        PIN: first,
        # Both in the tree that the one before has pinned.
        AGAIN: replace(first, prepare=lambda: None),
        FROZEN: replace(first, command=[*pin, "--frozen"], prepare=lambda: _take_back(first.cwd)),
        FEW: desk.in_tree("few", *pin, "--jobs", str(WORKERS)),
        RESOLVE: Task(command=resolve, cwd=desk.work / "home", environ=desk.environ, stdin=desk.listed),
        **_tasks_in_parallel(programs, desk),
        **_tasks_in_trees(programs, desk),
    }


def _take_back(tree: Path) -> None:
    """Make the files of a tree as they were committed; the lock stays."""
    subprocess.run(["git", "checkout", "--quiet", "."], cwd=tree, check=True)


def _tasks_in_parallel(programs: Mapping[str, Path], desk: Desk) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    if crane := programs.get("crane"):
        tasks[CRANE] = desk.in_parallel(crane, "digest", "--insecure")
    if regctl := programs.get("regctl"):
        tasks["regctl image digest, in parallel"] = desk.in_parallel(regctl, "image", "digest")
    if skopeo := programs.get("skopeo"):
        plain = f'{skopeo} inspect --tls-verify=false --format "{{{{.Digest}}}}" "docker://$0"'
        tasks["skopeo inspect, in parallel"] = desk.in_parallel("sh", "-c", plain)
    return tasks


def _tasks_in_trees(programs: Mapping[str, Path], desk: Desk) -> dict[str, Task]:
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
