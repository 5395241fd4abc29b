"""The HTTP edge of the demo registry: a threaded HTTP/1.1 server with keep-alive on loopback.

It must never listen on any other address, never write to the terminal, and never leave a connection open.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Condition, Thread
from typing import Any, Final

from pinner.demo.answers import Answer, answer_error

LOOPBACK: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.02
_CLOSING_SECONDS: Final = 5.0
_IDLE_SECONDS: Final = 60.0
_LARGEST_BODY: Final = 65536

# Takes a method, a request target and headers.
Respond = Callable[[str, str, Message], Answer]


class LoopbackServer(ThreadingHTTPServer):
    """Serves `respond` on 127.0.0.1 and a free port, one daemon thread a connection.

    `crashes` collects exceptions that a request handler did not expect; broken connections are none.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.crashes: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__((LOOPBACK, 0), _Exchange)

    @property
    def address(self) -> str:
        """The `host:port` it listens on."""
        return f"{LOOPBACK}:{self.server_port}"

    def start(self) -> None:
        """Serve in the background."""
        Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="pinner-demo-registry", daemon=True).start()

    def stop(self) -> None:
        """Stop listening and close every connection, idle ones too."""
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _CLOSING_SECONDS)

    def server_bind(self) -> None:
        """Bind without the reverse look-up that HTTPServer does, which waits for a name server."""
        TCPServer.server_bind(self)
        self.server_name = LOOPBACK
        self.server_port = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature of socketserver
        """Keep what went wrong, in place of a traceback on the terminal."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.crashes.append(error)


class _Exchange(BaseHTTPRequestHandler):
    """Turns one connection's requests into calls of `respond`."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    # A request line without a version is answered with a status line, too.
    default_request_version = "HTTP/1.0"
    server_version = "pinner-demo"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Header and body leave in one packet: two would wait for each other's acknowledgement (Nagle), 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._drain()
        self._send(self.server.respond(self.command, self.path, self.headers))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - names of http.server

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the signature of http.server
        """Answer a request that could not be read, as a registry would."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self.close_connection = True
        self._send(answer_error(status, status.phrase.lower()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Say nothing: the terminal belongs to the story."""

    def _drain(self) -> None:
        """Take a body off the connection, so that it is not read as the next request; then close."""
        if "Content-Length" not in self.headers and "Transfer-Encoding" not in self.headers:
            return
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit():
            self.rfile.read(min(int(length[:9]), _LARGEST_BODY))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
