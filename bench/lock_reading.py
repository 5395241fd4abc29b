"""What a lockfile costs `check` in one process: to read it, and to be asked for each image what rules ask.

Run as a program with the number of entries and of rounds. In each round everything is done once, in turn, so that a
busy machine slows all of it alike. Prints CPU seconds of the fastest round as JSON, by what was done.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tomllib
from collections.abc import Callable, Mapping

from pinner.lock.model import Lock, Pin
from pinner.lock.reading import parse_lock, read_strictly
from pinner.lock.rendering import render_lock
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform

_NAMES = ("docker.io/library/app", "ghcr.io/acme/team-b/app", "registry.example.com:5000/app", "quay.io/acme/app_")
_PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))
_SIZE = len(_NAMES)


def make_lock(entries: int) -> Lock:
    """Return a lock with so many indexes of two platforms."""
    return Lock.of(
        Pin(
            key=f"{_NAMES[number % _SIZE]}{number:05}:1.{number % 30}.{number % 7}",
            digest=Digest.of(str(number).encode()),
            media_type=media_types.OCI_INDEX,
            platforms=_PLATFORMS,
        )
        for number in range(entries)
    )


def ask_like_check(text: str, wanted: Mapping[str, Digest]) -> int:
    """Read a lock and ask it what `check` asks for files that use all of it; return how many entries agree."""
    lock = parse_lock(text, "pinner.lock")
    # In the order of `policy.lock_rules` and `policy.usage`: whether a digest is the locked one, whether it is locked,
    # whether files contradict each other, and which entries are used.
    agreed = sum(pin.digest == digest for key, digest in wanted.items() for pin in lock.pins_for(key))
    known = sum(bool(lock.pins_for(key)) for key in wanted)
    alone = sum(not lock.pins_for(key) for key in wanted)
    used = {pin.key for key in wanted for pin in lock.pins_for(key)}
    return sum(key in used for key in lock.pins) if agreed == known and not alone else -1


def main() -> None:
    """Measure."""
    entries, rounds = map(int, sys.argv[1:])
    gc.disable()  # as pinner does in runs that are not huge
    lock = make_lock(entries)
    text = render_lock(lock)
    same = json.dumps(tomllib.loads(text))
    wanted = {key: pin.digest for key, pin in lock.pins.items()}
    assert ask_like_check(text, wanted) == entries
    tasks: Mapping[str, Callable[[], object]] = {
        "json": lambda: json.loads(same),
        "tomllib": lambda: tomllib.loads(text),
        "strict": lambda: read_strictly(text, "pinner.lock"),
        "read": lambda: parse_lock(text, "pinner.lock"),
        "check": lambda: ask_like_check(text, wanted),
    }
    spent: dict[str, float] = {}
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.process_time()
            task()
            spent[name] = min(spent.get(name, float("inf")), time.process_time() - begun)
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
