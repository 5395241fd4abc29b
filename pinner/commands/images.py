"""`images`: every image reference, as a report says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from pinner.commands.project import Project
from pinner.commands.scanning import Judged, judge_text, scan_each
from pinner.formats.base import ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.packed import Packed
from pinner.text import Source

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory(Generic[T]):
    """What is said of each file, in order; of files that were named, `untaken` are those that no format takes."""

    files: int
    untaken: tuple[str, ...]
    parts: Packed[T]


def list_images(
    project: Project,
    paths: Sequence[Path],
    text: Source | None = None,
    *,
    describe: Callable[[ScannedFile, Lock], T],
    jobs: int | None = None,
) -> Inventory[T]:
    """Describe the files at `paths`, or of the whole tree, or a text that is no file.

    Only what is said of a file is kept. Raise like `scan_each`.
    """
    lock = project.read_lock().lock

    def judge(file: ScannedFile) -> T:
        return describe(file, lock)

    judged: Iterable[Judged[T]]
    if text is None:
        judged = scan_each(project, paths, judge=judge, jobs=jobs)
    else:
        judged = (judge_text(text, project.config, judge),)
    parts: Packed[T] = Packed()
    untaken: list[str] = []
    files = 0
    for one in judged:
        files += 1
        untaken += [one.path] if one.is_untaken else []
        parts.append(one.verdict)
    return Inventory(files=files, untaken=tuple(untaken), parts=parts)
