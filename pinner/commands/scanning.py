"""From the disk to what was found: every file that some format takes, once and in order."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

from pinner.commands.charts import Charts
from pinner.commands.families import context_of
from pinner.commands.listing import list_files
from pinner.commands.project import Project
from pinner.config import Config
from pinner.context import Context
from pinner.errors import SourceError, UsageError
from pinner.formats import candidates, detect, needles_of
from pinner.formats.base import ScannedFile, Skipped
from pinner.frozen import dataclass
from pinner.text import Source, Span
from pinner.workspace.listing import Listed, ListedFile

# A second name of a file that is looked at under its first one.
_SAME_FILE = "same-file"
# So few are read by one process, whatever is asked for; as few as the other number, where nothing is.
_FEW, _FEW_FOR_MANY = 32, 500
_NO_CONFIG = Config()
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """What was made of one file; nothing else of it is kept."""

    path: str
    is_untaken: bool
    verdict: T


def scan_tree(project: Project, paths: Sequence[Path] = ()) -> tuple[ScannedFile, ...]:
    """Return the files in which something was found or passed over; raise `UsageError` for a missing path."""
    with project.workspace.descending():
        listed, scan = _prepare(project, paths)
        return tuple(file for one in listed for file in scan(one))


def scan_each(
    project: Project,
    paths: Sequence[Path] = (),
    *,
    judge: Callable[[ScannedFile], T],
    jobs: int | None = None,
) -> Iterator[Judged[T]]:
    """Yield what `judge` makes of each file in which something was found or passed over, one after the other.

    Several processes share the work: `jobs`, or as many as are worth while. Raise `UsageError` for a missing path, and
    `ProcessLostError` where one of them is killed.
    """
    with project.workspace.descending():
        listed, scan = _prepare(project, paths)

        def work(one: Listed) -> list[Judged[T]]:
            return [_judge(file, judge) for file in scan(one)]

        if jobs == 1 or len(listed) < (_FEW_FOR_MANY if jobs is None else _FEW):
            yield from chain.from_iterable(map(work, listed))
            return
        from pinner.commands.processes import map_in_order  # noqa: PLC0415 - start-up: small trees need one process

        yield from map_in_order(work, listed, jobs)


def judge_text(source: Source, config: Config, judge: Callable[[ScannedFile], T]) -> Judged[T]:
    """Return what `judge` makes of a text that is no file; raise `UsageError` where no format takes it."""
    return _judge(scan_source(source, config), judge)


def _judge(file: ScannedFile, judge: Callable[[ScannedFile], T]) -> Judged[T]:
    return Judged(file.source.path, file.is_untaken, judge(file))


def _prepare(
    project: Project, paths: Sequence[Path]
) -> tuple[tuple[Listed, ...], Callable[[Listed], Iterator[ScannedFile]]]:
    """Return the files, and how one of them is scanned."""
    listed = tuple(list_files(project, paths))
    context = context_of(project, listed, paths)
    charts = Charts(project.workspace)
    return listed, lambda one: _scan(project, one, context, charts)


def scan_source(source: Source, config: Config = _NO_CONFIG) -> ScannedFile:
    """Return what stands in one text; raise `UsageError` where no format takes it.

    A text in which no image can stand, as an empty one, is taken as it is.
    """
    taken = detect(source, config.context)
    if taken is None:
        expected = candidates(source.path)
        if expected and not any(needle in source.text for needle in needles_of(expected)):
            return ScannedFile(source=source, format=None, found=())
        message = f"no format takes {source.path!r}"
        raise UsageError(message, hint="name the format with --stdin-filename, for example compose.yaml or Dockerfile")
    context = config.context
    found = taken.find(source, context)
    return ScannedFile(source=source, format=taken, found=found, context=context, form=config.form_of(source.path))


def _scan(project: Project, listed: Listed, context: Context, charts: Charts) -> Iterator[ScannedFile]:
    needles = _needles(listed.path, context)
    if not isinstance(listed, ListedFile):
        if listed.reason != _SAME_FILE and needles is not None:
            yield _passed_over(listed.path, listed.reason, listed.detail)
        return
    source = Source(listed.path, "") if needles is None else read_source(project, listed.path, needles)
    if isinstance(source, ScannedFile):
        yield source
        return
    taken = detect(source, context) if needles is not None else None
    if taken is None:
        if listed.is_explicit:
            yield _passed_over(listed.path, "no-format", "no format takes this file")
        return
    context = charts.context_for(listed.path, taken, context)
    found = taken.find(source, context)
    if found:
        form = project.config.form_of(listed.path)
        yield ScannedFile(source=source, format=taken, found=found, context=context, form=form)


def _needles(path: str, context: Context) -> tuple[bytes, ...] | None:
    """Return the texts of which one stands in a file that some format takes; None for a name that none takes."""
    if context.rules_for(path) or context.family_of(path):
        return (b"",)
    formats = candidates(path)
    return _encoded_needles(formats) if formats else None


@cache
def _encoded_needles(formats: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(map(str.encode, needles_of(formats)))


def read_source(project: Project, path: str, needles: tuple[bytes, ...] = (b"",)) -> Source | ScannedFile:
    """Return the text of a file, or why there is none; an empty one where none of `needles` stands in it."""
    try:
        content = project.workspace.read(path)
    except SourceError as error:
        return _passed_over(path, "unreadable", error.message.removeprefix(f"{path}: "))
    # In UTF-16, a NUL stands beside every letter of ASCII.
    plain = content.replace(b"\0", b"") if _lacks_mark(content) or content[:2] in _UTF16_MARKS else content
    if not any(needle in plain for needle in needles):
        return Source(path, "")
    if _lacks_mark(content):
        return _passed_over(path, "not-utf8", "UTF-16 without a byte order mark")
    try:
        return Source.decode(path, content)
    except SourceError as error:
        cause = error.__cause__
        assert isinstance(cause, UnicodeDecodeError), "it says what could not be decoded"
        readable = cause.object[: cause.start].decode(cause.encoding)
        return _passed_over(path, "not-utf8", f"not {cause.encoding.upper()}: {cause.reason}", readable)


def _lacks_mark(content: bytes) -> bool:
    """Return whether the bytes look like UTF-16 that nothing announces."""
    return b"\0" in content[:2]


def _passed_over(path: str, reason: str, detail: str, readable: str = "") -> ScannedFile:
    span = Span(len(readable), len(readable))
    skipped = Skipped(path=path, span=span, locator="", written="", reason=reason, detail=detail)
    return ScannedFile(source=Source(path, readable), format=None, found=(skipped,))
