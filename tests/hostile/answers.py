"""Answers as bytes: what a good registry and a good token server say, to be bent by the tests."""

from __future__ import annotations

import json
from typing import Final

from pinner.oci.digest import Digest
from tests.hostile.server import Script, Talk
from tests.registry.fakes import INDEX

TYPE: Final = "application/vnd.oci.image.index.v1+json"
DIGEST: Final = str(Digest.of(INDEX))
OTHER: Final = INDEX.replace(b"amd64", b"riscv")
OTHER_DIGEST: Final = str(Digest.of(OTHER))
REASONS: Final = {200: "OK", 204: "No Content", 302: "Found", 401: "Unauthorized", 404: "Not Found"}


def head(status: int = 200, *lines: str | bytes) -> bytes:
    """Return a status line and header lines, with the empty line after them."""
    encoded = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return b"\r\n".join([f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}".encode(), *encoded, b"", b""])


def reply(status: int = 200, body: bytes = b"", *lines: str | bytes) -> bytes:
    """Return an answer whose length is told."""
    return head(status, f"Content-Length: {len(body)}", *lines) + body


def image(content: bytes = INDEX, *lines: str | bytes, digest: str | None = None) -> bytes:
    """Return the answer to a GET for a manifest."""
    described = f"Docker-Content-Digest: {digest or Digest.of(content)}"
    return reply(200, content, f"Content-Type: {TYPE}", described, *lines)


def without_body(answer: bytes) -> bytes:
    """Return the answer that HEAD gets."""
    return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def chunked(content: bytes = INDEX, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return the answer to a GET, in one chunk."""
    start = head(200, f"Content-Type: {TYPE}", f"Docker-Content-Digest: {DIGEST}", "Transfer-Encoding: chunked")
    return start + b"%x%b\r\n%b\r\n0%b\r\n%b\r\n" % (len(content), extension, content, extension, trailer)


def serve(content: bytes = INDEX, *lines: str | bytes) -> Script:
    """Answer HEAD and GET for every manifest, as a good registry does."""
    answer = image(content, *lines)
    return lambda talk: talk.send(without_body(answer) if talk.request.method == "HEAD" else answer)


def redirect(location: str | bytes, status: int = 307, *more: str | bytes) -> bytes:
    """Return a redirect."""
    return reply(status, b"", b"Location: " + (location if isinstance(location, bytes) else location.encode()), *more)


def refuse(challenge: str | bytes, status: int = 401, body: bytes = b"") -> bytes:
    """Return a refusal that says what to show."""
    line = challenge if isinstance(challenge, bytes) else challenge.encode()
    return reply(status, body, b"WWW-Authenticate: " + line)


def guarded(challenge: str | bytes, wanted: str, inside: Script) -> Script:
    """Answer 401 with a challenge to whoever does not show `wanted`."""

    def script(talk: Talk) -> None:
        if talk.request.headers.get("authorization") == wanted:
            inside(talk)
        else:
            answer = refuse(challenge)
            talk.send(without_body(answer) if talk.request.method == "HEAD" else answer)

    return script


def token(value: str, **more: object) -> bytes:
    """Return a token server's answer."""
    return reply(200, json.dumps({"token": value, "expires_in": 300} | more).encode())


def bearer(realm: str) -> str:
    """Return the challenge that names a token server."""
    return f'Bearer realm="{realm}",service="svc",scope="repository:app:pull"'


def failure(status: int, message: str) -> bytes:
    """Return an error document of the distribution specification."""
    return reply(status, json.dumps({"errors": [{"code": "DENIED", "message": message}]}).encode())
