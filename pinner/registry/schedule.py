"""Which question a worker takes next: hosts take turns, and one that keeps us waiting holds few workers. No I/O.

A host that has not answered yet is asked one question at a time (AUTH-19). So is one that told us to wait (RATE-02), as
long as somebody else has questions left. No host ever holds all workers while another one has work (RATE-08).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Task = Callable[[], None]


@dataclass(slots=True)
class _Line:
    """The questions of one host: those that wait, how many are under way, and when it had its last turn."""

    tasks: deque[Task] = field(default_factory=deque)
    under_way: int = 0
    last_turn: int = 0


class Schedule:
    """Tasks by host, for the workers of one run.

    `is_known(host)` says whether a host has answered before, `is_paused(host)` whether it asked us to wait.
    """

    def __init__(self, *, jobs: int, is_known: Callable[[str], bool], is_paused: Callable[[str], bool]) -> None:
        self._most = max(jobs - 1, 1)
        self._is_known = is_known
        self._is_paused = is_paused
        self._changed = threading.Condition()
        self._lines: dict[str, _Line] = {}
        self._turns = 0
        self._is_closed = False

    def put(self, tasks: Iterable[tuple[str, Task]]) -> None:
        """Add tasks, each with its host; all at once, so that the first worker sees every host."""
        with self._changed:
            for host, task in tasks:
                self._lines.setdefault(host, _Line()).tasks.append(task)
            self._changed.notify_all()

    def work(self) -> None:
        """Do tasks until the schedule is closed and empty: the life of a worker."""
        while (taken := self._take()) is not None:
            line, task = taken
            try:
                task()
            finally:
                with self._changed:
                    line.under_way -= 1
                    self._changed.notify_all()

    def close(self) -> None:
        """Let the workers go when everything is done; whoever is in a hurry makes the tasks fail first."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _take(self) -> tuple[_Line, Task] | None:
        with self._changed:
            while True:
                line = self._next_line()
                if line is not None:
                    self._turns += 1
                    line.under_way += 1
                    line.last_turn = self._turns
                    return line, line.tasks.popleft()
                if self._is_closed and not any(line.tasks for line in self._lines.values()):
                    return None
                self._changed.wait()

    def _next_line(self) -> _Line | None:
        """Return the line that holds the fewest workers, of these the one that waited longest for its turn."""
        waiting = {host: line for host, line in self._lines.items() if line.tasks}
        ready = [line for host, line in waiting.items() if line.under_way < self._share(host, len(waiting) == 1)]
        return min(ready, key=lambda line: (line.under_way, line.last_turn), default=None)

    def _share(self, host: str, is_alone: bool) -> float:  # noqa: FBT001 - a fact, not a mode
        """Return how many workers a host may hold; never none, so that nothing waits for nobody."""
        if not self._is_known(host):
            return 1
        if is_alone:
            return float("inf")
        return 1 if self._is_paused(host) else self._most
