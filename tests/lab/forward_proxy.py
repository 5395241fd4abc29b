"""A proxy as companies have them: CONNECT and plain requests, a login if wanted, names that only it can look up."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_END = b"\r\n\r\n"


@dataclass
class ForwardProxy:
    """Leads `host:port` to an address of this machine; whoever is not in `routes` is refused with 502."""

    routes: Mapping[str, str]
    login: str | None = None
    asked: list[str] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _open: set[socket.socket] = field(default_factory=set)

    @property
    def address(self) -> str:
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.add(client)
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _talk(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while _END not in head:
                head += client.recv(65536) or _END
            lines = head.decode("latin-1").split("\r\n")
            if len(lines[0].split()) != 3:
                return
            method, target, _ = lines[0].split()
            self.asked.append(f"{method} {target}")
            host = target if method == "CONNECT" else _authority(target)
            if self.login is not None and f"Proxy-Authorization: Basic {_encoded(self.login)}" not in lines:
                client.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            elif host not in self.routes:
                client.sendall(b"HTTP/1.1 502 Unknown\r\nContent-Length: 0\r\n\r\n")
            else:
                self._relay(client, self.routes[host], b"" if method == "CONNECT" else head)

    def _relay(self, client: socket.socket, place: str, head: bytes) -> None:
        name, _, port = place.rpartition(":")
        with socket.create_connection((name, int(port)), timeout=30) as server:
            self._open.add(server)
            if head:
                server.sendall(head)
            else:
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join(30)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _authority(url: str) -> str:
    host = url.partition("://")[2].partition("/")[0]
    return host if ":" in host else f"{host}:80"


def _encoded(login: str) -> str:
    return base64.b64encode(login.encode()).decode()


@contextmanager
def running_proxy(routes: Mapping[str, str], *, login: str | None = None) -> Iterator[ForwardProxy]:
    """Run a proxy while the block runs."""
    proxy = ForwardProxy(routes, login)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(30)
