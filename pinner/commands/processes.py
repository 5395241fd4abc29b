"""Work that several processes share: what comes of it is given in the order of the work, while they go on.

Each process has every n-th batch and a pipe of its own, and waits where that is full: nothing piles up. They are
forked, so that they know all that was known before; there are no threads and no sockets.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import BinaryIO, Final, NoReturn, TypeVar

from pinner.errors import ProcessLostError
from pinner.frozen import dataclass

T = TypeVar("T")
R = TypeVar("R")

_BATCH: Final = 16
_MOST: Final = 8
# With fewer files, to begin a process costs more than it brings.
_FILES_PER_PROCESS: Final = 250
# As much as anybody may ask for (pipe(7)): a process that is ahead can go on while the first file of another is large.
_PIPE_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Process:
    number: int
    results: BinaryIO


def count_processes(items: int, wanted: int | None = None) -> int:
    """Return how many processes shall read so many files: what is `wanted`, or as many as are worth while."""
    if not _can_fork():
        return 1
    if wanted is not None:
        return min(wanted, -(-items // _BATCH))
    return min(_MOST, len(os.sched_getaffinity(0)), items // _FILES_PER_PROCESS)


def _can_fork() -> bool:
    """Return whether a copy of this process would be whole, and its end be told.

    Threads are not copied, other systems have no fork, and who began this process may have had ends ignored (wait(2)).
    """
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and signal.getsignal(signal.SIGCHLD) is not signal.SIG_IGN
    )


def map_in_order(work: Callable[[T], Iterable[R]], items: Sequence[T], wanted: int | None = None) -> Iterator[R]:
    """Yield what `work` gives for each item, in their order; what it raises is raised here.

    It is done by as many processes as are `wanted`, or worth while; by this one where the system allows no others.
    Raise `ProcessLostError` where one of them ends before its work.
    """
    processes = count_processes(len(items), wanted)
    running: list[_Process] = []
    try:
        if processes > 1:
            with _uninterrupted():
                _start_all(work, items, processes, running)
        if not running:
            yield from chain.from_iterable(map(work, items))
            return
        for batch in range(-(-len(items) // _BATCH)):
            yield from _receive(running[batch % processes])
    finally:
        with _uninterrupted():
            for one in running:
                _end(one)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait: no process may be left that nobody knows of, and none may take itself for the first one."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _start_all(work: Callable[[T], Iterable[R]], items: Sequence[T], processes: int, running: list[_Process]) -> None:
    """Begin all processes, which are added to `running`; none where there cannot be so many, or so many open files."""
    try:
        for first in range(processes):
            running.append(_start(work, items, first=first, step=processes, others=running))
    except OSError:
        while running:
            _end(running.pop())


def _start(
    work: Callable[[T], Iterable[R]], items: Sequence[T], *, first: int, step: int, others: Sequence[_Process]
) -> _Process:
    """Begin a process that works on the batch `first` and each one that follows `step` behind it."""
    reading, writing = os.pipe()
    try:
        number = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if number == 0:
        for one in others:
            one.results.close()
        os.close(reading)
        _serve(work, items, range(first * _BATCH, len(items), step * _BATCH), writing)
    os.close(writing)
    return _Process(number, os.fdopen(reading, "rb"))


def _serve(work: Callable[[T], Iterable[R]], items: Sequence[T], starts: range, writing: int) -> NoReturn:
    """Be one of the processes: write what came of each batch, and end without a word where nobody reads it."""
    code = 1
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        _widen(writing)
        with os.fdopen(writing, "wb") as results:
            for start in starts:
                results.write(_do(work, items[start : start + _BATCH]))
                results.flush()
        code = 0
    finally:
        # What stands in the buffers of the streams is written by the process that this is a copy of.
        os._exit(code)


def _do(work: Callable[[T], Iterable[R]], items: Iterable[T]) -> bytes:
    done: list[R] = []
    try:
        for item in items:
            done.extend(work(item))
        return pickle.dumps((done, None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised again where the work was asked for
        error.add_note(traceback.format_exc())
        with suppress(Exception):
            answer = pickle.dumps((done, error), pickle.HIGHEST_PROTOCOL)
            pickle.loads(answer)  # noqa: S301 - made above: some errors can be written and not read
            return answer
        return pickle.dumps((done, RuntimeError(f"{type(error).__name__}: {error}")), pickle.HIGHEST_PROTOCOL)


def _receive(process: _Process) -> Iterator[R]:
    try:
        done, error = pickle.load(process.results)  # noqa: S301 - from a copy of this process, through a pipe of our own
    except (EOFError, pickle.UnpicklingError):
        raise _explain(process) from None
    yield from done
    if error is not None:
        raise error


def _explain(process: _Process) -> BaseException:
    """Say why a process ended early; where it was interrupted, this one was meant, too."""
    # Only looked at: its number stays its own until `_end`.
    status = os.waitid(os.P_PID, process.number, os.WEXITED | os.WNOWAIT)
    assert status is not None, "it was waited for"
    is_killed = status.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
    if is_killed and status.si_status == signal.SIGINT:
        return KeyboardInterrupt()
    how = f"{'was killed by signal' if is_killed else 'ended with code'} {status.si_status}"
    message = f"a process that read files {how}; what it found is not known"
    return ProcessLostError(message, hint="memory may have run out; run pinner again with --jobs 1")


def _end(process: _Process) -> None:
    process.results.close()
    os.kill(process.number, signal.SIGKILL)  # one that has ended keeps its number until somebody waits for it
    os.waitpid(process.number, 0)


def _widen(pipe: int) -> None:
    import fcntl  # noqa: PLC0415 - other systems have none, and no fork

    with suppress(OSError):  # the system may allow less
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
