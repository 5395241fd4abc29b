from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from pinner.cli.options import ColourChoice
from pinner.cli.session import Terminal
from pinner.cli.terminal import Progress, paint, say, wants_colour


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Make standard error a terminal; in the test itself, because pytest has its own before that."""
    stream = Screen()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; tests move it."""
    now = [0.0]
    monkeypatch.setattr("pinner.cli.terminal.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.mark.parametrize(
    ("environ", "is_coloured"),
    [({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)],
)
def test_a_terminal_has_colour_unless_it_cannot_or_may_not(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, is_coloured: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Screen(), "auto") is is_coloured


def test_paint_ends_what_it_begins() -> None:
    assert paint("x", "red") == "\x1b[31mx\x1b[0m"


def test_a_message_ends_its_line_and_an_empty_one_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    say("")
    say("one")
    say("two\n")
    assert capsys.readouterr().err == "one\ntwo\n"


def test_notes_and_warnings_are_lines_whatever_names_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(ColourChoice.ALWAYS)
    terminal.note("a\nb")
    terminal.warn("c\x1b[0m\nd")
    assert capsys.readouterr().err == "a\\x0ab\n\x1b[33mwarning\x1b[0m: c\\x1b[0m\\x0ad\n"


def test_work_that_is_done_soon_shows_no_progress(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    screen = open_screen(monkeypatch)
    line = Progress("resolving", enabled=True)
    clock[0] = 0.4
    line.advance(1, 2)
    line.close()
    assert screen.getvalue() == ""


def test_work_that_takes_long_is_counted_on_one_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    screen = open_screen(monkeypatch)
    line = Progress("resolving", enabled=True)
    for now, done in ((0.6, 1), (0.65, 2), (0.8, 3)):
        clock[0] = now
        line.advance(done, 9)
    assert screen.getvalue() == "\r\x1b[2Kresolving 1/9\r\x1b[2Kresolving 3/9"
    line.close()
    line.close()
    assert screen.getvalue().endswith("resolving 3/9\r\x1b[2K")


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    line = Progress("resolving", enabled=True)
    for now, done in ((1.0, 1), (11.0, 2), (12.0, 3), (22.0, 4)):
        clock[0] = now
        line.advance(done, 9)
    line.close()
    assert capsys.readouterr().err == "resolving 2/9\nresolving 4/9\n"


@pytest.mark.parametrize("speech", [Terminal(is_quiet=True), Terminal(has_progress=False)])
def test_who_wants_no_progress_sees_none(monkeypatch: pytest.MonkeyPatch, clock: list[float], speech: Terminal) -> None:
    screen = open_screen(monkeypatch)
    with speech.progress("resolving") as advance:
        clock[0] = 5.0
        advance(1, 2)
    assert screen.getvalue() == ""


def test_the_line_goes_away_when_the_work_breaks_down(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    screen = open_screen(monkeypatch)

    def work() -> None:
        with Terminal().progress("resolving") as advance:
            clock[0] = 5.0
            advance(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert screen.getvalue().endswith("\r\x1b[2K")
