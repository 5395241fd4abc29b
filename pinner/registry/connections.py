"""Network connections with an absolute deadline, made only to addresses that may be reached.

One backend serves one worker thread; `abort` alone may be called from another. Every connect, read and write gets the
time that is left, so a server that drips bytes cannot outlive the deadline (SEC-09).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import httpcore

# Not public, but the only way to give httpcore a socket that is connected already; `test_racing` holds us to it.
from httpcore._backends.sync import SyncStream

from pinner.errors import BlockedError
from pinner.registry.racing import connect_first
from pinner.registry.reach import Reach, reach_of
from pinner.registry.trust import Trust

T = TypeVar("T")


class DeadlineError(httpcore.ReadTimeout):
    """The time for a whole exchange is used up."""


class ProxyDownError(httpcore.ConnectError):
    """The proxy on the way cannot be connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a request may travel: who is believed, how far inside the target may lie, and until when.

    `reach` is None for hosts that the user named; `deadline` is a value of the monotonic clock.
    """

    trust: Trust
    reach: Reach | None
    deadline: float


class Addresses:
    """Where the hosts of a run were found to stand, shared by all workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reaches: dict[str, Reach] = {}

    def note(self, host: str, reach: Reach) -> None:
        """Remember how far inside `host` stands; where it moves between two looks, the weakest claim counts."""
        name = host.strip("[]")
        with self._lock:
            self._reaches[name] = min(self._reaches.get(name, reach), reach)

    def reach_from(self, host: str) -> Reach:
        """Return how far inside a target may lie that `host` named; an unknown host counts as public."""
        return min(self._reaches.get(host.strip("[]"), Reach.PUBLIC), Reach.LOOPBACK)


class GuardedBackend:
    """Opens connections for one worker; looks at the address that a name led to before it connects."""

    def __init__(self, addresses: Addresses, on_connect: Callable[[], None] = lambda: None) -> None:
        self._addresses = addresses
        self._on_connect = on_connect
        self._lock = threading.Lock()
        self._streams: set[DeadlineStream] = set()
        self._reach: Reach | None = None
        self._deadline = 0.0
        self._is_aborted = False
        self._is_proxied = False

    def begin(self, route: Route, *, is_proxied: bool) -> None:
        """Hold everything up to the next call to this route."""
        self._is_proxied = is_proxied
        self._reach = route.reach
        self._deadline = route.deadline

    def left(self, timeout: float | None) -> float:
        """Return the seconds that an operation may take."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError("the time is used up")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(self, host: str, port: int, timeout: float) -> DeadlineStream:
        """Connect to the first address that answers; raise `BlockedError` before connecting where none is allowed."""
        try:
            stream = self._connect(host, port, timeout)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if self._is_proxied and not self._is_aborted:
                message = f"the proxy {host}:{port} cannot be connected to"
                raise ProxyDownError(message) from error
            raise
        return self.track(DeadlineStream(stream, self))

    def _connect(self, host: str, port: int, timeout: float) -> httpcore.NetworkStream:
        addresses = self._allowed(host, _resolve(host, port))
        try:
            connected = connect_first(addresses, port, seconds=self.left(timeout), check=self._check)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._on_connect()
        return SyncStream(connected)

    def _check(self) -> None:
        if self._is_aborted:
            raise httpcore.ConnectError("interrupted")

    def _allowed(self, host: str, addresses: list[str]) -> list[str]:
        """Return the addresses that may be connected to; raise `BlockedError` where a name leads inside."""
        if self._is_proxied:
            return addresses
        reaches = [reach_of(address) for address in addresses]
        if self._reach is None:
            # The weakest claim counts: a host with one public address stands outside.
            self._addresses.note(host, min(reaches, default=Reach.PUBLIC))
            return addresses
        allowed = [address for address, reach in zip(addresses, reaches, strict=True) if reach <= self._reach]
        if not allowed and addresses:
            message = f"{host} leads to {addresses[0]}, an address that a registry may not send us to"
            raise BlockedError(message, hint="name the host under trusted-realms in registries.toml if it is yours")
        return allowed

    def track(self, stream: DeadlineStream) -> DeadlineStream:
        """Remember an open connection, for `abort`."""
        with self._lock:
            self._streams.add(stream)
            is_aborted = self._is_aborted
        if is_aborted:
            stream.shut_down()
        return stream

    def forget(self, stream: DeadlineStream) -> None:
        """Forget a connection that was closed or replaced."""
        with self._lock:
            self._streams.discard(stream)

    def abort(self) -> None:
        """Shut down all connections and every later one, from any thread."""
        with self._lock:
            self._is_aborted = True
            streams = tuple(self._streams)
        for stream in streams:
            stream.shut_down()


class DeadlineStream:
    """A connection whose every operation is held to the deadline of the request that uses it now.

    Time-outs are in seconds; beneath is a stream of httpcore, whose errors are raised.
    """

    def __init__(self, stream: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, size: int, timeout: float) -> bytes:
        """Read what is there, up to `size` bytes; nothing means that the other side has ended."""
        return self._held(lambda left: self._stream.read(size, left), timeout)

    def write(self, content: bytes, timeout: float) -> None:
        """Write everything."""
        self._held(lambda left: self._stream.write(content, left), timeout)

    def start_tls(self, context: ssl.SSLContext, host: str, timeout: float) -> DeadlineStream:
        """Return the same connection encrypted, after `host` has shown its certificate."""
        try:
            stream = self._held(lambda left: self._stream.start_tls(context, host, left), timeout)
        except BaseException:
            self.close()
            raise
        self._backend.forget(self)
        return self._backend.track(DeadlineStream(stream, self._backend))

    def close(self) -> None:
        """Close the connection."""
        self._backend.forget(self)
        self._stream.close()

    def hold_to(self, backend: GuardedBackend) -> None:
        """Hold the connection to the deadlines of another worker, which has it from now on."""
        self._backend.forget(self)
        self._backend = backend
        backend.track(self)

    @property
    def is_readable(self) -> bool:
        """Whether something came, or the end."""
        # Of TLS within TLS, all that has come is taken from the socket at once, and lies here.
        waiting: ssl.MemoryBIO | None = getattr(self._stream, "_incoming", None)
        return bool(self._stream.get_extra_info("is_readable")) or (waiting is not None and waiting.pending > 0)

    def shut_down(self) -> None:
        """Make every operation on this connection fail now, also one that another thread waits in."""
        sock = self._stream.get_extra_info("socket")
        with suppress(OSError):
            # Not the TLS socket's own method: that one pulls the session away under a reader.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _held(self, operation: Callable[[float], T], timeout: float) -> T:
        left = self._backend.left(timeout)
        try:
            return operation(left)
        except httpcore.TimeoutException:
            self._backend.left(None)  # the deadline's own error where it was the deadline
            raise


def leads_to_loopback(host: str) -> bool:
    """Look a name up and return whether all that it leads to is this machine."""
    try:
        addresses = _resolve(host, 0)
    except httpcore.ConnectError:
        return False
    return bool(addresses) and all(reach_of(address) is Reach.LOOPBACK for address in addresses)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host.removeprefix("[").removesuffix("]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
