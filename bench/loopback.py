"""A registry on loopback, in a process of its own, with one index under every name: what is measured is the client."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

_TYPE = "application/vnd.oci.image.index.v1+json"
BODY = json.dumps({"schemaVersion": 2, "mediaType": _TYPE, "manifests": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
_HEAD = (
    f"HTTP/1.1 200 OK\r\ncontent-length: {len(BODY)}\r\ncontent-type: {_TYPE}\r\n"
    f'docker-content-digest: {DIGEST}\r\ndate: Sat, 21 Nov 2026 09:00:00 GMT\r\netag: "{DIGEST}"\r\n'
    "docker-distribution-api-version: registry/2.0\r\n\r\n"
).encode()


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
        if asked := connection.recv(65536):
            connection.sendall(_HEAD if asked.startswith(b"HEAD ") else _HEAD + BODY)
            return
    selector.unregister(connection)
    connection.close()
