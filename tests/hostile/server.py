"""An origin that does what a script says, byte by byte, and remembers every byte that it was sent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.hostile.sentinel import is_in

Script = Callable[["Talk"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came."""

    head: bytes
    body: bytes = b""
    connection: int

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}


class Talk:
    """One request and the connection that waits for its answer."""

    def __init__(self, request: Request, connection: socket.socket, closing: threading.Event) -> None:
        self.request = request
        self._connection = connection
        self._closing = closing
        self.is_over = False

    def send(self, content: bytes) -> None:
        self._connection.sendall(content)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the test."""
        if self._closing.wait(seconds):
            raise ConnectionAbortedError

    def hang_up(self) -> None:
        self.is_over = True

    def wait(self) -> None:
        """Say nothing until the other side goes away."""
        with suppress(OSError):
            while self._connection.recv(4096):
                pass
        self.is_over = True


@dataclass
class Origin:
    """A listening address; `routes` maps paths to scripts, and `*` answers for all others."""

    routes: dict[str, Script] = field(default_factory=dict)
    name: str = "127.0.0.1"
    address: str = "127.0.0.1"
    context: ssl.SSLContext | None = None
    greeting: bytes = b""

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, 0), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.received = bytearray()
        self.requests: list[Request] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def authority(self) -> str:
        return f"{f'[{self.name}]' if ':' in self.name else self.name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'http' if self.context is None else 'https'}://{self.authority}"

    @property
    def has_a_secret(self) -> bool:
        """Whether a secret came here, in the request line, a header or a body."""
        return is_in(bytes(self.received))

    @property
    def is_untouched(self) -> bool:
        return not self.connections and not self.received

    def paths(self) -> list[str]:
        return [one.path for one in self.requests]

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._talk, args=(connection, self.connections), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, plain: socket.socket, number: int) -> None:
        connection = plain
        self._keep(plain)
        with suppress(OSError):
            if self.context is not None:
                connection = self.context.wrap_socket(plain, server_side=True)
                self._keep(connection)
            if self.greeting:
                connection.sendall(self.greeting)
            is_over = False
            while not is_over:
                talk = Talk(self._read(connection, number), connection, self._closing)
                self.routes.get(talk.request.path, self.routes.get("*", _nothing))(talk)
                is_over = talk.is_over
        with suppress(OSError):
            connection.close()

    def _read(self, connection: socket.socket, number: int) -> Request:
        content = b""
        while b"\r\n\r\n" not in content:
            content += self._receive(connection)
        head, _, body = content.partition(b"\r\n\r\n")
        request = Request(head=head, connection=number)
        length = int(request.headers.get("content-length", "0"))
        while len(body) < length:
            body += self._receive(connection)
        request = Request(head=head, body=body, connection=number)
        with self._lock:
            self.requests.append(request)
        return request

    def _receive(self, connection: socket.socket) -> bytes:
        content = connection.recv(65536)
        with self._lock:
            self.received += content
        if not content:
            raise ConnectionResetError
        return content

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            open_now = tuple(self._open)
        for one in (self._listener, *open_now):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _nothing(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def origins(*wanted: Origin) -> Iterator[tuple[Origin, ...]]:
    """Close these origins after the block."""
    try:
        yield wanted
    finally:
        for one in wanted:
            one.close()


def says(content: bytes) -> Script:
    """Answer with these bytes."""
    return lambda talk: talk.send(content)


def in_turn(*scripts: Script) -> Script:
    """Answer the first request by the first script, and so on; the last one stays."""
    left = list(scripts)

    def script(talk: Talk) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(talk)

    return script


def by_method(scripts: Mapping[str, Script]) -> Script:
    """Answer each method by its own script."""
    return lambda talk: scripts[talk.request.method](talk)
