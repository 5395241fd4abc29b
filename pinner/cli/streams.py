"""The standard streams as a shell may leave them: closed, full, or without a letter that is printed.

Standard output and input that fail are a `UsageError`; what standard error does not take is lost.
"""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from pinner.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

OnLoss = Callable[[OSError], None]


class _Guard(io.RawIOBase):
    """A standard stream's file, or none."""

    def __init__(self, raw: io.RawIOBase | None) -> None:
        self._raw = raw

    def isatty(self) -> bool:
        """Return whether a person looks at it."""
        return self._raw is not None and self._raw.isatty()

    def fileno(self) -> int:
        """Return the file's number; raise `OSError` where there is no file."""
        return self._open_file().fileno()

    def _open_file(self) -> io.RawIOBase:
        if self._raw is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._raw


class Input(_Guard):
    """Standard input; a read that fails is a `UsageError`."""

    def readable(self) -> bool:
        """Return that it can be asked."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Read into `buffer` and return how many bytes came; raise `UsageError` where none can come."""
        try:
            count: int | None = self._open_file().readinto(buffer)
        except OSError as error:
            message = f"cannot read standard input: {error.strerror or error}"
            raise UsageError(message) from error
        return count


class Output(_Guard):
    """Standard output or standard error; `on_loss` is told once, and all that follows is taken and lost.

    Python flushes once more at its end, where an error would be printed as a trailer and change the exit code.
    """

    def __init__(self, raw: io.RawIOBase | None, on_loss: OnLoss) -> None:
        super().__init__(raw)
        self._on_loss = on_loss
        self._is_lost = False

    def writable(self) -> bool:
        """Return that it can be tried."""
        return True

    def write(self, content: ReadableBuffer, /) -> int | None:
        """Write some of `content` and return how many bytes."""
        if not self._is_lost:
            try:
                return self._open_file().write(content)
            except OSError as error:
                self._is_lost = True
                self._on_loss(error)
        return memoryview(content).nbytes


def guard_streams() -> None:
    """Put guards around the three standard streams of this process."""
    sys.stdin = _guard(sys.stdin, lambda raw: io.BufferedReader(Input(raw)))
    sys.stdout = _guard(sys.stdout, lambda raw: io.BufferedWriter(Output(raw, _refuse)))
    sys.stderr = _guard(sys.stderr, lambda raw: io.BufferedWriter(Output(raw, _ignore)))


def _guard(
    stream: TextIO | None, wrap: Callable[[io.RawIOBase | None], io.BufferedReader | io.BufferedWriter]
) -> TextIO:
    # A terminal that lacks a letter gets its escape, never a traceback.
    if stream is None:
        return io.TextIOWrapper(wrap(None), encoding="utf-8", errors="backslashreplace")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.RawIOBase):
        return stream  # a test's, in memory
    by_line = stream.line_buffering or stream.write_through
    return io.TextIOWrapper(wrap(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=by_line)


def _refuse(error: OSError) -> None:
    if isinstance(error, BrokenPipeError):
        raise error  # the reader has seen enough; typer ends the run without a word
    message = f"cannot write to standard output: {error.strerror or error}"
    raise UsageError(message) from error


def _ignore(_: OSError) -> None:
    """Say nothing: there is nobody to say it to."""
