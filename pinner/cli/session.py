"""What the verbs share between their flags and their work: the project, the terminal, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

import typer

from pinner.cli.options import ColourChoice, TemplatesChoice
from pinner.cli.terminal import Progress, paint, say, wants_colour
from pinner.commands.project import Project, open_project, stdin_source
from pinner.context import Templates
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.oci.platform import Platform
from pinner.report.text import Paint, escape, plain
from pinner.text import Source

if TYPE_CHECKING:
    from pinner.commands.network import Network, OnProgress

STDIN = "-"
FINDINGS = 1
UNUSABLE = 2
_PRECEDENCE = (70, 2, 4, 3, 1, 0)


@dataclass(frozen=True, slots=True)
class Terminal:
    """How this run speaks."""

    colour: ColourChoice = ColourChoice.AUTO
    is_quiet: bool = False
    is_verbose: bool = False
    has_progress: bool = True

    def paint_for(self, stream: IO[str]) -> Paint:
        """Return how text is coloured on a stream."""
        return paint if wants_colour(stream, self.colour.value) else plain

    def note(self, text: str) -> None:
        """Say something that is good to know."""
        if not self.is_quiet:
            say(escape(text))

    def warn(self, text: str) -> None:
        """Say something that may matter."""
        say(f"{self.paint_for(sys.stderr)('warning', 'yellow')}: {escape(text)}")

    @contextmanager
    def progress(self, noun: str) -> Iterator[OnProgress]:
        """Give a callback that shows progress while the work takes long."""
        line = Progress(noun, enabled=self.has_progress and not self.is_quiet)
        try:
            yield line.advance
        finally:
            line.close()


def split_paths(paths: list[str] | None) -> tuple[tuple[Path, ...], bool]:
    """Return the paths, and whether standard input was asked for instead."""
    given = tuple(paths or ())
    if STDIN in given:
        if len(given) > 1:
            message = "'-' cannot stand beside other paths"
            raise UsageError(message, hint="run pinner once for standard input and once for the files")
        return (), True
    return tuple(map(Path, given)), False


def open_for(
    paths: Iterable[Path],
    terminal: Terminal,
    config: Path | None,
    lockfile: Path | None,
    templates: TemplatesChoice | None = None,
    *,
    no_config: bool,
) -> Project:
    """Open the project that the paths belong to; a flag goes before its configuration."""
    return open_project(
        tuple(paths),
        config=config,
        is_config_off=no_config,
        lockfile=lockfile,
        templates=None if templates is None else Templates(templates.value),
        warn=terminal.warn,
    )


def read_stdin(name: str | None) -> Source:
    """Return standard input as a source; `name` says of which format it is."""
    return stdin_source(sys.stdin.buffer.read(), name)


def read_platform(text: str | None) -> Platform | None:
    """Read `--platform`."""
    return None if text is None else Platform.parse(text)


def emit(text: str, output: Path | None = None) -> None:
    """Write a report to standard output, or to the file that `--output` names."""
    emit_pieces((text,), output)


def emit_pieces(pieces: Iterable[str], output: Path | None = None) -> None:
    """Write a report that is too long to be one text."""
    if output is not None:
        with _writing(output) as file:
            file.writelines(piece.encode(errors="backslashreplace") for piece in pieces)
        return
    sys.stdout.writelines(pieces)
    sys.stdout.flush()


def emit_bytes(content: bytes, output: Path | None = None) -> None:
    """Write what must arrive byte by byte: patches and files, whatever the terminal's encoding."""
    emit_pieces_of_bytes((content,), output)


def emit_pieces_of_bytes(pieces: Iterable[bytes], output: Path | None = None) -> None:
    """Write what must arrive byte by byte, and is too long to be held at once."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    with _writing(output) as file:
        file.writelines(pieces)


@contextmanager
def _writing(output: Path) -> Iterator[IO[bytes]]:
    try:
        with output.open("wb") as file:
            yield file
    except OSError as error:
        message = f"{output}: cannot be written: {error.strerror}"
        raise UsageError(message, hint="--output takes a file in a folder that is there") from error


def print_schema(name: str) -> NoReturn:
    """Print a document's JSON Schema and stop."""
    from pinner.report.documents import render_schema

    emit(render_schema(name))
    raise typer.Exit


def warn_if_untaken(untaken: Sequence[str], files: int, terminal: Terminal) -> None:
    """Warn where all of so many files were named, and none of them is of a format that pinner knows."""
    if untaken and len(untaken) == files:
        terminal.warn(f"no format takes {', '.join(untaken)}")


def finish(*codes: int) -> None:
    """End the verb with the code that wins: usage over authentication over "could not find out" over findings."""
    raise typer.Exit(next(code for code in _PRECEDENCE if code in (*codes, 0)))


@contextmanager
def look_ups(
    registries: Path | None,
    jobs: int,
    timeout: float,
    auth: Sequence[str] | None,
    pull_secret: Sequence[Path] | None,
    *,
    terminal: Terminal,
    has_stats: bool,
) -> Iterator[Network]:
    """Give the way to registries in this run, show its progress, and say at the end what came of it."""
    from pinner.report.traffic import render_low_budgets, render_traffic

    with terminal.progress("resolving") as on_progress:
        reach = replace(
            network(registries, auth=auth, pull_secret=pull_secret, terminal=terminal),
            jobs=jobs,
            timeout=timeout,
            on_progress=on_progress,
        )
        yield reach
    if has_stats:
        say(render_traffic(reach.stats))
    elif not terminal.is_quiet:
        say(render_low_budgets(reach.stats))


def network(
    registries: Path | None, *, auth: Sequence[str] | None, pull_secret: Sequence[Path] | None, terminal: Terminal
) -> Network:
    """Return how registries would be reached; raise `UsageError` for a secret on the command line."""
    from pinner.commands.network import Network
    from pinner.credentials.named_login import read_auth

    return Network(
        registries=registries,
        auth=read_auth(auth or ()),
        pull_secrets=tuple(pull_secret or ()),
        on_warning=terminal.warn,
    )
