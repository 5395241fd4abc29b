"""What was measured, kept beside the inputs part by part, so that one part can be measured again alone.

The page is made of parts of one machine and one size, and names the commit of each: a part that takes an hour need not
be measured again for a change that it knows nothing of. A tree with changes that are not committed has no name, so its
parts only belong to the run that measured them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.tables import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where numbers come from: of one machine and size they may stand on one page, of one commit in one table."""

    commit: str
    machine: str
    size: str

    @property
    def is_named(self) -> bool:
        """Return whether the commit says everything of the program."""
        return not self.commit.endswith("-dirty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A chapter of the page, when it was measured, and what was judged in it."""

    name: str
    title: str
    text: str
    targets: tuple[Target, ...]
    origin: Origin
    when: str = ""


def keep_part(folder: Path, part: Part) -> None:
    """Write a part down."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part.name}.json").write_text(json.dumps(asdict(part), indent=1), encoding="utf-8")


def recall_parts(folder: Path, names: Iterable[str], origin: Origin) -> dict[str, Part]:
    """Return the parts that were kept and are of this machine and size, of whatever commit."""
    kept = (_read(folder / f"{name}.json") for name in names)
    fitting = (part for part in kept if part is not None and part.origin.is_named)
    return {part.name: part for part in fitting if replace(part.origin, commit=origin.commit) == origin}


def _read(file: Path) -> Part | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        part = Part(**document)
        return replace(
            part,
            origin=Origin(**document["origin"]),
            targets=tuple(Target(**target) for target in document["targets"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
