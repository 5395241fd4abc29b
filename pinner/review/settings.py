"""What changed in how an image runs, as sentences; of the environment, names only (SEC-40)."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from pinner.oci.configuration import Configuration
from pinner.review.words import compared, named

# In the order in which they matter; on-build commands run where others build upon the image.
_TEXTS: Final = (
    "user",
    "entry-point",
    "command",
    "working-directory",
    "stop-signal",
    "health-check",
    "shell",
    "on-build",
)


def changed_settings(old: Configuration, new: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the name of each field that changed, and the sentence about it."""
    for name in _TEXTS:
        before, after = old.run.get(name, ""), new.run.get(name, "")
        if before != after:
            yield name, f"{_words(name)} {compared(before, after)}"
    for name, earlier, later in (
        ("exposed-ports", old.exposed_ports, new.exposed_ports),
        ("volumes", old.volumes, new.volumes),
        ("environment", old.environment.keys(), new.environment.keys()),
    ):
        changed = {one for one in earlier & later if name == "environment" and _is_other(one, old, new)}
        if earlier != later or changed:
            yield name, f"{_words(name)}: {_told(added=later - earlier, removed=earlier - later, changed=changed)}"


def _is_other(variable: str, old: Configuration, new: Configuration) -> bool:
    return old.environment[variable] != new.environment[variable]


def _told(*, added: AbstractSet[str], removed: AbstractSet[str], changed: AbstractSet[str]) -> str:
    parts = {"added": added, "removed": removed, "changed": changed}
    return "; ".join(f"{named(names)} {word}" for word, names in parts.items() if names)


def _words(name: str) -> str:
    return name.replace("-", " ")
