"""The first address that answers wins; whoever is silent costs a moment, and nobody is left behind (RATE-14)."""

from __future__ import annotations

import gc
import inspect
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpcore
import pytest
from httpcore._backends.sync import SyncStream

from pinner.errors import BlockedError
from pinner.registry import connections, racing
from pinner.registry.exchange import Ask
from pinner.registry.racing import connect_first, interleaved
from pinner.registry.reach import Reach
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import references
from tests.registry.server import serving
from tests.registry.test_transport import good, send

pytestmark = pytest.mark.enable_socket

LIVE = "127.0.0.1"
SILENT, CLOSED = "127.0.0.2", "127.0.0.3"
PATIENCE = 60.0


class OverError(Exception):
    """The run is over."""


def go_on() -> None:
    """Wait on."""


@contextmanager
def silence(port: int, address: str = SILENT) -> Iterator[socket.socket]:
    """Hold an address whose queue is full, so that who connects hears nothing."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        # One more than fits: the kernel drops what comes after without a word.
        for _ in range(2):
            visitor = held.enter_context(socket.socket())
            visitor.settimeout(0)
            visitor.connect_ex((address, port))
        yield listener


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([], []),
        (["10.0.0.1"], ["10.0.0.1"]),
        (["::1", "::2", "10.0.0.1", "10.0.0.2"], ["::1", "10.0.0.1", "::2", "10.0.0.2"]),
        (["10.0.0.1", "::1", "::2", "::3"], ["10.0.0.1", "::1", "::2", "::3"]),
        (["::1", "::2"], ["::1", "::2"]),
    ],
)
def test_families_take_turns_and_the_first_stays_first(addresses: list[str], expected: list[str]) -> None:
    assert list(interleaved(addresses)) == expected


def test_a_single_address_is_simply_connected_to() -> None:
    with serving(good) as server, connect_first([LIVE], server.port, seconds=PATIENCE, check=go_on) as found:
        assert found.getpeername() == (LIVE, server.port)


def test_a_silent_address_does_not_hold_up_the_next_one() -> None:  # RATE-14
    with serving(good) as server, silence(server.port):
        start = time.monotonic()
        # Whoever is held up has no time left for the second address.
        with connect_first([SILENT, LIVE], server.port, seconds=PATIENCE, check=go_on) as found:
            assert found.getpeername() == (LIVE, server.port)
        assert time.monotonic() - start >= racing.STAGGER_SECONDS


def test_a_closed_address_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "STAGGER_SECONDS", PATIENCE)
    with (
        serving(good) as server,
        connect_first([CLOSED, LIVE], server.port, seconds=PATIENCE, check=go_on) as found,
    ):
        assert found.getpeername() == (LIVE, server.port)


def test_the_first_address_wins_where_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "STAGGER_SECONDS", PATIENCE)
    with (
        serving(good) as server,
        silence(server.port),
        connect_first([LIVE, SILENT], server.port, seconds=PATIENCE, check=go_on) as found,
    ):
        assert found.getpeername() == (LIVE, server.port)


def test_a_slow_address_still_wins_after_the_next_one_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "STAGGER_SECONDS", 0.0)
    with serving(good) as server, connect_first([LIVE, CLOSED], server.port, seconds=PATIENCE, check=go_on) as found:
        assert found.getpeername() == (LIVE, server.port)


def test_the_losers_are_closed() -> None:  # RATE-14: a socket that is left open is a warning, and that an error
    with serving(good) as server, silence(server.port), silence(server.port, "127.0.0.4"):
        addresses = [SILENT, "127.0.0.4", LIVE]
        connect_first(addresses, server.port, seconds=PATIENCE, check=go_on).close()
        gc.collect()


def test_where_nobody_listens_the_last_error_is_raised() -> None:
    with serving(good) as server, pytest.raises(ConnectionRefusedError):
        connect_first([CLOSED, "127.0.0.4"], server.port, seconds=PATIENCE, check=go_on)


def test_without_an_address_there_is_nothing_to_connect_to() -> None:
    with pytest.raises(OSError, match="no address"):
        connect_first([], 1, seconds=PATIENCE, check=go_on)


def test_only_silence_ends_when_the_time_is_used_up() -> None:
    with serving(good) as server, silence(server.port), pytest.raises(TimeoutError):
        connect_first([SILENT, CLOSED], server.port, seconds=0.4, check=go_on)


def test_whoever_waits_is_told_when_the_run_ends() -> None:  # RATE-10
    asked: list[None] = []

    def check() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise OverError

    with serving(good) as server, silence(server.port), pytest.raises(OverError):
        connect_first([SILENT], server.port, seconds=PATIENCE, check=check)


def test_a_registry_with_a_silent_address_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-14
    monkeypatch.setattr(connections, "_resolve", lambda _host, _port: [SILENT, LIVE])
    with serving(good) as server, silence(server.port), RegistryResolver(jobs=1, timeout=PATIENCE) as resolver:
        (result,) = resolver.look_up(references(f"localhost:{server.port}/app:1"))
        assert isinstance(result, Resolved)
        assert resolver.stats.counts == {"head": 1}


def test_no_address_of_a_race_gets_past_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:  # SEC-02
    with serving(good) as server:
        monkeypatch.setattr(connections, "_resolve", lambda _host, _port: [LIVE, "::1", "169.254.169.254"])
        question = Ask(kind="get", url=f"http://evil.example:{server.port}/", host="x", lane="l", reach=Reach.PRIVATE)
        with pytest.raises(BlockedError):
            send(question)
        assert server.connections == 0


def test_cancelling_ends_a_worker_that_connects_to_silence(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-10
    waits = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        waits.set()
        return [SILENT]

    monkeypatch.setattr(connections, "_resolve", resolve)
    monkeypatch.setattr("pinner.registry.transport.CONNECT_SECONDS", 10 * PATIENCE)
    monkeypatch.setattr("pinner.registry.exchange.EXCHANGE_SECONDS", 10 * PATIENCE)
    before = threading.enumerate()
    with serving(good) as server, silence(server.port):
        resolver = RegistryResolver(jobs=1, timeout=10 * PATIENCE)
        results: list[Resolution] = []
        question = references(f"localhost:{server.port}/app:1")
        asking = threading.Thread(target=lambda: results.extend(resolver.look_up(question)))
        asking.start()
        assert waits.wait(PATIENCE)
        resolver.cancel()
        asking.join(PATIENCE)
        assert not asking.is_alive()
        assert resolver._schedule.join(PATIENCE)
        assert {one for one in threading.enumerate() if one.name.startswith("pinner-")} <= {*before}
    assert isinstance(results[0], Unresolved)


def test_httpcore_still_wraps_a_connected_socket() -> None:
    # `connections` takes this class from a module that httpcore does not call public.
    assert issubclass(SyncStream, httpcore.NetworkStream)
    assert list(inspect.signature(SyncStream).parameters) == ["sock"]
