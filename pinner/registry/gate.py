"""The gate that all workers of a lane pass: open, closed until a moment, broken and probed, or refused for good.

A lane is what one limit counts: a host, its token server, Docker Hub's pulls. The breaker is tuned for a batch run with
a deadline, not for a service that lives for months (RATE-05). An exchange fails only after five tries of its own, so
that eight failures in a row are forty requests: more than a bad repository or two on a good host. A silent server has
cost half a minute with its first failure, so that one is enough where nothing else of it was heard meanwhile. Then a
pause of ten seconds and one single probe are all that the run spares; if the probe fails too, the lane ends.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from pinner.errors import ResolutionError
from pinner.registry.failures import repeated, reworded

FAILURES_TO_BREAK: Final = 8
BROKEN_SECONDS: Final = 10.0
# Whoever waits for a probe is woken by its outcome; this is only for a run that ends meanwhile.
_LOOK_UP_SECONDS: Final = 0.5


class Gate:
    """One lane, shared by all workers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._until = 0.0
        self._refusal: ResolutionError | None = None
        self._failures = 0
        self._first: ResolutionError | None = None
        self._is_broken = False
        self._prober: int | None = None
        # Both only ever grow: whoever has waited sees by them whether something happened meanwhile.
        self.closings = 0
        self.good_answers = 0

    def check(self) -> None:
        """Raise the error that ended this lane, if one did."""
        refusal = self._refusal
        if refusal is not None:
            raise repeated(refusal)

    def left(self) -> float:
        """Return the seconds to wait, with a little jitter so that workers do not wake together (RATE-02)."""
        left = self._until - time.monotonic()
        return left + random.uniform(0.05, 0.05 + left / 10) if left > 0 else 0.0  # noqa: S311 - not for secrets

    def close(self, seconds: float) -> None:
        """Let nobody through for `seconds`."""
        with self._changed:
            self._close(seconds)

    def _close(self, seconds: float) -> None:
        self._until = max(self._until, time.monotonic() + seconds)
        self.closings += 1

    def refuse(self, error: ResolutionError) -> ResolutionError:
        """Fail everything that is queued for this lane with `error`, which is returned."""
        with self._changed:
            self._refusal = error
            self.closings += 1
            self._changed.notify_all()
        return error

    def enter(self, check: Callable[[], None], aside: Callable[[], AbstractContextManager[None]]) -> None:
        """Go through, after the pause of a broken lane as its only probe; the others wait for what becomes of it.

        `check` is called while waiting, to raise when the run is over; `aside` lets another worker work meanwhile.
        """
        if not self._is_in_doubt():
            return
        with aside(), self._changed:
            while self._is_in_doubt():
                if self._prober is None:
                    self._prober = threading.get_ident()
                if self.is_probed_by_me:
                    return
                self._changed.wait(_LOOK_UP_SECONDS)
                check()
        self.check()

    def _is_in_doubt(self) -> bool:
        return self._is_broken and self._refusal is None

    def leave(self) -> None:
        """Let another worker probe, where this one did and learned nothing."""
        if self.is_probed_by_me:
            with self._changed:
                self._prober = None
                self._changed.notify_all()

    @property
    def is_probed_by_me(self) -> bool:
        """Whether the calling worker is the one that finds out whether a broken lane works again."""
        return self._prober == threading.get_ident()

    def note_failure(self, error: ResolutionError, *, patience: float, is_silent: bool = False) -> ResolutionError:
        """Count an exchange that failed after all its tries, break or end the lane, and return `error`.

        `patience` is how many seconds the run has left: a pause that it cannot afford ends the lane at once.
        `is_silent` says that the host said nothing at all meanwhile, to nobody.
        """
        with self._changed:
            self._first = self._first or error
            self._failures += 1
            if self._is_broken:
                # What was under way before the lane broke says nothing new.
                if self.is_probed_by_me:
                    self._end("and again after a pause")
            elif is_silent or self._failures >= FAILURES_TO_BREAK:
                if patience <= BROKEN_SECONDS:
                    self._end("with no time left for another try")
                else:
                    self._is_broken = True
                    self._close(BROKEN_SECONDS)
            self._changed.notify_all()
        return error

    def _end(self, how: str) -> None:
        assert self._first is not None
        times = "once" if self._failures == 1 else f"{self._failures} times in a row"
        self._refusal = reworded(self._first, f"{self._first.message} ({times}, {how}; it is not asked any more)")
        self.closings += 1

    def note_success(self) -> None:
        """Forget the failures: the host answers."""
        with self._changed:
            self.good_answers += 1
            if self._failures:
                self._failures, self._first = 0, None
                self._is_broken, self._prober = False, None
                self._changed.notify_all()
