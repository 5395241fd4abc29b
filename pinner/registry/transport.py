"""An httpx transport over h11 and httpcore's streams: guarded connections, certificates and proxies per request.

One transport serves one worker thread; `abort` alone may be called from another. Between two questions its connections
are everybody's.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urlsplit

import h11
import httpcore
import httpx

from pinner.errors import BlockedError
from pinner.registry.connections import Addresses, DeadlineError, DeadlineStream, GuardedBackend, ProxyDownError, Route
from pinner.registry.kept import IdleConnections, KeptConnection
from pinner.registry.origin import Origin, literal_address
from pinner.registry.proxies import Proxies, Proxy
from pinner.registry.reach import Reach, reach_of
from pinner.registry.trust import Trust
from pinner.registry.trust_store import TrustStore

CONNECT_SECONDS: Final = 5.0
_PROXY_LOGIN: Final = 407
ROUTE: Final = "pinner.route"
SHOWS_CERTIFICATE: Final = "pinner.shows-certificate"
_DROPPED: Final = (h11.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class DeadlineExceeded(httpx.ReadTimeout):
    """`DeadlineError`, as callers of httpx see it."""


class ProxyDown(httpx.ConnectError):
    """`ProxyDownError`, as callers of httpx see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A kind of connection: one that was opened for one kind never serves another."""

    origin: Origin
    trust: Trust
    reach: Reach | None
    proxy: Proxy | None


class GuardedTransport(httpx.BaseTransport):
    """Sends what httpx gives it; each request carries a `Route` in its extensions.

    `on_connect` is called for every connection that was opened (REQ-04). An answer says in its own extensions whether a
    client certificate may have been shown for it.
    """

    def __init__(
        self,
        *,
        trust: TrustStore,
        proxies: Proxies,
        addresses: Addresses,
        on_connect: Callable[[], None] = lambda: None,
        idle: IdleConnections | None = None,
    ) -> None:
        self._trust = trust
        self._proxies = proxies
        self._network = GuardedBackend(addresses, on_connect)
        self._idle = idle or IdleConnections()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; a kept connection that the server has dropped is replaced at once, for free."""
        route: Route = request.extensions[ROUTE]
        origin = Origin.of(f"{request.url.scheme}://{request.url.netloc.decode()}")
        proxy = self._proxies.before(origin)
        if proxy is not None:
            _check_literal(route, origin)
        way = _Way(origin=origin, trust=self._trust.effective(route.trust, origin), reach=route.reach, proxy=proxy)
        self._network.begin(route, is_proxied=proxy is not None)
        with _httpx_errors():
            connection, head = self._exchange(way, _head_of(request, way), request.read())
        # In a tunnel it is the registry that says so, which has no say in how the proxy is asked.
        if proxy is not None and origin.scheme == "http" and head.status_code == _PROXY_LOGIN:
            connection.close()
            raise self._proxies.refusal(proxy)
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(connection, lambda: self._idle.put(way, connection)),
            extensions={SHOWS_CERTIFICATE: way.trust.client_cert is not None},
        )

    def _exchange(self, way: _Way, head: h11.Request, body: bytes) -> tuple[KeptConnection, h11.Response]:
        kept = self._idle.take(way)
        if kept is not None:
            kept.hold_to(self._network)
            with suppress(*_DROPPED):
                return kept, kept.ask(head, body)
        fresh = self._open(way)
        return fresh, fresh.ask(head, body)

    def _open(self, way: _Way) -> KeptConnection:
        host = way.origin.host.strip("[]")
        # Before anybody is connected to: files that cannot be used are an error of their own.
        context = self._trust.context(way.trust) if way.origin.scheme == "https" else None
        if way.proxy is None:
            stream = self._network.connect_tcp(host, way.origin.port, CONNECT_SECONDS)
        else:
            stream = self._connect_to_proxy(way.proxy)
            if context is not None:
                self._open_tunnel(stream, way.origin, way.proxy)
        if context is not None:
            stream = stream.start_tls(context, host, CONNECT_SECONDS)
        return KeptConnection(stream)

    def _connect_to_proxy(self, proxy: Proxy) -> DeadlineStream:
        parts = urlsplit(proxy.url)
        host, port = parts.hostname or "", parts.port or 0
        # The proxy's own certificate: it is no registry, so no registry's settings count.
        context = self._trust.context(Trust()) if parts.scheme == "https" else None
        stream = self._network.connect_tcp(host, port, CONNECT_SECONDS)
        return stream if context is None else stream.start_tls(context, host, CONNECT_SECONDS)

    def _open_tunnel(self, stream: DeadlineStream, origin: Origin, proxy: Proxy) -> None:
        """Have the proxy connect us through (RFC 9110, section 9.3.6); tell its 407 from other refusals (NET-08)."""
        target = f"{origin.host}:{origin.port}"
        headers = [("Host", target), ("Accept", "*/*"), *_login_for(proxy)]
        tunnel = KeptConnection(stream)
        status = tunnel.ask(h11.Request(method="CONNECT", target=target, headers=headers)).status_code
        if status == _PROXY_LOGIN:
            tunnel.close()
            raise self._proxies.refusal(proxy)
        if status // 100 != 2 or tunnel.has_leftovers:  # noqa: PLR2004 - the class of success
            tunnel.close()
            raise httpcore.ProxyError(str(status))

    def abort(self) -> None:
        """Shut all sockets down, so that whoever reads from them fails now."""
        self._network.abort()

    def close(self) -> None:
        """Close all connections."""
        self._idle.close()


def _check_literal(route: Route, origin: Origin) -> None:
    """Refuse an inner address that is spelled out: behind a proxy, names cannot be looked at (NET-09)."""
    if route.reach is None:
        return
    address = literal_address(origin.host) or _odd_literal(origin.host)
    if address is not None and reach_of(str(address)) > route.reach:
        message = f"{origin.host} is an address that a registry may not send us to"
        raise BlockedError(message)


def _odd_literal(host: str) -> IPv4Address | None:
    """Return the address that `127.1`, `2130706433` or `0x7f000001` spells: the proxy would look it up as that."""
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _head_of(request: httpx.Request, way: _Way) -> h11.Request:
    """Return the head to send; a proxy is told the whole address of what it is to ask for itself."""
    headers, target = request.headers.raw, request.url.raw_path
    if way.proxy is not None and way.origin.scheme == "http":
        login = [(name.encode(), value.encode()) for name, value in _login_for(way.proxy)]
        headers, target = [*login, *headers], str(way.origin).encode() + target
    return h11.Request(method=request.method, target=target, headers=headers)


def _login_for(proxy: Proxy) -> list[tuple[str, str]]:
    if proxy.login is None:
        return []
    return [("Proxy-Authorization", "Basic " + base64.b64encode(":".join(proxy.login).encode()).decode("ascii"))]


class _Body(httpx.SyncByteStream):
    """The body of an answer, with errors told in httpx's words."""

    def __init__(self, connection: KeptConnection, keep: Callable[[], None]) -> None:
        self._connection = connection
        self._keep = keep

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._connection.body()

    def close(self) -> None:
        if self._connection.settle():
            self._keep()


_FOREIGN: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (DeadlineError, DeadlineExceeded),
    (ProxyDownError, ProxyDown),
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.ProxyError, httpx.ProxyError),
    (h11.LocalProtocolError, httpx.LocalProtocolError),
    (h11.RemoteProtocolError, httpx.RemoteProtocolError),
)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for ours, theirs in _FOREIGN:
            if isinstance(error, ours):
                # Behind a colon, h11 quotes the line that it could not read.
                text = str(error).partition(":")[0] if ours is h11.RemoteProtocolError else str(error)
                raise theirs(text) from error
        raise
