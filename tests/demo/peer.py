"""A plain HTTP client for the tests of the demo registry."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Mapping
from contextlib import closing

from pinner.demo.registry import DemoRegistry
from pinner.oci import media_types

NAME = "library/nginx"
MANIFEST = f"/v2/{NAME}/manifests/1.27"
ACCEPT = {"Accept": media_types.ACCEPT}
Answered = tuple[int, http.client.HTTPMessage, bytes]


def connect(registry: DemoRegistry) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(registry.address, timeout=30)


def send(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] = ACCEPT, *, method: str = "GET"
) -> Answered:
    connection.request(method, path, headers=dict(headers))
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def ask(registry: DemoRegistry, path: str, headers: Mapping[str, str] = ACCEPT, *, method: str = "GET") -> Answered:
    with closing(connect(registry)) as connection:
        return send(connection, path, headers, method=method)


def send_raw(registry: DemoRegistry, content: bytes) -> bytes:
    host, port = registry.address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def error_code(body: bytes) -> str:
    (error,) = json.loads(body)["errors"]
    assert set(error) == {"code", "message", "detail"}
    return str(error["code"])


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def bearer(registry: DemoRegistry, name: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    status, _, body = ask(registry, f"/token?service=demo&scope=repository:{name}:pull", headers or {})
    assert status == 200
    return {**ACCEPT, "Authorization": f"Bearer {json.loads(body)['token']}"}
