from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from pinner.commands import processes
from pinner.commands.check import check_tree
from pinner.commands.images import list_images
from pinner.commands.processes import map_in_order
from pinner.commands.project import open_project
from pinner.errors import ProcessLostError, SourceError, UsageError
from pinner.report.documents import describe_images, render_inventory
from tests.support.program import COMMAND, process_environment
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

FIXTURES = Path("fixtures/formats").resolve()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs the tests may have threads of its own, which do nothing here."""
    monkeypatch.setattr("threading.active_count", lambda: 1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """More files than one batch, with every outcome."""
    for number in range(50):
        write(tmp_path, **{f"a{number:02}__compose_yaml": compose_text(f"nginx:1.{number}", "${X}")})
    write(tmp_path, a07__Dockerfile=b"FROM caf\xe9\n", README_md="nginx")
    write_lock(tmp_path, pin("docker.io/library/nginx:1.3"), pin("a.io/b:1"))
    return tmp_path


def children() -> set[int]:
    return {int(number) for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def in_process(number: int) -> Iterator[tuple[int, int]]:
    yield number, os.getpid()


@pytest.mark.parametrize("items", [0, 1, 15, 16, 17, 100])
def test_what_comes_of_the_work_is_in_its_order_whoever_did_it(items: int) -> None:
    before = children()
    done = list(map_in_order(in_process, range(items), 3))
    assert [number for number, _ in done] == list(range(items))
    assert len({process for _, process in done}) == min(3, -(-items // 16))
    assert children() == before


@pytest.mark.parametrize("jobs", [2, 3])
def test_several_processes_say_what_one_says(tree: Path, jobs: int) -> None:
    for root in (tree, FIXTURES):
        project, paths = open_project((root,)), (root,)
        one, several = (list_images(project, paths, describe=describe_images, jobs=number) for number in (1, jobs))
        assert "".join(render_inventory(one.parts)) == "".join(render_inventory(several.parts))
        assert one.files == several.files > 0
        alone, shared = (check_tree(project, paths, jobs=number) for number in (1, jobs))
        assert list(alone.findings) == list(shared.findings)
        assert (alone.files, alone.counts) == (shared.files, shared.counts)


def test_a_process_that_is_killed_is_an_error_and_no_silence(tree: Path) -> None:
    def die(number: int) -> Iterator[int]:
        if number == 40:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number

    before = children()
    done: list[int] = []
    with pytest.raises(ProcessLostError, match="killed by signal 9; what it found is not known") as raised:
        done.extend(map_in_order(die, range(100), 2))
    assert raised.value.exit_code == 3
    assert raised.value.hint == "memory may have run out; run pinner again with --jobs 1"
    assert children() == before


def test_a_process_that_ends_by_itself_is_an_error_too() -> None:
    def leave(_: int) -> Iterator[int]:
        os._exit(0)

    with pytest.raises(ProcessLostError, match="ended with code 0"):
        list(map_in_order(leave, range(40), 2))


def test_a_process_that_was_interrupted_interrupts_the_run() -> None:
    def interrupt(number: int) -> Iterator[int]:
        os.kill(os.getpid(), signal.SIGINT)
        yield number

    with pytest.raises(KeyboardInterrupt):
        list(map_in_order(interrupt, range(40), 2))


def test_a_signal_that_was_held_back_stays_so() -> None:
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        assert list(map_in_order(lambda number: [number], range(40), 2)) == list(range(40))
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


class _OddError(Exception):
    """An error that pickle writes and cannot read."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (SourceError("a.yaml: no", hint="mend it"), SourceError, "a.yaml: no"),
        (UsageError("no such path"), UsageError, "no such path"),
        (_OddError("one ", "two"), RuntimeError, "_OddError: one two"),
    ],
)
def test_what_a_process_raises_is_raised_after_what_came_before(
    error: Exception, kind: type[Exception], text: str
) -> None:
    def fail(number: int) -> Iterator[int]:
        if number == 20:
            raise error
        yield number

    done: list[int] = []
    with pytest.raises(kind, match=text) as raised:
        done.extend(map_in_order(fail, range(64), 2))
    assert done == list(range(20))
    if isinstance(error, SourceError):
        assert isinstance(raised.value, SourceError)
        assert raised.value.hint == "mend it"


def test_whoever_stops_listening_ends_the_processes() -> None:
    before = children()
    results = map_in_order(in_process, range(1000), 2)
    next(results)
    assert len(children() - before) == 2
    assert isinstance(results, Generator)
    results.close()
    assert children() == before


def test_threads_are_never_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert {process for _, process in map_in_order(in_process, range(100), 3)} == {os.getpid()}


@pytest.mark.parametrize(("name", "allowed"), [("fork", 0), ("fork", 2), ("pipe", 1)])
def test_where_the_system_allows_too_few_processes_one_does_all(
    monkeypatch: pytest.MonkeyPatch, name: str, allowed: int
) -> None:
    real, calls = getattr(os, name), iter(range(allowed))

    def call() -> object:
        if next(calls, None) is None:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real()

    before, files = children(), set(Path("/proc/self/fd").iterdir())
    monkeypatch.setattr(os, name, call)
    assert list(map_in_order(in_process, range(100), 3)) == [(number, os.getpid()) for number in range(100)]
    assert children() == before
    assert set(Path("/proc/self/fd").iterdir()) == files


def test_where_nobody_is_told_of_the_end_of_processes_one_does_all() -> None:
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert {process for _, process in map_in_order(in_process, range(100), 3)} == {os.getpid()}
    finally:
        signal.signal(signal.SIGCHLD, former)


def test_there_are_as_many_processes_as_files_make_worth_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert [processes.count_processes(files) <= 1 for files in (10, 400, 10_000)] == [True, True, False]
    assert processes.count_processes(1_000_000) == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert processes.count_processes(1_000_000) == 1


_SLOW = """
import sys, time
from pinner.cli import main
from pinner.commands import scanning

def wait(*_):
    open("out", "w").write("x")
    time.sleep(60)

scanning.detect = wait
sys.argv = ["pinner", "images", "--jobs", "2"]
main()
"""


@pytest.mark.parametrize("interrupt", [os.killpg, os.kill], ids=["the whole group", "the first process"])
def test_ctrl_c_ends_all_processes(tree: Path, interrupt: Callable[[int, int], None]) -> None:
    os.mkfifo(tree / "out")
    reader = os.open(tree / "out", os.O_RDONLY | os.O_NONBLOCK)
    command = (COMMAND[0], "-c", _SLOW)
    with subprocess.Popen(
        command, cwd=tree, env=process_environment(), stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        deadline = time.monotonic() + 60
        while not _said(reader) and time.monotonic() < deadline:
            time.sleep(0.01)
        interrupt(child.pid, signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (130, b"interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)
    os.close(reader)


def _said(reader: int) -> bool:
    try:
        return bool(os.read(reader, 1))
    except BlockingIOError:
        return False
