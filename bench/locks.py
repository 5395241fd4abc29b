"""Lockfiles: what reading one costs, as multiples of what JSON of the same facts costs in the same run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.installed import ROOT, Installed
from bench.tables import Target, at_most, table, times

ENTRIES = 5_000
LIMIT = 6.0
_NAMES = {
    "json": "`json.loads` of the same facts",
    "read": "`parse_lock`",
    "check": "`parse_lock`, and all that `check` asks of it",
    "tomllib": "`tomllib.loads`",
    "strict": "`parse_lock` of another form than the normal one",
}


def measure_locks(pinner: Installed, *, entries: int, rounds: int) -> dict[str, float]:
    """Return CPU seconds by what was done."""
    command: list[str | Path] = [pinner.python, ROOT / "bench" / "lock_reading.py", str(entries), str(rounds)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT.parent)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report_locks(found: Mapping[str, float], *, entries: int) -> str:
    """Return what was measured as a table."""
    rows = [(_NAMES[name], f"{found[name] * 1000:.1f}", times(found[name] / found["json"])) for name in _NAMES]
    return f"{entries:,} entries.\n\n" + table(("", "ms CPU", "x `json.loads`"), rows)


def judge_locks(found: Mapping[str, float], *, entries: int) -> list[Target]:
    """Hold the measurements against the target."""
    what = f"a lock of {entries:,} entries: read it, and ask what `check` asks"
    return [at_most(what, found["check"] / found["json"], LIMIT, "x `json.loads`")]
