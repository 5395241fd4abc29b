"""An OCI registry in memory on loopback: what `pinner demo` shows pinner at work on, and a real peer for tests.

It serves the pull half of the distribution specification with Docker's token authentication, and it must never be
reachable from another machine.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from http import HTTPStatus
from threading import Lock
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs

from pinner.demo.answers import Answer, Target, accepts, answer_error, answer_json, is_repository, read_target
from pinner.demo.images import PLATFORMS, Document, Recipe, build_image
from pinner.demo.server import LoopbackServer
from pinner.demo.tokens import Access, TokenIssuer, basic_challenge, bearer_challenge, is_private
from pinner.errors import NotFoundError
from pinner.oci.digest import Digest
from pinner.oci.reference import is_tag

_VERSION: Final = {"Docker-Distribution-Api-Version": "registry/2.0"}
_TOKEN_FAULTS: Final = ("", "token")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered: `path` without the query; `authorized` means that it brought valid credentials."""

    method: str
    path: str
    authorized: bool
    query: str = ""


@dataclass(slots=True)
class _Repository:
    """What one repository holds; blobs are not shared, so that private ones stay private."""

    recipes: dict[str, Recipe] = field(default_factory=dict)
    tags: dict[str, Digest] = field(default_factory=dict)
    manifests: dict[Digest, Document] = field(default_factory=dict)
    blobs: dict[Digest, bytes] = field(default_factory=dict)


class DemoRegistry:
    """A registry that lives as long as its `with` block.

    `users` maps names to passwords (one user `demo` with a random password by default); repositories below `private/`
    need one of them. Without `token_auth` public repositories need nothing and private ones Basic credentials.
    `token_lifetime` is in seconds. `requests` is the log, in the order of the answers.
    """

    def __init__(
        self, *, token_auth: bool = True, users: Mapping[str, str] | None = None, token_lifetime: int = 300
    ) -> None:
        self.users = dict(users) if users is not None else {"demo": secrets.token_urlsafe()}
        self.requests: list[Request] = []
        self._token_auth = token_auth
        self._tokens = TokenIssuer(self.users, lifetime=token_lifetime)
        self._repositories: dict[str, _Repository] = {}
        self._faults: dict[tuple[str, str], deque[Answer]] = {}
        self._lock = Lock()
        self._server: LoopbackServer | None = None

    def __enter__(self) -> Self:
        self._server = LoopbackServer(self.answer)
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.stop()

    @property
    def _running(self) -> LoopbackServer:
        if self._server is None:
            message = "the demo registry runs only inside its with block"
            raise RuntimeError(message)
        return self._server

    @property
    def address(self) -> str:
        """The `host:port` to write into a reference."""
        return self._running.address

    @property
    def url(self) -> str:
        """The base URL, without a final slash."""
        return f"http://{self.address}"

    @property
    def crashes(self) -> list[BaseException]:
        """Exceptions that answering raised; always empty unless the registry has a bug."""
        return self._running.crashes

    def push_image(  # noqa: PLR0913 - every flag is a shape that real images have
        self,
        name: str,
        tag: str,
        *,
        marker: str,
        platforms: tuple[str, ...] = PLATFORMS,
        index: bool = True,
        docker: bool = False,
        attestation: bool = False,
    ) -> Digest:
        """Store an image under a tag, moving it if it exists, and return the digest the tag now has.

        The flags are those of `Recipe`. Raise `ValueError` for a name or tag outside the grammar.
        """
        if not is_repository(name) or not is_tag(tag):
            message = f"{name}:{tag} is no name and tag"
            raise ValueError(message)
        recipe = Recipe(marker=marker, platforms=platforms, index=index, docker=docker, attestation=attestation)
        return self._push(name, tag, recipe)

    def move_tag(self, name: str, tag: str, *, marker: str) -> Digest:
        """Push the same kind of image with another marker; the old digest stays. Raise `NotFoundError`."""
        repository = self._repositories.get(name)
        if repository is None or tag not in repository.recipes:
            message = f"{name}:{tag} was never pushed"
            raise NotFoundError(message)
        return self._push(name, tag, replace(repository.recipes[tag], marker=marker))

    def fail(
        self,
        name: str,
        reference: str,
        *,
        status: int = 503,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        """Answer the next `times` authorized requests for a manifest, blob or `tags/list` with a fault.

        The body is an error as the specification shapes it unless one is given. Faults of one place queue up.
        """
        self._add_fault((name, reference), status, times, headers=headers, body=body)

    def fail_tokens(
        self, *, status: int = 503, times: int = 1, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> None:
        """Answer the next `times` requests for a token with a fault."""
        self._add_fault(_TOKEN_FAULTS, status, times, headers=headers, body=body)

    def revoke_tokens(self) -> None:
        """Forget every token, as if all had expired."""
        self._tokens.revoke_all()

    def answer(self, method: str, target: str, headers: Message) -> Answer:
        """Answer one request and log it."""
        path, _, query = target.partition("?")
        if method not in {"GET", "HEAD"}:
            allow = {"Allow": "GET, HEAD"}
            answer, authorized = answer_error(HTTPStatus.METHOD_NOT_ALLOWED, "read only", headers=allow), False
        elif path == "/token":
            answer, authorized = self._answer_token(query, headers)
        elif path in {"/v2", "/v2/"}:
            answer, authorized = self._answer_version(headers)
        else:
            answer, authorized = self._answer_content(read_target(path), headers)
        self.requests.append(Request(method, path, authorized, query))
        return replace(answer, headers={**_VERSION, **answer.headers})

    def _push(self, name: str, tag: str, recipe: Recipe) -> Digest:
        image = build_image(recipe)
        with self._lock:
            repository = self._repositories.setdefault(name, _Repository())
            repository.blobs.update((Digest.of(blob), blob) for blob in image.blobs)
            repository.manifests.update((one.digest, one) for one in (*image.children, image.top))
            repository.recipes[tag] = recipe
            repository.tags[tag] = image.top.digest
        return image.top.digest

    def _add_fault(
        self, place: tuple[str, str], status: int, times: int, *, headers: Mapping[str, str] | None, body: bytes | None
    ) -> None:
        answer = answer_error(status, "a fault that was asked for", headers=headers)
        if body is not None:
            answer = Answer(status=status, headers=headers or {}, body=body)
        with self._lock:
            self._faults.setdefault(place, deque()).extend([answer] * times)

    def _take_fault(self, place: tuple[str, str]) -> Answer | None:
        with self._lock:
            queue = self._faults.get(place)
            return queue.popleft() if queue else None

    def _answer_token(self, query: str, headers: Message) -> tuple[Answer, bool]:
        access = self._tokens.check_basic(headers["Authorization"])
        authorized = access is Access.GRANTED
        fault = self._take_fault(_TOKEN_FAULTS)
        if fault is not None:
            return fault, authorized
        if access is Access.INVALID:
            challenge = {"WWW-Authenticate": basic_challenge()}
            return answer_error(HTTPStatus.UNAUTHORIZED, "incorrect username or password", headers=challenge), False
        return answer_json(self._tokens.issue(parse_qs(query).get("scope", ()), known=authorized)), authorized

    def _answer_version(self, headers: Message) -> tuple[Answer, bool]:
        access = self._check_access(None, headers)
        if self._token_auth and access is not Access.GRANTED:
            return self._challenge(None, access), False
        return answer_json({}), access is Access.GRANTED

    def _answer_content(self, target: Target | Answer, headers: Message) -> tuple[Answer, bool]:
        if isinstance(target, Answer):
            return target, False
        access = self._check_access(target.name, headers)
        authorized = access is Access.GRANTED
        if not authorized and (self._token_auth or is_private(target.name)):
            return self._challenge(target.name, access), False
        place = "tags/list" if target.reference is None else str(target.reference)
        return self._take_fault((target.name, place)) or self._answer_stored(target, headers), authorized

    def _check_access(self, name: str | None, headers: Message) -> Access:
        authorization = headers["Authorization"]
        if self._token_auth:
            return self._tokens.check_bearer(authorization, name)
        return self._tokens.check_basic(authorization)

    def _challenge(self, name: str | None, access: Access) -> Answer:
        realm = f"{self.url}/token"
        challenge = bearer_challenge(realm, name, access) if self._token_auth else basic_challenge()
        return answer_error(HTTPStatus.UNAUTHORIZED, "authentication required", headers={"WWW-Authenticate": challenge})

    def _answer_stored(self, target: Target, headers: Message) -> Answer:
        repository = self._repositories.get(target.name)
        if repository is None:
            detail = {"name": target.name}
            return answer_error(HTTPStatus.NOT_FOUND, "repository name not known to registry", detail=detail)
        if target.reference is None:
            return answer_json({"name": target.name, "tags": sorted(repository.tags)})
        if target.kind == "blobs":
            return _answer_blob(repository, target.reference)
        return _answer_manifest(repository, target.reference, headers.get_all("Accept") or [])


def _answer_manifest(repository: _Repository, reference: str | Digest, accept: list[str]) -> Answer:
    """Answer with the stored bytes, or 404 where their type was not asked for, as docker-registry does (RES-01)."""
    digest = reference if isinstance(reference, Digest) else repository.tags.get(reference)
    document = repository.manifests.get(digest) if digest else None
    if document is None or not accepts(accept, document.media_type):
        detail = {"reference": str(reference), "stored": document.media_type if document else None}
        return answer_error(HTTPStatus.NOT_FOUND, "manifest unknown", code="MANIFEST_UNKNOWN", detail=detail)
    headers = {"Content-Type": document.media_type, "Docker-Content-Digest": str(document.digest)}
    return Answer(headers=headers, body=document.content)


def _answer_blob(repository: _Repository, reference: str | Digest) -> Answer:
    blob = repository.blobs.get(reference) if isinstance(reference, Digest) else None
    if blob is None:
        detail = {"digest": str(reference)}
        return answer_error(HTTPStatus.NOT_FOUND, "blob unknown to registry", code="BLOB_UNKNOWN", detail=detail)
    headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": str(reference)}
    return Answer(headers=headers, body=blob)
