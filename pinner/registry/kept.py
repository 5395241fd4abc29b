"""One HTTP/1.1 connection: requests one after the other, and h11 to say where each answer ends.

Whatever came besides an answer would be taken for the next one, so such a connection is never used again (SEC-17).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import h11
import httpcore

from pinner.registry.connections import DeadlineStream

READ_SECONDS: Final = 15.0
KEEPALIVE_SECONDS: Final = 15.0
_LONGEST_HEAD: Final = 100 * 1024
_READ_SIZE: Final = 64 * 1024


class KeptConnection:
    """A connection of one worker to a host, or through a proxy to it."""

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
            while not isinstance(event := self._next_event(), h11.Response):
                pass  # hints before the answer
        except BaseException:
            self.close()
            raise
        return event

    def body(self) -> Iterator[bytes]:
        """Yield the body of the answer as it comes; raises like `ask`."""
        while isinstance(event := self._next_event(), h11.Data):
            yield bytes(event.data)

    def settle(self) -> None:
        """Make ready for the next request; close where the answer was not read to its end, or was the last one."""
        if self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE:
            self._parser.start_next_cycle()
            self._idle_since = time.monotonic()
        else:
            self.close()

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
