"""How time and memory grow with files and with references: exponents, where 1 is linear.

Exponents are those of the steepest step between two sizes: a fit over all of them would be flattered by start-up, which
costs the same whatever the size.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.inputs import make_references, make_tree, names
from bench.installed import Installed
from bench.loopback import running_registry
from bench.measuring import Run, Runs, Task, interleave, measure
from bench.peers import CACHE
from bench.tables import Target, at_most, seconds, spread, table
from pinner.lock.model import Lock, Pin
from pinner.lock.rendering import render_lock
from pinner.oci import media_types
from pinner.oci.digest import Digest

IMAGES, CHECK, FROZEN, AGAIN = "images", "check", "pin --frozen, the first time", "pin, the second time"
RESOLVE, PIN = "resolve -", "pin"
STEEPEST = 1.1
MOST_MEMORY = 120
SECOND_RUN = 1.2
_ANY = frozenset({0, 1, 2})
# Slopes and peak memory are those of one process; `offline` measures several.
_ALONE = {"PINNER_SCAN_JOBS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Runs by verb and by how much there was to do, and requests of a second `pin` by files."""

    files: Mapping[str, Mapping[int, Runs]]
    references: Mapping[str, Mapping[int, Runs]]
    requests: Mapping[int, int] = field(default_factory=dict)


def measure_growth(
    pinner: Installed, *, files: tuple[int, ...], references: tuple[int, ...], rounds: int, seconds: float
) -> Growth:
    """Measure verbs over trees of several sizes and look-ups of several lengths, each size for so many seconds."""
    by_verb: dict[str, dict[int, Runs]] = {}
    asked: dict[int, int] = {}
    for number in files:
        print(f"  {number:,} files", file=sys.stderr)
        root = make_tree(CACHE / "trees" / f"all-{number}", number)
        found, asked[number] = _measure_tree(pinner, root, rounds=rounds, seconds=seconds)
        for verb, runs in found.items():
            by_verb.setdefault(verb, {})[number] = runs
    looked = _measure_references(pinner, references, rounds=rounds, seconds=seconds)
    return Growth(files=by_verb, references=looked, requests=asked)


def _measure_tree(pinner: Installed, root: Path, *, rounds: int, seconds: float) -> tuple[dict[str, Runs], int]:
    listing = Task(command=[pinner.program, "images", "--format", "json"], cwd=root, environ=_ALONE)
    lock = _lock_for(measure(listing))
    pinned = root.with_name(f"{root.name}-pinned")
    shutil.rmtree(pinned, ignore_errors=True)
    shutil.copytree(root, pinned)
    (pinned / "pinner.lock").write_text(lock, encoding="utf-8")
    frozen = Task(
        command=[pinner.program, "pin", "--frozen", "-q"],
        cwd=pinned,
        environ=_ALONE,
        prepare=_forget(pinned),
        expects=_ANY,
    )
    again = Task(command=[pinner.program, "pin", "-q"], cwd=pinned, environ=_ALONE, expects=_ANY)
    check = Task(command=[pinner.program, "check", "-q"], cwd=pinned, environ=_ALONE, expects=_ANY)
    found = interleave({IMAGES: listing, FROZEN: frozen}, rounds=rounds, seconds=seconds / 2, warm_up=False)
    found |= interleave({AGAIN: again, CHECK: check}, rounds=rounds, seconds=seconds / 2, warm_up=False)
    told = measure(Task(command=[pinner.program, "pin", "-q", "--stats"], cwd=pinned, expects=_ANY))
    asked = re.match(rb"(\d+) requests?,", told.errors)
    assert asked is not None, "the first line of --stats counts them"
    return found, int(asked[1])


def _forget(root: Path) -> Callable[[], None]:
    def forget() -> None:
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=root, check=True)

    return forget


def _lock_for(listed: Run) -> str:
    """Return a lock that has every image of a tree; digests are made up, those in the files are kept."""
    pins: dict[str, Pin] = {}
    for one in json.loads(listed.output)["images"]:
        key = f"{one['registry']}/{one['repository']}:{one['tag']}"
        written = one["digest"]
        if written or key not in pins:
            digest = Digest.parse(written) if written else Digest.of(key.encode())
            pins[key] = Pin(key=key, digest=digest, media_type=media_types.OCI_INDEX)
    return render_lock(Lock.of(pins.values()))


def _measure_references(
    pinner: Installed, references: tuple[int, ...], *, rounds: int, seconds: float
) -> dict[str, dict[int, Runs]]:
    found: dict[str, dict[int, Runs]] = {}
    folder = CACHE / "references"
    folder.mkdir(parents=True, exist_ok=True)
    with running_registry() as host:
        for number in references:
            tasks = {
                RESOLVE: _resolve(pinner, folder / f"{number}.txt", host, number),
                PIN: _pin(pinner, folder / f"tree-{number}", host, number),
            }
            for verb, runs in interleave(tasks, rounds=rounds, seconds=seconds, warm_up=False).items():
                found.setdefault(verb, {})[number] = runs
    return found


def _resolve(pinner: Installed, listed: Path, host: str, number: int) -> Task:
    listed.write_text("".join(f"{host}/{name}\n" for name in names(number)), encoding="ascii")
    command: list[str | Path] = [pinner.program, "resolve", "-", "--timeout", "1200"]
    return Task(command=command, cwd=listed.parent, environ=_own_cache(listed), stdin=listed)


def _pin(pinner: Installed, root: Path, host: str, number: int) -> Task:
    def prepare() -> None:
        make_references(root, number, f"{host}/")

    command: list[str | Path] = [pinner.program, "pin", "-q", "--timeout", "1200"]
    return Task(command=command, cwd=root, environ=_own_cache(root), prepare=prepare)


def _own_cache(place: Path) -> dict[str, str]:
    """Return what keeps the answers of one task away from others."""
    return {"XDG_CACHE_HOME": f"{place}.cache"}


def steepest(points: Mapping[int, float]) -> float:
    """Return the largest exponent of growth between two sizes that follow each other."""
    return max(
        math.log(more / less) / math.log(large / small)
        for (small, less), (large, more) in pairwise(sorted(points.items()))
    )


def report_growth(growth: Growth) -> str:
    """Return what was measured as two tables."""
    head = ("s", "spread", "runs", "CPU s", "MiB")
    files = table(("verb", "files", *head), _rows(growth.files))
    references = table(("verb", "references", *head), _rows(growth.references))
    return f"{files}\n{references}{_say_failed(growth)}"


def _say_failed(growth: Growth) -> str:
    """Return what did not end well, so that a row that is missing is not missed."""
    failed = [
        f"`{verb}` of {number:,} did not end well: {runs.problem}"
        for measured in (growth.files, growth.references)
        for verb, by_number in measured.items()
        for number, runs in by_number.items()
        if runs.problem
    ]
    return "".join(f"\n{line}\n" for line in failed)


def _rows(measured: Mapping[str, Mapping[int, Runs]]) -> list[tuple[object, ...]]:
    return [
        (
            f"`{verb}`",
            f"{number:,}",
            seconds(runs.seconds),
            spread(runs.spread),
            len(runs.runs),
            seconds(runs.cpu),
            f"{runs.mebibytes:.0f}",
        )
        for verb, by_number in measured.items()
        for number, runs in by_number.items()
        if runs.runs
    ]


def judge_growth(growth: Growth) -> list[Target]:
    """Hold the measurements against the targets."""
    targets: list[Target] = []
    for what, measured in (("files", growth.files), ("references", growth.references)):
        for verb, by_number in measured.items():
            done = {number: runs for number, runs in by_number.items() if runs.runs}
            if len(done) > 1:
                time = steepest({number: runs.cpu for number, runs in done.items()})
                memory = steepest({number: runs.mebibytes for number, runs in done.items()})
                targets.append(at_most(f"`{verb}`, CPU time over {what}", time, STEEPEST, "(exponent)"))
                targets.append(at_most(f"`{verb}`, memory over {what}", memory, STEEPEST, "(exponent)"))
    largest = max(growth.files[IMAGES])
    memory = growth.files[IMAGES][largest].mebibytes
    targets.append(at_most(f"`images`, memory, {largest:,} files", memory, MOST_MEMORY, "MiB"))
    for number, again in growth.files[AGAIN].items():
        check = growth.files[CHECK][number]
        if again.runs and check.runs:
            targets.append(at_most(f"a second `pin`, {number:,} files", again.times(check), SECOND_RUN, "x `check`"))
        targets.append(at_most(f"requests of a second `pin`, {number:,} files", growth.requests[number], 0, "requests"))
    return targets
