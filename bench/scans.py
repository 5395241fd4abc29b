"""How every program is asked for the images of a tree, and which ones it says are there.

What a program finds is a set of references, written in one way, so that programs can be compared: each of them lists
some images twice, and things that are no image.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.installed import ROOT, Installed
from bench.measuring import Run, Task
from bench.peers import CACHE, Absent, Present

FLOOR, HOLDING = "the floor", "the floor, chunks with images only"
# The first as users run it: it takes as many processes as it thinks are worth while.
IMAGES, ONE, TWO, CHECK = "pinner images", "pinner images --jobs 1", "pinner images --jobs 2", "pinner check"
OWN = frozenset({FLOOR, HOLDING, IMAGES, ONE, TWO, CHECK})
# Renovate needs a minute for every few thousand files.
_MOST_FOR_RENOVATE = 6000
_RENOVATE = """\
module.exports = {
  platform: 'local', onboarding: false, requireConfig: 'ignored', extends: ['docker:pinDigests'],
  enabledManagers: [
    'kubernetes', 'docker-compose', 'dockerfile', 'gitlabci', 'github-actions', 'helm-values', 'kustomize',
    'cloudbuild',
  ],
  kubernetes: {fileMatch: ['\\\\.ya?ml$']},
  cacheDir: '%s',
};
"""
_YQ = '.. | select(tag == "!!map" and has("image")) | .image'
_YAML = (".yaml", ".yml")
Read = Callable[[Run], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan to run, and how its answer is read."""

    task: Task
    read: Read | None = None

    def find(self, run: Run) -> frozenset[str] | None:
        """Return the references that a run found; None for a program that lists none."""
        return None if self.read is None else frozenset(map(normalize, self.read(run)))


def normalize(written: str) -> str:
    """Return a reference in the one form in which all are compared."""
    text = written.strip().strip("\"'").removeprefix("docker.io/").removeprefix("library/")
    name, at, digest = text.partition("@")
    last = name.rpartition("/")[2]
    return name + at + digest if ":" in last or digest else f"{name}:latest"


def read_pinner(run: Run) -> Iterable[str]:
    return (one["written"] for one in json.loads(run.output)["images"])


def _read_kbld(run: Run) -> Iterable[str]:
    return (row["image"] for row in json.loads(run.output)["Tables"][0]["Rows"])


def _read_lines(run: Run) -> Iterable[str]:
    return (line for line in run.output.decode(errors="replace").splitlines() if re.fullmatch(r"[^\s:]\S*[^\s:]", line))


def _read_frizbee(run: Run) -> Iterable[str]:
    for one in json.loads(run.output) or []:
        sign = "@" if one["ref"].startswith("sha256:") else ":"
        yield f"{one['name'].strip(chr(34))}{sign}{one['ref']}"


def _read_ratchet(run: Run) -> Iterable[str]:
    return re.findall(r'Unpinned reference "(.*)"', (run.output + run.errors).decode(errors="replace"))


def _read_renovate(run: Run) -> Iterable[str]:
    for line in run.output.splitlines():
        if b"packageFiles" in line and line.startswith(b"{"):
            for files in json.loads(line).get("packageFiles", {}).values():
                for one in (one for file in files for one in file["deps"]):
                    if one.get("datasource") == "docker" and "replaceString" in one:
                        yield one["replaceString"]


def renovate_task(program: Path, root: Path, mode: str, **more: str) -> Task:
    """Return how Renovate is run on a tree; it writes nothing."""
    settings = CACHE / "renovate.js"
    settings.write_text(_RENOVATE % (CACHE / "renovate-cache"), encoding="utf-8")
    environ = {"RENOVATE_CONFIG_FILE": str(settings), "LOG_LEVEL": "debug", "LOG_FORMAT": "json", **more}
    return Task(command=["node", program, f"--dry-run={mode}"], cwd=root, environ=environ)


def own_scans(pinner: Installed, root: Path, *, jobs: bool) -> dict[str, Scan]:
    """Return the scans of pinner and the floor, which is told what pinner reads and parses."""
    told = CACHE / "recorded" / f"{root.name}.bin"
    told.parent.mkdir(exist_ok=True)
    recording = [pinner.python, ROOT / "bench" / "recording.py", told]
    subprocess.run(recording, cwd=root, check=True, capture_output=True)
    floor: list[str | Path] = [pinner.python, ROOT / "bench" / "floor.py", told]
    images: list[str | Path] = [pinner.program, "images", "--format", "json"]
    check = Task(command=[pinner.program, "check", "-q"], cwd=root, expects=frozenset({0, 1}))
    scans = {
        FLOOR: Scan(Task(command=floor, cwd=root)),
        HOLDING: Scan(Task(command=[*floor, "--holding"], cwd=root)),
        IMAGES: Scan(Task(command=images, cwd=root), read_pinner),
        ONE: Scan(Task(command=images, cwd=root, environ={"PINNER_SCAN_JOBS": "1"}), read_pinner),
        CHECK: Scan(check),
    }
    if jobs:
        scans[TWO] = Scan(Task(command=[*images, "--jobs", "2"], cwd=root), read_pinner)
    return scans


def has_jobs(pinner: Installed) -> bool:
    """Return whether `images` can use several processes."""
    shown = subprocess.run([pinner.program, "images", "--help"], capture_output=True, check=True)
    return b"--jobs" in shown.stdout


def peer_scans(peers: Mapping[str, Present | Absent], root: Path, kind: str) -> dict[str, Scan]:
    """Return the scans of the peers that know this kind of tree."""
    programs = {name: peer.program for name, peer in peers.items() if isinstance(peer, Present)}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    files = [path for path in listed.decode().split("\0") if path and path != "pinner.toml"]
    scans: dict[str, Scan] = {}
    if (renovate := programs.get("renovate")) and len(files) <= _MOST_FOR_RENOVATE:
        scans["Renovate, extract"] = Scan(renovate_task(renovate, root, "extract"), _read_renovate)
    if frizbee := programs.get("frizbee"):
        command: list[str | Path] = [frizbee, "image", "list", "-o", "json", root]
        scans["frizbee image list"] = Scan(Task(command=command, cwd=root), _read_frizbee)
    manifests = [path for path in files if path.endswith(_YAML)]
    if manifests:
        scans |= _scans_of_yaml(programs, root, manifests, kind)
    return scans


def _scans_of_yaml(programs: Mapping[str, Path], root: Path, manifests: list[str], kind: str) -> dict[str, Scan]:
    scans: dict[str, Scan] = {}
    some, all_of_them = frozenset({0, 1}), frozenset({0, 1, 123})
    listed = CACHE / "recorded" / f"{root.name}.txt"
    listed.write_text("\0".join(manifests), encoding="utf-8")
    if kind == "Kubernetes" and (kbld := programs.get("kbld")):
        named = [word for path in manifests for word in ("-f", path)]
        scans["kbld inspect"] = Scan(Task(command=[kbld, "inspect", "--json", *named], cwd=root), _read_kbld)
    if kind in {"GitLab CI", "GitHub Actions"} and (ratchet := programs.get("ratchet")):
        dialect = "gitlabci" if kind == "GitLab CI" else "actions"
        lint = Task(command=[ratchet, "lint", "-parser", dialect, *manifests], cwd=root, expects=some)
        scans["ratchet lint"] = Scan(lint, _read_ratchet)
    if (yq := programs.get("yq")) and kind != "GitHub Actions":
        scans["yq"] = Scan(Task(command=[yq, "-N", _YQ, *manifests], cwd=root), _read_lines)
        # It stops at the first file that is no YAML, as a template.
        if len(manifests) <= _MOST_FOR_RENOVATE:
            each: list[str | Path] = ["xargs", "-0", "-n", "1", yq, "-N", _YQ]
            task = Task(command=each, cwd=root, stdin=listed, expects=all_of_them)
            scans["yq, file by file"] = Scan(task, _read_lines)
    return scans
