"""Who is asked next: a host that keeps us waiting must not keep the others waiting (RATE-08)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pinner.registry import retry
from pinner.registry.resolver import RegistryResolver
from pinner.registry.schedule import Schedule
from pinner.resolution import Resolved
from tests.registry.fakes import World, failure, image, open_registry, references
from tests.registry.server import serving
from tests.registry.test_transport import good

HOST = "registry.example"
GOOD = "good.example"


class Order:
    """Lets tasks run one after the other, in the order the schedule hands them out to one worker."""

    def __init__(self, *, jobs: int = 8, known: str = "", paused: str = "") -> None:
        self.done: list[str] = []
        self.schedule = Schedule(jobs=jobs, is_known=lambda host: host in known, is_paused=lambda host: host in paused)

    def taken(self, hosts: str) -> str:
        """Return the hosts of the tasks that may start before any has ended."""
        self.schedule.put((host, self._task(host)) for host in hosts)
        started = ""
        while (line := self.schedule._next_line()) is not None:
            host = next(name for name, one in self.schedule._lines.items() if one is line)
            line.tasks.popleft()
            line.under_way += 1
            started += host
        return started

    def _task(self, host: str) -> Callable[[], None]:
        return lambda: self.done.append(host)


@pytest.mark.parametrize(
    ("facts", "hosts", "started"),
    [
        pytest.param({"known": "a"}, "aaaa", "aaaa", id="alone and known: all"),
        pytest.param({}, "aaaa", "a", id="alone and unknown: one (AUTH-19)"),
        pytest.param({}, "aaabbb", "ab", id="two unknown: one each"),
        pytest.param({"known": "b"}, "aaabbb", "abbb", id="the known one gets the rest"),
        pytest.param({"known": "ab"}, "aaabbb", "ababab", id="two known: by turns"),
        pytest.param({"known": "ab", "paused": "a"}, "aaabbb", "abbbaa", id="a paused one comes last (RATE-02)"),
        pytest.param({"known": "ab", "paused": "a"}, "aaa", "aaa", id="a paused one alone waits in its workers"),
        pytest.param({"known": "a", "jobs": 3}, "aaaaabb", "aba", id="never all workers"),
        pytest.param({"known": "a", "jobs": 1}, "aabb", "ab", id="one worker"),
    ],
)
def test_what_may_be_under_way_at_once(facts: dict[str, Any], hosts: str, started: str) -> None:  # RATE-08
    assert Order(**facts).taken(hosts) == started


def test_workers_do_everything_and_go_when_they_are_let_go() -> None:
    order = Order(known="ab")
    order.schedule.put((host, order._task(host)) for host in "aaaabbb")
    last = threading.Event()
    order.schedule.put([("a", last.set)])
    workers = [threading.Thread(target=order.schedule.work) for _ in range(3)]
    for worker in workers:
        worker.start()
    assert last.wait(10)
    order.schedule.close()
    for worker in workers:
        worker.join(10)
    assert sorted(order.done) == list("aaaabbb")


def test_tasks_that_wait_at_the_end_are_still_done() -> None:  # RATE-10: they fail at once, and whoever waits is told
    order = Order()
    order.schedule.put((host, order._task(host)) for host in "aab")
    order.schedule.close()
    order.schedule.work()
    assert order.done == ["a", "b", "a"]


@pytest.mark.enable_socket
def test_a_silent_host_does_not_starve_another() -> None:  # RATE-08, NET-10
    asked, answered = threading.Event(), threading.Semaphore(0)
    released = threading.Event()

    def silent(connection: socket.socket, _head: str, _number: int) -> None:
        asked.set()
        connection.recv(1)

    def count(connection: socket.socket, head: str, number: int) -> None:
        asked.wait(20)
        good(connection, head, number)
        answered.release()

    with serving(silent) as slow, serving(count) as fast, RegistryResolver(jobs=8) as resolver:
        texts = [f"{slow.host}/app{number}:1" for number in range(30)]
        texts += [f"{fast.host}/app{number}:1" for number in range(30)]
        done: list[int] = []
        resolver._on_progress = lambda number, _total: done.append(number)

        def interrupt() -> None:
            for _ in range(30):
                assert answered.acquire(timeout=30)
            released.wait(5)
            resolver.cancel()

        watcher = threading.Thread(target=interrupt)
        watcher.start()
        while_silent = threading.Thread(target=lambda: _wait_for(done, 30, released))
        while_silent.start()
        results = resolver.look_up(references(*texts))
        watcher.join(30)
        while_silent.join(30)
        assert len(slow.heads) == 1
    assert [isinstance(one, Resolved) for one in results[30:]] == [True] * 30
    assert not any(isinstance(one, Resolved) for one in results[:30])


def _wait_for(done: list[int], number: int, event: threading.Event) -> None:
    pause = threading.Event()
    while len(done) < number and not pause.wait(0.01):
        pass
    event.set()


def test_a_host_that_falls_silent_later_holds_not_every_worker() -> None:  # RATE-08
    release, first = threading.Event(), threading.Event()
    left = threading.Semaphore(0)

    def falls_silent(_request: httpx.Request) -> httpx.Response:
        if first.is_set():
            release.wait(30)
        first.set()
        return image()

    def counted(_request: httpx.Request) -> httpx.Response:
        left.release()
        return image()

    world = World(hosts={HOST: falls_silent, GOOD: counted})
    with world.resolver(jobs=4) as resolver:

        def let_go() -> None:
            for _ in range(40):
                assert left.acquire(timeout=30)
            release.set()

        watcher = threading.Thread(target=let_go)
        watcher.start()
        texts = [f"{host}/a:{number}" for number in range(40) for host in (HOST, GOOD)]
        results = resolver.look_up(references(*texts))
        watcher.join(30)
    assert all(isinstance(one, Resolved) for one in results)


def test_a_host_that_says_nothing_is_asked_twice() -> None:  # RATE-01, NET-10
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing came")

    world = World(hosts={HOST: silent})
    with world.resolver() as resolver:
        resolver.look_up(references(f"{HOST}/a:1"))
    assert len(world.seen) == retry.ATTEMPTS_PAST_DEADLINE


def test_whoever_asks_us_to_wait_is_paused_and_its_neighbours_are_not() -> None:  # RATE-02
    answers = iter([failure(429, retry_after="5")])
    world = World(hosts={HOST: lambda _request: next(answers, None) or image(), "b.example": open_registry()})
    with world.resolver(jobs=2) as resolver:
        results = resolver.look_up(references(f"{HOST}/a:1", "b.example/a:1"))
        assert resolver._network.is_paused(HOST)
        assert not resolver._network.is_paused("b.example")
        assert not resolver._network.is_paused("c.example")
    assert all(isinstance(one, Resolved) for one in results)
