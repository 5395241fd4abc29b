"""A registry made of values: httpx asks it through `MockTransport`, and it remembers every request."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from pinner.credentials.base import Login
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference
from pinner.registry.resolver import RegistryResolver

Respond = Callable[[httpx.Request], httpx.Response]
CHILD = Digest.of(b"child")
ATTESTATION = Digest.of(b"attestation")
CONFIG = json.dumps({"os": "linux", "architecture": "arm64", "variant": "v8"}).encode()
INDEX = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [
            {
                "mediaType": media_types.OCI_MANIFEST,
                "digest": str(CHILD),
                "size": 5,
                "platform": {"os": "linux", "architecture": "amd64"},
            },
            {
                "mediaType": media_types.OCI_MANIFEST,
                "digest": str(ATTESTATION),
                "size": 11,
                "platform": {"os": "unknown", "architecture": "unknown"},
            },
        ],
    }
).encode()
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": media_types.DOCKER_MANIFEST,
        "config": {"mediaType": "application/json", "digest": str(Digest.of(CONFIG)), "size": len(CONFIG)},
        "layers": [],
    }
).encode()


class StillEvent(threading.Event):
    """An event whose `wait` writes down the pause and does not pause."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        return self.is_set()


@dataclass
class Seen:
    method: str
    url: str
    host: str
    path: str
    query: dict[str, str]
    authorization: str | None
    headers: httpx.Headers
    body: bytes


@dataclass
class World:
    """Hosts by authority; whoever is not in it cannot be connected to."""

    hosts: dict[str, Respond] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    stop: StillEvent = field(default_factory=StillEvent)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: httpx.Request) -> httpx.Response:
        host = request.url.netloc.decode()
        with self.lock:
            self.seen.append(
                Seen(
                    method=request.method,
                    url=str(request.url),
                    host=host,
                    path=request.url.path,
                    query=dict(request.url.params),
                    authorization=request.headers.get("authorization"),
                    headers=request.headers,
                    body=request.content,
                )
            )
        if host not in self.hosts:
            raise httpx.ConnectError("refused")
        answer = self.hosts[host](request)
        # A body that is still to be read, as it comes from a socket.
        assert isinstance(answer.stream, httpx.SyncByteStream)
        stream = httpx.ByteStream(b"" if request.method == "HEAD" else b"".join(answer.stream))
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

    def resolver(self, **settings: Any) -> RegistryResolver:
        settings.setdefault("stop", self.stop)
        return RegistryResolver(transport_factory=lambda: httpx.MockTransport(self.respond), **settings)

    def count(self, method: str, host: str | None = None) -> int:
        return sum(1 for one in self.seen if one.method == method and host in {None, one.host})


def image(content: bytes = INDEX, media_type: str | None = None, **headers: str) -> httpx.Response:
    """Answer with a document, as a good registry does; an empty header is left out."""
    given = {
        "content-type": media_type or json.loads(content)["mediaType"],
        "docker-content-digest": str(Digest.of(content)),
        "content-length": str(len(content)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    headers = {name: value for name, value in given.items() if value}
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))


def failure(status: int, code: str = "UNKNOWN", message: str = "no", **headers: str) -> httpx.Response:
    body = {"errors": [{"code": code, "message": message}]}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def open_registry(*documents: bytes) -> Respond:
    """A registry that serves every tag as the first document, and each document by its digest."""
    stored = {str(Digest.of(one)): one for one in documents or (INDEX,)}
    first = next(iter(stored.values()))

    def respond(request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        if "/blobs/" in request.url.path:
            return httpx.Response(200, content=CONFIG)
        if what == "missing":
            return failure(404, "MANIFEST_UNKNOWN")
        content = stored.get(what, first)
        return image(content)

    return respond


def token_registry(
    host: str = "registry.example", *, realm: str | None = None, inside: Respond | None = None
) -> Respond:
    """A registry that wants a bearer token for each repository, with its token server at `/token`."""
    serve = inside or open_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": f"t-{request.url.params.get('scope')}", "expires_in": 300})
        repository = re.sub(r"/(manifests|blobs|tags|referrers)/.*", "", request.url.path.removeprefix("/v2/"))
        scope = f"repository:{repository}:pull"
        if request.headers.get("authorization") == f"Bearer t-{scope}":
            return serve(request)
        challenge = f'Bearer realm="{realm or f"https://{host}/token"}",service="svc",scope="{scope}"'
        return failure(401, "UNAUTHORIZED", www_authenticate=challenge)

    return respond


@dataclass
class Keyring:
    """A credential source of values that remembers what it was asked."""

    logins: dict[str, Login] = field(default_factory=dict)
    names: tuple[str, ...] = ("keyring",)
    warnings: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        self.asked.append(registry)
        return self.logins.get(registry)


def references(*texts: str) -> list[Reference]:
    return [Reference.parse(text) for text in texts]
