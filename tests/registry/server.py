"""A tiny HTTP server on loopback whose answers are raw bytes, for what no mock can show: sockets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Serve = Callable[[socket.socket, str, int], None]


class Server:
    """Calls `serve(connection, request head, number of the connection)` for every request of every connection."""

    def __init__(self, serve: Serve, context: ssl.SSLContext | None = None, greeting: bytes = b"") -> None:
        self._serve = serve
        self._context = context
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heads: list[str] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._talk, args=(connection, self.connections), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        self._keep(connection)
        try:
            if self._greeting:
                connection.sendall(self._greeting)
            if self._context is not None:
                plain, connection = connection, self._context.wrap_socket(connection, server_side=True)
                self._open.discard(plain)
                self._keep(connection)
            while head := _read_head(connection):
                self.heads.append(head)
                self._serve(connection, head, number)
        except OSError:
            pass
        finally:
            connection.close()

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def close(self) -> None:
        with self._lock:
            open_now = tuple(self._open)
        for one in (self._listener, *open_now):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _read_head(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk:
            return ""
        head += chunk
    return head.decode()


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def drip(connection: socket.socket, content: bytes, pause: float = 0.02) -> None:
    """Send a byte now and then, until the other side goes away."""
    for byte in content:
        connection.sendall(bytes([byte]))
        time.sleep(pause)


def say_nothing(connection: socket.socket, _head: str, _number: int) -> None:
    """Wait until the other side goes away."""
    connection.recv(1)


@contextmanager
def serving(serve: Serve, context: ssl.SSLContext | None = None, greeting: bytes = b"") -> Iterator[Server]:
    server = Server(serve, context, greeting)
    try:
        yield server
    finally:
        server.close()
