"""One HTTP exchange as values: what is asked, what was answered, with bodies capped while they stream.

Nothing here retries, authenticates or follows.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpx

from pinner import __version__
from pinner.errors import IntegrityError, UnsupportedError
from pinner.oci.documents import MAXIMUM_SIZE
from pinner.registry.connections import Route
from pinner.registry.origin import Origin
from pinner.registry.reach import Reach
from pinner.registry.transport import ROUTE, SHOWS_CERTIFICATE
from pinner.registry.trust import Trust

Kind = Literal["head", "get", "blob", "token", "tags", "referrers"]

EXCHANGE_SECONDS: Final = 20.0
TOKEN_SIZE: Final = 128 * 1024
ERROR_SIZE: Final = 64 * 1024
USER_AGENT: Final = f"pinner/{__version__}"
# Steps and nothing else: a query holds the account, a header the login (AUTH-23, SEC-29).
_LOG: Final = logging.getLogger(__name__)
# Bodies of redirects and errors are only ever shown, so they are cut instead of refused.
_FIRST_ERROR: Final = 300
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `lane` names whom a rate limit holds; `reach` is None for hosts that the user named.

    `is_metered` says whether the registry counts it as a pull; `payer` is the source of the login it counts against.
    """

    kind: Kind
    url: str = field(repr=False)
    host: str
    lane: str
    accept: str = "application/json"
    authorization: str | None = field(default=None, repr=False)
    payer: str = ""
    is_metered: bool = False
    form: Mapping[str, str] | None = field(default=None, repr=False)
    limit: int = MAXIMUM_SIZE
    trust: Trust = field(default_factory=Trust)
    reach: Reach | None = None

    @property
    def method(self) -> str:
        """The HTTP method that this kind of request uses."""
        if self.kind == "head":
            return "HEAD"
        return "GET" if self.form is None else "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers and the whole body, as the bytes that came.

    `credentials` names the source of those that were shown. `shows_certificate` says that a client certificate may have
    been shown for it. `is_public` says that no credential at all was; who follows challenges knows, and everybody else
    says no. `hidden` is what no message about this answer may repeat.
    """

    status: int
    headers: httpx.Headers
    content: bytes = field(default=b"", repr=False)
    url: str = field(repr=False)
    credentials: str = ""
    shows_certificate: bool = False
    is_public: bool = False
    hidden: tuple[str, ...] = field(default=(), repr=False)

    @property
    def origin(self) -> Origin:
        """Who answered."""
        return Origin.of(self.url)


def is_accepted(answer: Answer) -> bool:
    """Return whether what was shown with a request was good enough: even a 404 is told to those who may ask."""
    return answer.status < _FIRST_ERROR or answer.status == _NOT_FOUND


def perform(transport: httpx.BaseTransport, ask: Ask, *, deadline: float) -> Answer:
    """Send `ask` and read its whole answer before `deadline` (monotonic seconds).

    The transport is asked itself: a client of httpx would keep cookies (RATE-12) and read what we do not follow.

    Raise `httpx.TransportError`, `UnsupportedError` for an encoded body (SEC-08), `IntegrityError` for one that is
    larger than the limit (RES-14), and `BlockedError` where the address is not allowed.
    """
    route = Route(trust=ask.trust, reach=ask.reach, deadline=min(deadline, time.monotonic() + EXCHANGE_SECONDS))
    response = transport.handle_request(_request(ask, route))
    try:
        content = _read(response, ask)
    finally:
        response.close()
    _LOG.debug("%s %s: %d", ask.method, ask.url.partition("?")[0], response.status_code)
    return Answer(
        status=response.status_code,
        headers=response.headers,
        content=content,
        url=ask.url,
        shows_certificate=ask.trust.client_cert is not None or bool(response.extensions.get(SHOWS_CERTIFICATE)),
        hidden=tuple(_secrets_of(ask)),
    )


def _secrets_of(ask: Ask) -> Iterator[str]:
    """Yield what the request held that its answer may repeat and nobody else may see (SEC-29)."""
    shown = (ask.authorization or "").partition(" ")[2]
    with suppress(ValueError):  # a bearer token is seldom base64
        yield base64.b64decode(shown, validate=True).decode().partition(":")[2]
    for secret in filter(None, (shown, (ask.form or {}).get("refresh_token", ""))):
        yield from (secret, quote(secret, safe=""))
    yield urlsplit(ask.url).query


def _request(ask: Ask, route: Route) -> httpx.Request:
    """Build the request by hand, so that no default of httpx slips in."""
    headers = {"User-Agent": USER_AGENT, "Accept": ask.accept, "Accept-Encoding": "identity"}
    if ask.authorization is not None:
        headers["Authorization"] = ask.authorization
    content = None
    if ask.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        content = urlencode(ask.form).encode()
    return httpx.Request(ask.method, ask.url, headers=headers, content=content, extensions={ROUTE: route})


def _read(response: httpx.Response, ask: Ask) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    is_error = response.status_code >= _FIRST_ERROR
    if ask.kind == "head":
        # Nothing comes, but only a body that was read to its end leaves the connection open for the next request.
        return b"".join(_chunks(response))[:0]
    if encoding not in {"", "identity"}:
        if is_error:
            return b""
        message = f"{ask.host} sent a body encoded as {encoding[:20]!r} although identity was asked for"
        raise UnsupportedError(
            message, hint="a proxy in front of the registry compresses; its digests cannot be checked"
        )
    limit = ERROR_SIZE if is_error else ask.limit
    chunks: list[bytes] = []
    size = 0
    for chunk in _chunks(response):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            if is_error:
                return b"".join(chunks)[:limit]
            message = f"{ask.host} sent more than {limit} bytes"
            raise IntegrityError(message)
    return b"".join(chunks)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    assert isinstance(response.stream, httpx.SyncByteStream)
    return iter(response.stream)
