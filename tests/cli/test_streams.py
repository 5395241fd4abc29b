from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from pinner.cli.streams import Input, Output, guard_streams
from pinner.errors import UsageError


class Broken(io.RawIOBase):
    """A file that takes and gives nothing."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tries = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise OSError(self.number, os.strerror(self.number))

    def write(self, _: object) -> int:
        self.tries += 1
        raise OSError(self.number, os.strerror(self.number))


def test_a_loss_is_told_once_and_the_rest_is_taken() -> None:
    raw, told = Broken(errno.ENOSPC), list[str | None]()
    output = Output(raw, lambda error: told.append(error.strerror))
    assert [output.write(b"abc"), output.write(b"de")] == [3, 2]
    assert (told, raw.tries) == (["No space left on device"], 1)


def test_a_stream_without_a_file_is_no_terminal_and_has_no_number() -> None:
    for stream in (Input(None), Output(None, lambda _: None)):
        assert not stream.isatty()
        with pytest.raises(OSError, match="it is closed"):
            stream.fileno()


def test_what_works_goes_through(tmp_path: Path) -> None:
    file = tmp_path / "x"
    with file.open("wb", buffering=0) as raw:
        output = Output(raw, lambda _: None)
        assert output.write(b"abc") == 3
        assert (output.fileno(), output.isatty()) == (raw.fileno(), False)
    with file.open("rb", buffering=0) as raw:
        assert io.BufferedReader(Input(raw)).read() == b"abc"


def test_input_that_cannot_be_read_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot read standard input: Input/output error"):
        io.BufferedReader(Input(Broken(errno.EIO))).read()


def test_guarded_streams_are_the_same_files_and_escape_what_they_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        for name in ("stdin", "stdout", "stderr"):
            (tmp_path / name).touch()
            mode = "r" if name == "stdin" else "w"
            stream = stack.enter_context((tmp_path / name).open(mode, encoding="ascii", buffering=1))
            monkeypatch.setattr(sys, name, stream)
        guard_streams()
        assert sys.stdin.read() == ""
        for guarded, name in ((sys.stdout, "stdout"), (sys.stderr, "stderr")):
            guarded.write("\u2192\n")  # a line at a time, as the stream before
            assert (tmp_path / name).read_bytes() == b"\\u2192\n"
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, UsageError), (errno.EIO, UsageError), (errno.EPIPE, BrokenPipeError)]
)
def test_a_reader_that_went_away_is_no_usage_error(
    monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Broken(number)), encoding="utf-8"))
    guard_streams()
    sys.stdout.write("x")
    with pytest.raises(expected):
        sys.stdout.flush()
    sys.stdout.flush()


def test_closed_streams_get_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    guard_streams()
    sys.stderr.write("nobody\n")
    sys.stderr.flush()
    sys.stdout.flush()  # nothing was said, so nothing is lost
    sys.stdout.write("x")
    with pytest.raises(UsageError, match="cannot write to standard output: it is closed"):
        sys.stdout.flush()
    with pytest.raises(UsageError, match="cannot read standard input: it is closed"):
        sys.stdin.buffer.read()


def test_streams_in_memory_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    text, screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii"), io.StringIO()
    monkeypatch.setattr(sys, "stdout", text)
    monkeypatch.setattr(sys, "stderr", screen)
    guard_streams()
    assert (sys.stdout, sys.stderr) == (text, screen)
    text.write("\u2192")
