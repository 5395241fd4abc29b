"""Who is asked next: a host that keeps us waiting must not keep the others waiting (RATE-08)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from pinner.registry import exchange, kept, retry, schedule
from pinner.registry.resolver import RegistryResolver
from pinner.registry.schedule import PATIENCE, Schedule
from pinner.registry.settings import parse_registries
from pinner.resolution import Resolved
from tests.registry.fakes import Respond, StillEvent, World, failure, image, open_registry, references, token_registry
from tests.registry.server import say_nothing, serving
from tests.registry.test_transport import good

HOST = "registry.example"
GOOD = "good.example"


class Order:
    """Hands tasks out without workers, to see which may be under way at once."""

    def __init__(self, *, jobs: int = 8, known: str = "", limit: int = 64) -> None:
        self.now = 0.0
        self.schedule = Schedule(
            jobs=jobs, is_known=lambda host: host in known, limit_of=lambda _: limit, clock=lambda: self.now
        )
        self.schedule._hire = lambda: None  # type: ignore[method-assign]  # we are the workers
        self.errands: dict[str, list[Any]] = {}

    def taken(self, hosts: str = "") -> str:
        """Add tasks, and return the hosts of those that may start now, in their order."""
        self.schedule.put((host, lambda: None) for host in hosts)
        started = ""
        while (errand := self.schedule._pick()) is not None:
            host = next(name for name, line in self.schedule._lines.items() if line is errand.line)
            self.errands.setdefault(host, []).append(errand)
            started += host
        return started

    def stand_aside(self, hosts: str) -> None:
        for host in hosts:
            errand = next(one for one in self.errands[host] if not one.is_aside)
            self.schedule._stand(errand, is_aside=True)


@pytest.mark.parametrize(
    ("facts", "hosts", "started"),
    [
        pytest.param({"known": "a"}, "aaaa", "aaaa", id="alone and known: all"),
        pytest.param({}, "aaaa", "a", id="alone and unknown: one (AUTH-19)"),
        pytest.param({}, "aaabbb", "ab", id="two unknown: one each"),
        pytest.param({"known": "b"}, "aaabbb", "abbb", id="the known one gets the rest"),
        pytest.param({"known": "ab"}, "aaabbb", "ababab", id="two known: by turns"),
        pytest.param({"known": "a", "jobs": 3}, "aaaaabb", "aba", id="never all workers"),
        pytest.param({"known": "a", "limit": 3}, "aaaaa", "aaa", id="no more than it may have requests (RATE-07)"),
        pytest.param({"known": "ab", "limit": 1}, "aaabbb", "ab", id="no more of two (RATE-07)"),
        pytest.param({"known": "a", "jobs": 1}, "aabb", "a", id="one worker"),
    ],
)
def test_what_may_be_under_way_at_once(facts: dict[str, Any], hosts: str, started: str) -> None:  # RATE-08
    assert Order(**facts).taken(hosts) == started


def test_whoever_stands_aside_is_replaced() -> None:  # RATE-02, RATE-08
    order = Order(jobs=1, known="ab")
    assert order.taken("aabb") == "a"
    order.stand_aside("a")
    assert order.taken() == "b"


def test_a_host_with_two_workers_aside_gets_no_more_while_another_has_questions() -> None:  # RATE-02, RATE-08
    order = Order(jobs=4, known="ab")
    assert order.taken("aaaaaaaabbbbbb") == "abab"
    order.stand_aside("aa")
    assert order.taken() == "b"  # three of four: never all workers
    order.stand_aside("bbb")
    assert order.taken() == ""


def test_a_host_alone_never_holds_more_workers_than_there_are_jobs() -> None:  # RATE-08
    order = Order(jobs=3, known="a")
    assert order.taken("aaaaaaaa") == "aaa"
    order.stand_aside("aa")
    assert order.taken() == ""


def test_a_question_that_takes_long_counts_as_one_that_waits() -> None:  # RATE-08: silent hosts
    order = Order(jobs=2, known="c")
    assert order.taken("aabbcccc") == "ab"
    order.now = PATIENCE - 0.1
    assert order.taken() == ""
    order.now = PATIENCE
    assert order.taken() == "c"


def test_workers_do_everything_and_go_when_they_are_let_go() -> None:
    done: list[str] = []
    ours = Schedule(jobs=3, is_known=lambda _host: True)
    last = threading.Event()
    ours.put((host, lambda host=host: done.append(host)) for host in "aaaabbb")  # type: ignore[misc]  # bound now
    ours.put([("a", last.set)])
    assert last.wait(10)
    ours.close()
    assert ours.join(10)
    assert sorted(done) == list("aaaabbb")


def test_there_is_one_thread_for_each_job_and_one_that_watches() -> None:  # RATE-11: each has a connection of its own
    ours = Schedule(jobs=3, is_known=lambda _host: True)
    done = threading.Semaphore(0)
    ours.put((host, done.release) for host in "ab" * 300)
    for _ in range(600):
        assert done.acquire(timeout=20)
    assert len(ours._workers) <= 4
    ours.close()
    assert ours.join(10)


def test_tasks_that_wait_at_the_end_are_still_done() -> None:  # RATE-10: they fail at once, and whoever waits is told
    done: list[str] = []
    may_go = threading.Event()
    ours = Schedule(jobs=1, is_known=lambda _host: True)
    ours.put([("a", lambda: assert_true(may_go.wait(10))), ("a", lambda: done.append("a"))])
    ours.put([("b", lambda: done.append("b"))])
    ours.close()
    may_go.set()
    assert ours.join(10)
    assert sorted(done) == ["a", "b"]


def assert_true(fact: bool) -> None:  # noqa: FBT001 - as `assert`, where only an expression fits
    assert fact


def test_nobody_else_stands_aside() -> None:
    ours = Schedule(jobs=1, is_known=lambda _host: True)
    with ours.aside():
        assert ours.join(0)


class Pause(StillEvent):
    """A pause that lasts until the other host has answered `count` questions, which proves that it is used."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count
        self._is_used = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        assert self._is_used.wait(20)
        return super().wait(timeout)

    def use(self, _request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0:
            self._is_used.set()
        return image()


def limited_once(serve: Respond, path: str = "") -> Respond:
    """Ask once for half a minute of patience, where the path is the given one."""
    answers = iter([failure(429, retry_after="30")])

    def respond(request: httpx.Request) -> httpx.Response:
        is_limited = path in {"", request.url.path}
        return (next(answers, None) if is_limited else None) or serve(request)

    return respond


@pytest.fixture
def endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never take a question for slow, so that only who says that it waits is replaced."""
    monkeypatch.setattr(schedule, "PATIENCE", 300.0)


@pytest.fixture
def silence_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time-out free a worker that waits for a host that says nothing."""
    monkeypatch.setattr(kept, "READ_SECONDS", 300.0)
    monkeypatch.setattr(exchange, "EXCHANGE_SECONDS", 300.0)


@pytest.mark.usefixtures("endless_patience")
def test_with_one_job_a_pause_is_used_for_another_host() -> None:  # RATE-02, RATE-08
    pause = Pause(5)
    world = World(hosts={HOST: limited_once(open_registry()), GOOD: pause.use}, stop=pause)
    with world.resolver(jobs=1) as resolver:
        results = resolver.look_up(references(f"{HOST}/a:1", *(f"{GOOD}/a:{number}" for number in range(5))))
    assert all(isinstance(one, Resolved) for one in results)
    assert max(pause.pauses) > 29


@pytest.mark.usefixtures("endless_patience")
def test_a_pause_of_a_mirror_and_of_a_token_server_is_used_too() -> None:  # RATE-02, RATE-08
    pause = Pause(5)
    settings = parse_registries('[registries."far.example"]\nmirrors = ["https://mirror.example"]', "registries.toml")
    hosts = {
        HOST: limited_once(token_registry(HOST), "/token"),
        "mirror.example": limited_once(open_registry()),
        GOOD: pause.use,
    }
    world = World(hosts=hosts, stop=pause)
    with world.resolver(jobs=1, registries=settings) as resolver:
        texts = [f"{HOST}/a:1", "far.example/a:1", *(f"{GOOD}/a:{number}" for number in range(5))]
        results = resolver.look_up(references(*texts))
    assert all(isinstance(one, Resolved) for one in results)


@pytest.mark.enable_socket
@pytest.mark.usefixtures("silence_without_end")
@pytest.mark.parametrize("jobs", [1, 8])
def test_a_silent_host_does_not_starve_another(jobs: int) -> None:  # RATE-08, NET-10
    asked, all_answered = threading.Event(), threading.Event()

    def silent(connection: socket.socket, _head: str, _number: int) -> None:
        asked.set()
        connection.recv(1)

    def after_silence(connection: socket.socket, head: str, number: int) -> None:
        asked.wait(60)
        good(connection, head, number)

    def tell(done: int, _total: int) -> None:
        if done == 30:  # nothing else can be done: the other thirty wait for the silent host
            all_answered.set()

    with (
        serving(silent) as slow,
        serving(after_silence) as fast,
        RegistryResolver(jobs=jobs, on_progress=tell) as resolver,
        interrupting(resolver, all_answered),
    ):
        texts = [f"{slow.host}/app{number}:1" for number in range(30)]
        texts += [f"{fast.host}/app{number}:1" for number in range(30)]
        results = resolver.look_up(references(*texts))
        assert len(slow.heads) == 1
    assert [isinstance(one, Resolved) for one in results] == [False] * 30 + [True] * 30


@contextmanager
def interrupting(resolver: RegistryResolver, event: threading.Event) -> Iterator[None]:
    """End the run of a resolver when something has happened, as it must while the block runs."""

    def watch() -> None:
        event.wait(60)
        resolver.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    watcher.join()
    assert event.is_set()


def test_a_host_that_falls_silent_later_holds_not_every_worker() -> None:  # RATE-08
    release, first = threading.Event(), threading.Event()
    left = threading.Semaphore(0)

    def falls_silent(_request: httpx.Request) -> httpx.Response:
        if first.is_set():
            release.wait(100)
        first.set()
        return image()

    def counted(_request: httpx.Request) -> httpx.Response:
        left.release()
        return image()

    world = World(hosts={HOST: falls_silent, GOOD: counted})
    with world.resolver(jobs=4) as resolver:

        def let_go() -> None:
            for _ in range(40):
                left.acquire(timeout=60)
            release.set()

        watcher = threading.Thread(target=let_go)
        watcher.start()
        texts = [f"{host}/a:{number}" for number in range(40) for host in (HOST, GOOD)]
        results = resolver.look_up(references(*texts))
        watcher.join()
    assert all(isinstance(one, Resolved) for one in results)


def test_a_host_that_says_nothing_is_asked_twice() -> None:  # RATE-01, NET-10
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing came")

    world = World(hosts={HOST: silent})
    with world.resolver() as resolver:
        resolver.look_up(references(f"{HOST}/a:1"))
    assert len(world.seen) == retry.ATTEMPTS_PAST_DEADLINE


@pytest.mark.enable_socket
@pytest.mark.usefixtures("silence_without_end")
def test_as_many_silent_hosts_as_jobs_do_not_starve_another() -> None:  # RATE-08
    all_answered = threading.Event()

    def tell(done: int, _total: int) -> None:
        if done == 10:
            all_answered.set()

    with ExitStack() as stack:
        silent = [stack.enter_context(serving(say_nothing)) for _ in range(3)]
        fast = stack.enter_context(serving(good))
        resolver = stack.enter_context(RegistryResolver(jobs=3, on_progress=tell))
        stack.enter_context(interrupting(resolver, all_answered))
        texts = [f"{slow.host}/a:{number}" for slow in silent for number in range(4)]
        texts += [f"{fast.host}/a:{number}" for number in range(10)]
        results = resolver.look_up(references(*texts))
    assert [isinstance(one, Resolved) for one in results] == [False] * 12 + [True] * 10
