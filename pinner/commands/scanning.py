"""From the disk to what was found: every file that some format takes, once and in order."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pinner.commands.charts import Charts
from pinner.commands.families import context_of
from pinner.commands.listing import list_files
from pinner.commands.project import Project
from pinner.config import Config
from pinner.context import Context, Family
from pinner.errors import SourceError, UsageError
from pinner.formats import candidates, detect, load_format, needles_of
from pinner.formats.base import Format, ScannedFile, Skipped
from pinner.frozen import dataclass
from pinner.text import Source, Span
from pinner.workspace.listing import Listed, ListedFile
from pinner.workspace.writing import changed_meanwhile

if TYPE_CHECKING:  # start-up: who only reads needs none
    from pinner.rewriting import Revision

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
    return tuple(one.verdict for one in scan_each(project, paths, judge=lambda file: file, jobs=1))


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
        yield from TreeScan(project, paths).each(judge, jobs=jobs)


class Scan(Protocol):
    """Texts that are scanned as often as wanted: always the same ones, in the same context."""

    def each(self, judge: Callable[[ScannedFile], T], *, only: Container[str] | None = None) -> Iterator[Judged[T]]:
        """Yield what `judge` makes of each of them, or of those with `only` these paths, in order."""

    def together(self, revisions: Sequence[Revision]) -> Iterator[ScannedFile]:
        """Yield members of families as these revisions leave them, in order: they are read together."""


class TreeScan:
    """The files at `paths`, or of the whole tree; raise `UsageError` for a missing path.

    As long as they have no more than `held` letters together, what was found is kept, and they are not read again.
    """

    def __init__(self, project: Project, paths: Sequence[Path] = (), *, held: int = 0) -> None:
        self._project = project
        with project.workspace.descending():
            self._listed = tuple(list_files(project, paths))
            self._context = context_of(project, self._listed, paths)
        self._charts = Charts(project.workspace)
        self._room = held
        self._held: dict[str, tuple[ScannedFile, ...]] = {}

    def each(
        self, judge: Callable[[ScannedFile], T], *, only: Container[str] | None = None, jobs: int | None = None
    ) -> Iterator[Judged[T]]:
        """Yield what `judge` makes of each file in which something was found or passed over; like `scan_each`."""
        listed = [one for one in self._listed if only is None or one.path in only]

        def work(one: Listed) -> list[Judged[T]]:
            return [_judge(file, judge) for file in self._scan(one)]

        with self._project.workspace.descending():
            if jobs == 1 or len(listed) < (_FEW_FOR_MANY if jobs is None else _FEW):
                yield from chain.from_iterable(map(work, listed))
                return
            from pinner.commands.processes import map_in_order  # noqa: PLC0415 - start-up: small trees need one process

            yield from map_in_order(work, listed, jobs)

    def together(self, revisions: Sequence[Revision]) -> Iterator[ScannedFile]:
        """Yield members of families as these revisions leave them; raise `SourceError` where one has changed."""
        after: dict[str, Source] = {}
        for one in revisions:
            before = self._family_of(one.path).source_of(one.path)
            if before is None or before.fingerprint != one.fingerprint:
                raise changed_meanwhile((one.path,))
            after[one.path] = one.apply(before)
        context = replace(self._context, families=tuple(one.with_texts(after) for one in self._context.families))
        for path, source in after.items():
            yield _found_in(source, load_format(self._family_of(path).format), context, self._project.config)

    def _family_of(self, path: str) -> Family:
        family = self._context.family_of(path)
        assert family is not None, "only members of families are read together"
        return family

    def _scan(self, one: Listed) -> tuple[ScannedFile, ...]:
        held = self._held.get(one.path)
        if held is not None:
            return held
        files = tuple(_scan(self._project, one, self._context, self._charts))
        self._room -= sum(len(file.source.text) for file in files)
        if self._room >= 0:
            self._held[one.path] = files
        return files


class TextScan:
    """A text that is no file; raise `UsageError` where no format takes it."""

    def __init__(self, source: Source, config: Config) -> None:
        self._file = scan_source(source, config)

    def each(self, judge: Callable[[ScannedFile], T], *, only: Container[str] | None = None) -> Iterator[Judged[T]]:
        """Yield what `judge` makes of it."""
        if only is None or self._file.source.path in only:
            yield _judge(self._file, judge)

    def together(self, revisions: Sequence[Revision]) -> Iterator[ScannedFile]:
        """Yield nothing: a text belongs to no family."""
        assert not revisions, "a text belongs to no family"
        yield from ()


def judge_text(source: Source, config: Config, judge: Callable[[ScannedFile], T]) -> Judged[T]:
    """Return what `judge` makes of a text that is no file; raise `UsageError` where no format takes it."""
    return _judge(scan_source(source, config), judge)


def _judge(file: ScannedFile, judge: Callable[[ScannedFile], T]) -> Judged[T]:
    return Judged(file.source.path, file.is_untaken, judge(file))


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
    return _found_in(source, taken, config.context, config)


def _found_in(source: Source, taken: Format, context: Context, config: Config) -> ScannedFile:
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
    file = _found_in(source, taken, charts.context_for(listed.path, taken, context), project.config)
    if file.found:
        yield file


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
