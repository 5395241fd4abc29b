"""A registry on loopback, in a process of its own, that answers every HEAD alike: what is measured is the client."""

from __future__ import annotations

import multiprocessing
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 868\r\ncontent-type: application/vnd.oci.image.index.v1+json\r\n"
    b"docker-content-digest: sha256:" + b"a" * 64 + b"\r\ndate: Sat, 21 Nov 2026 09:00:00 GMT\r\n"
    b'etag: "sha256:' + b"a" * 64 + b'"\r\ndocker-distribution-api-version: registry/2.0\r\n\r\n'
)


@contextmanager
def running_registry() -> Iterator[str]:
    """Give the address of the registry while the block runs."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    parent.send(listener.getsockname()[1])
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
            elif isinstance(key.fileobj, socket.socket):
                _answer(selector, key.fileobj)


def _answer(selector: selectors.BaseSelector, connection: socket.socket) -> None:
    """Answer one request; a client that has no other under way sends its head in one piece."""
    with suppress(OSError):
        if connection.recv(65536):
            connection.sendall(ANSWER)
            return
    selector.unregister(connection)
    connection.close()
