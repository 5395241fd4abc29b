"""Plans for files that are at hand, as the verbs make them for trees: one file after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from pinner import aims, plan
from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock, Pin
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.plan import Aim, Plan
from pinner.resolution import Resolution, Unresolved


def plan_pins(
    files: Sequence[ScannedFile], lock: Lock, resolutions: Iterable[Resolution], platform: Platform | None = None
) -> Plan:
    return _plan(files, aims.aim_to_pin(lock, resolutions, platform))


def plan_update(
    files: Sequence[ScannedFile], lock: Lock, pins: Mapping[str, Pin], unresolved: Mapping[str, Unresolved]
) -> Plan:
    return _plan(files, aims.aim_to_update(lock, pins, unresolved))


def plan_unpin(files: Sequence[ScannedFile], lock: Lock) -> Plan:
    return _plan(files, aims.aim_to_unpin(lock))


def _plan(files: Sequence[ScannedFile], aim: Aim) -> Plan:
    return plan.gather(map(partial(plan.decide, aim=aim), files), aim)


def missing_from_lock(
    files: Sequence[ScannedFile], lock: Lock, platform: Platform | None = None
) -> tuple[Reference, ...]:
    return aims.missing_from_lock(_references(files), lock, platform)


def recorded_keys(files: Sequence[ScannedFile], lock: Lock) -> Mapping[str, Reference]:
    return aims.recorded_keys(_references(files), lock)


def texts(made: Plan, files: Sequence[ScannedFile]) -> dict[str, str]:
    """Return the new text of every file that changes, by path."""
    before = {file.source.path: file.source for file in files}
    return {one.path: one.apply(before[one.path]).text for one in made.files}


def _references(files: Iterable[ScannedFile]) -> Iterable[Reference]:
    return (one.reference for file in files for one in file.occurrences)
