"""A token server for docker-registry (distribution, token.md and oauth.md): JWTs signed by the `openssl` program.

The key is made for one run of the tests and never leaves their temporary folder.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.hostile.sentinel import SENTINEL
from tests.lab.certificates import make_certificate, openssl

USER: Final = "alice"
PASSWORD: Final = "s3cret:with:colon"
IDENTITY_TOKEN: Final = SENTINEL
SERVICE: Final = "lab.registry"
PUBLIC: Final = "public/"
_ISSUER: Final = "lab-issuer"
_LIFETIME: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a token: `user` is empty for anonymous ones, `status` is the answer."""

    method: str
    user: str
    scopes: tuple[str, ...]
    status: int


class Signer:
    """Signs with a key of its own; signing starts a process, so tokens are kept by what they allow."""

    def __init__(self, folder: Path) -> None:
        self._key, self.certificate = make_certificate(folder, _ISSUER)
        self._chain = base64.b64encode(PEM_cert_to_DER_cert(self.certificate.read_text(encoding="ascii"))).decode()
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], str] = {}

    def token(self, user: str, access: list[dict[str, object]]) -> str:
        """Return a token that is valid for five minutes."""
        key = (user, json.dumps(access))
        with self._lock:
            if key not in self._tokens:
                self._tokens[key] = self._sign(user, access)
            return self._tokens[key]

    def _sign(self, user: str, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [self._chain]}
        claims = {
            "iss": _ISSUER,
            "sub": user,
            "aud": SERVICE,
            "jti": f"{user}-{len(self._tokens)}",
            "iat": now,
            "nbf": now - 5,
            "exp": now + 10 * _LIFETIME,
            "access": access,
        }
        body = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
        signature = openssl("dgst", "-sha256", "-sign", str(self._key), content=body.encode())
        return f"{body}.{_encode(signature)}"


class TokenServer(ThreadingHTTPServer):
    """Knows one user, who may pull everything; others get tokens for `public/` only, like on Docker Hub."""

    daemon_threads = True

    def __init__(self, signer: Signer) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.signer = signer
        self.asked: list[Asked] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def realm(self) -> str:
        return f"http://{self.address}/token"

    def auth(self) -> dict[str, object]:
        """Return the section of a registry's settings that sends clients here."""
        token = {"realm": self.realm, "service": SERVICE, "issuer": _ISSUER}
        return {"token": {**token, "rootcertbundle": str(self.signer.certificate)}}


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TokenServer

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name of the standard library
        """Say nothing; `asked` is the log."""

    def do_GET(self) -> None:
        parameters = parse_qs(urlsplit(self.path).query)
        scopes = tuple(parameters.get("scope", []))
        login = self.headers.get("Authorization", "")
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if login and login != f"Basic {expected}":
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}, "?", scopes)
            return
        self._grant("token", USER if login else "", scopes)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        scopes = tuple(" ".join(form.get("scope", [])).split())
        if form.get("grant_type") == ["refresh_token"] and form.get("refresh_token") == [IDENTITY_TOKEN]:
            self._grant("access_token", USER, scopes)
            return
        self._answer(401, {"error": "invalid_grant"}, "?", scopes)

    def _grant(self, field: str, user: str, scopes: tuple[str, ...]) -> None:
        access: list[dict[str, object]] = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            if user or name.startswith(PUBLIC):
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
        token = self.server.signer.token(user, access)
        self._answer(200, {field: token, "expires_in": _LIFETIME}, user, scopes)

    def _answer(self, status: int, document: object, user: str, scopes: tuple[str, ...]) -> None:
        self.server.asked.append(Asked(method=self.command, user=user, scopes=scopes, status=status))
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def running_token_server(signer: Signer) -> Iterator[TokenServer]:
    """Run a token server while the block runs."""
    with TokenServer(signer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
