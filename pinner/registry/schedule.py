"""Which question is asked next, and by whom: hosts take turns, and one that keeps us waiting holds nobody up.

A host that has not answered yet is asked one question at a time (AUTH-19), and none has more workers than it may have
requests (RATE-07). No host ever holds all workers while another one has questions (RATE-08). A worker that must wait,
for a pause that a host asked for or for a host that says nothing, stands aside: it keeps its question, where it is in
the middle of, and another worker takes its place. So `jobs` counts those who are at work, and threads are made as they
are needed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

Task = Callable[[], None]

# A question that takes longer than this counts as one that waits: a host that is silent, a name server, a helper.
PATIENCE: Final = 1.0
# How many may stand aside at once, and how many of one host while others have questions.
_SPARES: Final = 64
_ASIDE_OF_ONE_HOST: Final = 2


@dataclass(slots=True, eq=False)
class _Line:
    """The questions of one host: those that wait, how many are under way or aside, and when it had its last turn."""

    tasks: deque[Task] = field(default_factory=deque)
    under_way: int = 0
    aside: int = 0
    last_turn: int = 0


@dataclass(slots=True, eq=False)
class _Errand:
    """A task under way; it is busy until it stands aside, becomes slow, or is done."""

    line: _Line
    task: Task
    begun: float = 0.0
    is_busy: bool = False
    is_aside: bool = False


class Schedule:
    """Tasks by host, and the workers of one run.

    `is_known(host)` says whether a host has answered before, `limit_of(host)` how many requests it may have under way.
    """

    def __init__(
        self,
        *,
        jobs: int,
        is_known: Callable[[str], bool],
        limit_of: Callable[[str], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._is_known = is_known
        self._limit_of = limit_of or (lambda _: jobs)
        self._clock = clock
        self._changed = threading.Condition()
        self._lines: dict[str, _Line] = {}
        # Who became busy when, the oldest first; an entry that is no longer true is dropped when its time comes.
        self._begun: deque[tuple[float, _Errand]] = deque()
        self._busy = 0
        self._under_way = 0
        self._workers: list[threading.Thread] = []
        self._idle = 0
        self._turns = 0
        self._is_closed = False
        self._mine = threading.local()

    def put(self, tasks: Iterable[tuple[str, Task]]) -> None:
        """Add tasks, each with its host; all at once, so that the first worker sees every host."""
        with self._changed:
            for host, task in tasks:
                self._lines.setdefault(host, _Line()).tasks.append(task)
            self._call_next()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let another worker work while the calling one waits; for anybody else this does nothing."""
        errand: _Errand | None = getattr(self._mine, "errand", None)
        if errand is None or errand.is_aside:
            yield
            return
        self._stand(errand, is_aside=True)
        try:
            yield
        finally:
            self._stand(errand, is_aside=False)

    def _stand(self, errand: _Errand, *, is_aside: bool) -> None:
        with self._changed:
            errand.is_aside = is_aside
            errand.line.aside += 1 if is_aside else -1
            if is_aside:
                self._rest(errand)
                self._call_next()
            else:
                self._begin(errand)

    def _begin(self, errand: _Errand) -> None:
        errand.begun = self._clock()
        errand.is_busy = True
        self._busy += 1
        self._begun.append((errand.begun, errand))

    def _rest(self, errand: _Errand) -> None:
        self._busy -= errand.is_busy
        errand.is_busy = False

    def _is_full(self) -> bool:
        """Return whether as many are at work as may be; whoever takes too long is not counted any more."""
        now = self._clock()
        while self._begun and (not self._begun[0][1].is_busy or self._begun[0][0] + PATIENCE <= now):
            begun, errand = self._begun.popleft()
            if errand.begun == begun:
                self._rest(errand)
        return self._busy >= self._jobs

    def close(self) -> None:
        """Let the workers go when everything is done; whoever is in a hurry makes the tasks fail first."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the workers to go, all of them together no longer than `seconds`; return whether they went."""
        end = self._clock() + seconds
        with self._changed:
            workers = tuple(self._workers)
        for worker in workers:
            worker.join(max(end - self._clock(), 0))
        return not any(worker.is_alive() for worker in workers)

    def _work(self) -> None:
        """Do tasks until the schedule is closed and empty: the life of a worker."""
        while (errand := self._take()) is not None:
            self._mine.errand = errand
            try:
                errand.task()
            finally:
                with self._changed:
                    self._rest(errand)
                    self._under_way -= 1
                    errand.line.under_way -= 1

    def _take(self) -> _Errand | None:
        with self._changed:
            while True:
                errand = self._pick()
                if errand is not None:
                    self._call_next()
                    return errand
                if self._is_closed and not self._has_tasks():
                    self._changed.notify_all()
                    return None
                self._idle += 1
                self._changed.wait(self._next_look())
                self._idle -= 1

    def _call_next(self) -> None:
        """Wake a worker for what is ready, or hire one where none is idle: somebody must see when a task is slow."""
        if not self._has_tasks():
            return
        if not self._idle:
            self._hire()
        elif self._next_line() is not None:
            self._changed.notify()

    def _hire(self) -> None:
        """Take one worker more, up to one who watches besides those at work; whoever waits is not counted."""
        away = self._under_way - self._busy
        if len(self._workers) <= self._jobs + min(away, _SPARES):
            # Daemons: a worker that hangs in a name server must not keep the program from ending.
            worker = threading.Thread(target=self._work, name=f"pinner-{len(self._workers)}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def _has_tasks(self) -> bool:
        return any(line.tasks for line in self._lines.values())

    def _next_look(self) -> float | None:
        """Return in how many seconds the next errand will count as slow, where that lets somebody else begin."""
        if not self._has_tasks() or not self._begun:
            return None
        return max(self._begun[0][0] + PATIENCE - self._clock(), 0)

    def _pick(self) -> _Errand | None:
        """Take the task that is to be done now, if there is one."""
        line = self._next_line()
        if line is None:
            return None
        self._turns += 1
        self._under_way += 1
        line.under_way += 1
        line.last_turn = self._turns
        errand = _Errand(line, line.tasks.popleft())
        self._begin(errand)
        return errand

    def _next_line(self) -> _Line | None:
        """Return the line that holds the fewest workers, of these the one that waited longest for its turn."""
        if self._is_full():
            return None
        waiting = {host: line for host, line in self._lines.items() if line.tasks}
        ready = [line for host, line in waiting.items() if line.under_way < self._share(host, line, len(waiting) == 1)]
        return min(ready, key=lambda line: (line.under_way, line.last_turn), default=None)

    def _share(self, host: str, line: _Line, is_alone: bool) -> int:  # noqa: FBT001 - a fact, not a mode
        """Return how many workers a host may hold; never none, so that nothing waits for nobody."""
        if not self._is_known(host):
            return 1
        if is_alone:
            return min(self._jobs, self._limit_of(host))
        return 1 if line.aside >= _ASIDE_OF_ONE_HOST else max(min(self._jobs - 1, self._limit_of(host)), 1)
