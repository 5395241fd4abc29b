"""How time and memory grow with files and with references: slopes on a logarithmic scale, where 1 is linear."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import make_tree, names
from bench.installed import Installed
from bench.loopback import running_registry
from bench.measuring import Run, Runs, Task, interleave, measure
from bench.peers import CACHE
from bench.tables import Target, at_most, seconds, table
from pinner.lock.model import Lock, Pin
from pinner.lock.rendering import render_lock
from pinner.oci import media_types
from pinner.oci.digest import Digest

IMAGES, CHECK, FROZEN, AGAIN = "images", "check", "pin, all from the lock", "pin, nothing to do"
RESOLVE = "resolve"
_ANY = frozenset({0, 1, 2})


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Runs by verb and by how much there was to do."""

    files: Mapping[str, Mapping[int, Runs]]
    references: Mapping[int, Runs]


def measure_growth(pinner: Installed, *, files: tuple[int, ...], references: tuple[int, ...], rounds: int) -> Growth:
    """Measure verbs over trees of several sizes, and look-ups of several lengths."""
    by_verb: dict[str, dict[int, Runs]] = {}
    for number in files:
        root = make_tree(CACHE / "trees" / f"all-{number}", number)
        for verb, runs in _measure_tree(pinner, root, rounds=rounds).items():
            by_verb.setdefault(verb, {})[number] = runs
    return Growth(files=by_verb, references=_measure_references(pinner, references, rounds=rounds))


def _measure_tree(pinner: Installed, root: Path, *, rounds: int) -> dict[str, Runs]:
    listing = Task(command=[pinner.program, "images", "--format", "json"], cwd=root)
    lock = _lock_for(measure(listing))
    pinned = root.with_name(f"{root.name}-pinned")
    shutil.rmtree(pinned, ignore_errors=True)
    shutil.copytree(root, pinned)
    (pinned / "pinner.lock").write_text(lock, encoding="utf-8")
    frozen: list[str | Path] = [pinner.program, "pin", "--frozen", "-q"]

    def forget() -> None:
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=pinned, check=True)

    tasks = {
        IMAGES: listing,
        FROZEN: Task(command=frozen, cwd=pinned, prepare=forget, expects=_ANY),
        AGAIN: Task(command=frozen, cwd=pinned, expects=_ANY),
        CHECK: Task(command=[pinner.program, "check", "-q"], cwd=pinned, expects=_ANY),
    }
    return interleave(tasks, rounds=rounds, warm_up=False)


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


def _measure_references(pinner: Installed, references: tuple[int, ...], *, rounds: int) -> dict[int, Runs]:
    found: dict[int, Runs] = {}
    folder = CACHE / "references"
    folder.mkdir(parents=True, exist_ok=True)
    with running_registry() as host:
        for number in references:
            stdin = folder / f"{number}.txt"
            stdin.write_text("".join(f"{host}/{name}\n" for name in names(number)), encoding="ascii")
            task = Task(command=[pinner.program, "resolve", "-", "--timeout", "1200"], cwd=folder, stdin=stdin)
            found[number] = interleave({RESOLVE: task}, rounds=rounds, warm_up=False)[RESOLVE]
    return found


def slope(points: Mapping[int, float]) -> float:
    """Return the exponent of growth between the two largest sizes: start-up hides it in the small ones."""
    (small, first), (large, last) = sorted(points.items())[-2:]
    return math.log(last / first) / math.log(large / small)


def report_growth(growth: Growth) -> str:
    """Return what was measured as two tables."""
    rows = [
        (f"`{verb}`", f"{number:,}", seconds(runs.seconds), seconds(runs.cpu), f"{runs.mebibytes:.0f}")
        for verb, by_number in growth.files.items()
        for number, runs in by_number.items()
        if runs.runs
    ]
    looked = [
        (f"{number:,}", seconds(runs.seconds), seconds(runs.cpu), f"{runs.mebibytes:.0f}")
        for number, runs in growth.references.items()
        if runs.runs
    ]
    files = table(("verb", "files", "s", "CPU s", "MiB"), rows)
    return f"{files}\n{table(('references', 's', 'CPU s', 'MiB'), looked)}"


def judge_growth(growth: Growth) -> list[Target]:
    """Hold the measurements against the targets."""
    targets: list[Target] = []
    for verb, by_number in growth.files.items():
        measured = {number: runs for number, runs in by_number.items() if runs.runs}
        if len(measured) > 1:
            value = slope({number: runs.cpu for number, runs in measured.items()})
            targets.append(at_most(f"`{verb}`, CPU time over files", value, 1.1, "(exponent)"))
    looked = {number: runs.cpu for number, runs in growth.references.items() if runs.runs}
    if len(looked) > 1:
        targets.append(at_most("`resolve`, CPU time over references", slope(looked), 1.1, "(exponent)"))
    largest = max(growth.files[IMAGES])
    targets.append(at_most(f"`images`, memory, {largest:,} files", growth.files[IMAGES][largest].mebibytes, 120, "MiB"))
    again, check = growth.files[AGAIN][largest], growth.files[CHECK][largest]
    if again.runs and check.runs:
        targets.append(at_most(f"a second `pin`, {largest:,} files", again.times(check), 1.2, "x `check`"))
    return targets
