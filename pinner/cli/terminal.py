"""What a person sees beside the data: messages, colour and progress, all on standard error."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import IO, Final, Literal

from pinner.frozen import dataclass

When = Literal["auto", "always", "never"]

_CODES: Final = {"red": "31", "yellow": "33", "green": "32", "cyan": "36"}
# Work that is done sooner shows nothing at all.
_PATIENCE: Final = 0.5
_INTERVAL: Final = 0.1
_LOG_INTERVAL: Final = 10.0


@dataclass(slots=True)
class Chosen:
    """What a verb was told of colour, for what is printed when it is over."""

    colour: When = "auto"


def wants_colour(stream: IO[str], when: When) -> bool:
    """Return whether `stream` gets colour: the flag first, then NO_COLOR, FORCE_COLOR and the terminal itself."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str) -> str:
    """Wrap a text in an ANSI colour."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


class Progress:
    """A line that counts, on standard error: live on a terminal, every ten seconds elsewhere.

    Worker threads call `advance`; the line is gone when the work is done.
    """

    def __init__(self, noun: str, *, enabled: bool) -> None:
        self._noun = noun
        self._enabled = enabled
        self._started = time.monotonic()
        self._shown_at = self._started
        self._is_live = sys.stderr.isatty()
        self._shown = False
        self._lock = threading.Lock()

    def advance(self, done: int, total: int) -> None:
        """Show how far the work is, where it has taken long enough to be worth a line."""
        now = time.monotonic()
        interval = _INTERVAL if self._is_live else _LOG_INTERVAL
        if not self._enabled or now - self._started < _PATIENCE or now - self._shown_at < interval:
            return
        with self._lock:
            self._shown_at = now
            self._shown = self._is_live
            line = f"{self._noun} {done}/{total}"
            sys.stderr.write(f"\r\x1b[2K{line}" if self._is_live else f"{line}\n")
            sys.stderr.flush()

    def close(self) -> None:
        """Take the live line away."""
        with self._lock:
            if self._shown:
                sys.stderr.write("\r\x1b[2K")
                sys.stderr.flush()
                self._shown = False


def say(text: str) -> None:
    """Write a message to standard error."""
    if text:
        sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
        sys.stderr.flush()
