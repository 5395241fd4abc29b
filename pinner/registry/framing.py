"""Where one HTTP/1.1 answer ends on its connection: bytes after that end would be taken for the next answer (SEC-17).

h11 reads here a second time what it reads within httpcore, so that both agree on every byte.
"""

from __future__ import annotations

import h11

_ENDS = (h11.NEED_DATA, h11.PAUSED)


class Framing:
    """Follows the answer to one request, of which it is given the first bytes that were written."""

    def __init__(self, request: bytes) -> None:
        self._parser = h11.Connection(our_role=h11.CLIENT)
        self._is_lost = False
        # Of a request, only its method says how long the answer is (RFC 9112, section 6.3).
        method = request.partition(b" ")[0]
        self._parser.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"host")]))
        self._parser.send(h11.EndOfMessage())

    def feed(self, content: bytes) -> None:
        """Go on with what was read from the connection."""
        if self._is_lost or not content:
            return
        try:
            self._parser.receive_data(content)
            while self._parser.next_event() not in _ENDS:
                pass
        except h11.RemoteProtocolError:
            self._is_lost = True

    @property
    def has_more(self) -> bool:
        """Whether more than the answer came, or something that is none."""
        return self._is_lost or bool(self._parser.trailing_data[0])
