"""HTTP/1.1 connections: requests one after the other, and h11 to say where each answer ends.

Whatever came besides an answer would be taken for the next one, so such a connection is never used again (SEC-17).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import suppress
from typing import Final

import h11
import httpcore

from pinner.registry.connections import DeadlineStream, GuardedBackend

READ_SECONDS: Final = 15.0
KEEPALIVE_SECONDS: Final = 15.0
# Of all workers together, to all hosts: some systems let a program open no more than 256 files.
MOST_IDLE: Final = 64
_LONGEST_HEAD: Final = 100 * 1024
# Nobody needs more than one or two, and each is work for us.
_MOST_HINTS: Final = 20
_READ_SIZE: Final = 64 * 1024


class KeptConnection:
    """A connection to a host, or through a proxy to it; one worker has it at a time."""

    def __init__(self, stream: DeadlineStream) -> None:
        self._stream = stream
        self._parser = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._idle_since = time.monotonic()

    @property
    def is_usable(self) -> bool:
        """Whether one more request may be sent: the last answer was read to its end, and nothing came after it."""
        return (
            self._parser.our_state is h11.IDLE
            and not self.has_leftovers
            and time.monotonic() < self._idle_since + KEEPALIVE_SECONDS
            # Bytes that nobody asked for, or the end: either way the server is done with us.
            and not self._stream.is_readable
        )

    @property
    def has_leftovers(self) -> bool:
        """Whether more was read than the answer."""
        return bool(self._parser.trailing_data[0])

    def ask(self, request: h11.Request, body: bytes = b"") -> h11.Response:
        """Send a request and return the head of its answer; close the connection where that fails.

        Raise `h11.ProtocolError` and what the stream raises.
        """
        try:
            sent = self._parser.send(request) or b""
            sent += (self._parser.send(h11.Data(data=body)) or b"") if body else b""
            self._parser.send(h11.EndOfMessage())
            # A server may answer and go before it has read everything; what it said shows when it is read.
            with suppress(httpcore.WriteError):
                self._stream.write(sent, READ_SECONDS)
            return self._head()
        except BaseException:
            self.close()
            raise

    def _head(self) -> h11.Response:
        for _ in range(_MOST_HINTS + 1):
            event = self._next_event()
            if isinstance(event, h11.Response):
                return event
        raise h11.RemoteProtocolError("the server sent hints and no answer")

    def body(self) -> Iterator[bytes]:
        """Yield the body of the answer as it comes; raises like `ask`."""
        while isinstance(event := self._next_event(), h11.Data):
            yield bytes(event.data)

    def settle(self) -> bool:
        """Make ready for the next request, or close where the answer was not read to its end, or was the last one.

        Return whether it is ready.
        """
        is_ready = self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE
        if is_ready:
            self._parser.start_next_cycle()
            self._idle_since = time.monotonic()
        else:
            self.close()
        return is_ready

    def hold_to(self, backend: GuardedBackend) -> None:
        """Hold every operation to the deadline of the worker that has it now."""
        self._stream.hold_to(backend)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _next_event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            content = self._stream.read(_READ_SIZE, READ_SECONDS)
            if not content and self._parser.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError("the server closed the connection without an answer")
            self._parser.receive_data(content)
        return event


class IdleConnections:
    """The connections that no worker uses at the moment; whoever takes one has it alone (SEC-17).

    All workers share them, so that no host has more of them than it had requests at one time (RATE-11).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The one that was used last stands last.
        self._connections: list[tuple[Hashable, KeptConnection]] = []

    def take(self, way: Hashable) -> KeptConnection | None:
        """Return a connection of this way that may be used again, if there is one."""
        while (connection := self._remove(way)) is not None:
            if connection.is_usable:
                return connection
            connection.close()
        return None

    def put(self, way: Hashable, connection: KeptConnection) -> None:
        """Keep a connection that is ready for the next request; where there are too many, close the oldest."""
        with self._lock:
            self._connections.append((way, connection))
            oldest = self._connections.pop(0)[1] if len(self._connections) > MOST_IDLE else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            connections, self._connections = self._connections, []
        for _, connection in connections:
            connection.close()

    def _remove(self, way: Hashable) -> KeptConnection | None:
        with self._lock:
            for index in range(len(self._connections) - 1, -1, -1):
                if self._connections[index][0] == way:
                    return self._connections.pop(index)[1]
        return None
