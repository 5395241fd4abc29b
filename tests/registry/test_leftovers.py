"""Bytes after an answer: they must never become the answer to the next question."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import cast

import h11
import pytest
from httpcore._backends.sync import TLSinTLSStream

from pinner.oci.digest import Digest
from pinner.registry.connections import Addresses, DeadlineStream, GuardedBackend, Route
from pinner.registry.kept import KEEPALIVE_SECONDS, IdleConnections, KeptConnection
from pinner.registry.resolver import RegistryResolver
from pinner.registry.trust import Trust
from pinner.resolution import Resolution, Resolved
from tests.registry.fakes import INDEX, MANIFEST, references
from tests.registry.server import Server, reply, serving
from tests.registry.test_transport import CERTIFICATES, server_tls

TYPE = "application/vnd.oci.image.index.v1+json"
OTHER = INDEX.replace(b"amd64", b"arm64")
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def answer(content: bytes) -> bytes:
    return reply(200, content, docker_content_digest=str(Digest.of(content)), content_type=TYPE)


def head_of(content: bytes) -> bytes:
    return answer(content).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def chunked(content: bytes) -> bytes:
    head = head_of(content).replace(b"content-length: %d" % len(content), b"transfer-encoding: chunked")
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)


def digests(server: Server, verb: str) -> list[str]:
    with RegistryResolver(jobs=1) as resolver:
        ask: Callable[..., tuple[Resolution, ...]] = getattr(resolver, verb)
        results = ask(references(*(f"{server.host}/app{number}:1" for number in range(6))))
    assert all(isinstance(one, Resolved) for one in results)
    return [str(one.descriptor.digest) for one in results if isinstance(one, Resolved)]


@pytest.mark.enable_socket
@pytest.mark.parametrize("verb", ["look_up", "describe"])
@pytest.mark.parametrize(
    "leftover",
    [
        pytest.param(answer(OTHER), id="a whole answer"),
        pytest.param(head_of(OTHER), id="an answer to HEAD"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"x", id="one byte"),
    ],
)
@pytest.mark.parametrize("framed", [answer, chunked])
def test_bytes_after_an_answer_are_no_answer(  # SEC-17
    verb: str, leftover: bytes, framed: Callable[[bytes], bytes]
) -> None:
    def serve(connection: socket.socket, head: str, _number: int) -> None:
        connection.sendall((head_of(INDEX) if head.startswith("HEAD") else framed(INDEX)) + leftover)

    with serving(serve) as server:
        assert digests(server, verb) == [str(Digest.of(INDEX))] * 6
        assert (server.connections, len(server.heads)) == (6, 6)


@pytest.mark.enable_socket
@pytest.mark.parametrize("framed", [pytest.param(answer, id="by length"), pytest.param(chunked, id="in chunks")])
def test_a_connection_without_leftovers_is_kept(framed: Callable[[bytes], bytes]) -> None:  # RATE-11
    with serving(lambda connection, _head, _number: connection.sendall(framed(INDEX))) as server:
        assert digests(server, "describe") == [str(Digest.of(INDEX))] * 6
        assert (server.connections, len(server.heads)) == (1, 6)


@pytest.mark.enable_socket
def test_a_head_that_is_answered_with_a_body_costs_its_connection() -> None:  # SEC-17
    with serving(lambda connection, _head, _number: connection.sendall(answer(INDEX))) as server:
        assert digests(server, "look_up") == [str(Digest.of(INDEX))] * 6
        assert server.connections == 6


class Pieces:
    """A stream from which each piece is read by itself."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def write(self, _content: bytes, _timeout: float) -> None: ...

    def read(self, _size: int, _timeout: float) -> bytes:
        return self.pieces.pop(0)

    def close(self) -> None: ...

    @property
    def is_readable(self) -> bool:
        return bool(self.pieces)


@pytest.mark.parametrize(
    ("method", "pieces", "is_usable"),
    [
        pytest.param("GET", [answer(MANIFEST)], True, id="a body by length"),
        pytest.param("GET", [chunked(MANIFEST)[:-3], b"\n\r\n"], True, id="chunks in pieces"),
        pytest.param("GET", [chunked(MANIFEST) + b"0"], False, id="after the last chunk"),
        pytest.param("GET", [chunked(MANIFEST), b"0"], False, id="after the last chunk, later"),
        pytest.param("GET", [b"HTTP/1.1 204 No\r\n\r\nbody"], False, id="a body after 204"),
        pytest.param("HEAD", [b"HTTP/1.1 103 Early\r\n\r\n", head_of(INDEX)], True, id="a hint before"),
        pytest.param("HEAD", [head_of(INDEX) + b"x"], False, id="a byte after HEAD"),
        pytest.param(
            "HEAD", [head_of(INDEX).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")], False, id="the last"
        ),
    ],
)
def test_a_connection_is_used_again_where_nothing_came_after_an_answer(  # SEC-17, RATE-11
    method: str, pieces: list[bytes], *, is_usable: bool
) -> None:
    connection = KeptConnection(cast("DeadlineStream", Pieces(pieces)))
    connection.ask(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    content = b"".join(connection.body())
    assert content in {b"", MANIFEST}
    connection.settle()
    assert connection.is_usable is is_usable


@pytest.mark.parametrize("pieces", [[HINT] * 20, [HINT * 20]])
def test_hints_before_an_answer_are_passed_over(pieces: list[bytes]) -> None:  # SEC-17
    connection = KeptConnection(cast("DeadlineStream", Pieces([*pieces, answer(MANIFEST)])))
    head = connection.ask(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    assert (head.status_code, b"".join(connection.body())) == (200, MANIFEST)


@pytest.mark.parametrize("pieces", [[HINT] * 21, [HINT * 21]])
def test_hints_without_end_are_no_answer(pieces: list[bytes]) -> None:  # SEC-17
    connection = KeptConnection(cast("DeadlineStream", Pieces([*pieces, answer(MANIFEST)])))
    with pytest.raises(h11.RemoteProtocolError, match="hints and no answer"):
        connection.ask(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    assert not connection.is_usable


@pytest.mark.enable_socket
@pytest.mark.parametrize("is_more", [False, True])
def test_what_came_after_an_answer_within_two_layers_of_tls_is_seen(*, is_more: bool) -> None:  # SEC-17
    """Behind a proxy that is spoken to over TLS, all that has come is taken from the socket at once."""
    ours, theirs = socket.socketpair()
    said, gone = threading.Event(), threading.Event()

    class Late(DeadlineStream):
        def read(self, size: int, timeout: float) -> bytes:
            assert said.wait(60)
            return super().read(size, timeout)

    def serve() -> None:
        with server_tls().wrap_socket(theirs, server_side=True) as server:
            server.recv(65536)
            server.sendall(answer(MANIFEST))
            if is_more:
                server.sendall(answer(OTHER))
            said.set()
            gone.wait(60)

    serving_one = threading.Thread(target=serve)
    serving_one.start()
    try:
        backend = GuardedBackend(Addresses())
        backend.begin(Route(trust=Trust(), reach=None, deadline=time.monotonic() + 60), is_proxied=True)
        context = ssl.create_default_context(cafile=CERTIFICATES / "ca.pem")
        connection = KeptConnection(Late(TLSinTLSStream(ours, context, "localhost", 60), backend))
        connection.ask(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        assert b"".join(connection.body()) == MANIFEST
        connection.settle()
        assert connection.is_usable is not is_more
        connection.close()
    finally:
        gone.set()
        serving_one.join(60)


def test_a_connection_is_taken_by_one_and_only_for_its_own_way() -> None:  # SEC-17, RATE-11
    idle = IdleConnections()
    connection = KeptConnection(cast("DeadlineStream", Pieces([])))
    idle.put("a", connection)
    assert idle.take("b") is None
    assert idle.take("a") is connection
    assert idle.take("a") is None


def test_a_connection_is_not_used_again_before_its_answer_was_read() -> None:  # SEC-17
    connection = KeptConnection(cast("DeadlineStream", Pieces([answer(MANIFEST)])))
    connection.ask(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    assert not connection.is_usable
    connection.settle()
    assert not connection.is_usable


def test_a_connection_that_has_been_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = KeptConnection(cast("DeadlineStream", Pieces([])))
    assert connection.is_usable
    later = time.monotonic() + KEEPALIVE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not connection.is_usable
