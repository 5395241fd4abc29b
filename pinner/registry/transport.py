"""An httpx transport over httpcore's public interface: guarded connections, certificates and proxies per request.

One transport serves one worker thread; `abort` alone may be called from another.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from typing import Final

import httpcore
import httpx

from pinner.errors import BlockedError
from pinner.registry.connections import Addresses, DeadlineError, GuardedBackend, ProxyDownError, Route
from pinner.registry.origin import Origin, literal_address
from pinner.registry.proxies import Proxies, Proxy
from pinner.registry.reach import Reach, reach_of
from pinner.registry.trust import Trust
from pinner.registry.trust_store import TrustStore

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
KEEPALIVE_SECONDS: Final = 15.0
CONNECTIONS: Final = 16
_PROXY_LOGIN: Final = 407
ROUTE: Final = "pinner.route"
SHOWS_CERTIFICATE: Final = "pinner.shows-certificate"
_DROPPED: Final = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class DeadlineExceeded(httpx.ReadTimeout):
    """`DeadlineError`, as callers of httpx see it."""


class ProxyDown(httpx.ConnectError):
    """`ProxyDownError`, as callers of httpx see it."""


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
    ) -> None:
        self._trust = trust
        self._proxies = proxies
        self._network = GuardedBackend(addresses, on_connect)
        self._pools: dict[tuple[Trust, Reach | None, Proxy | None], httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; a kept connection that the server has dropped is replaced at once, for free."""
        route: Route = request.extensions[ROUTE]
        origin = Origin.of(f"{request.url.scheme}://{request.url.netloc.decode()}")
        proxy = self._proxies.before(origin)
        if proxy is not None:
            _check_literal(route, origin)
        trust = self._trust.effective(route.trust, origin)
        pool = self._pool(trust, route.reach, proxy)
        self._network.begin(route, is_proxied=proxy is not None)
        with _httpx_errors(), self._proxy_refusals(proxy):
            response = self._exchange(request, pool)
            if proxy is not None and response.status == _PROXY_LOGIN:
                response.close()
                raise self._proxies.refusal(proxy)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions={**response.extensions, SHOWS_CERTIFICATE: trust.client_cert is not None},
        )

    def _exchange(self, request: httpx.Request, pool: httpcore.ConnectionPool) -> httpcore.Response:
        try:
            return pool.handle_request(_core_request(request))
        except _DROPPED:
            if self._network.has_connected:
                raise
            return pool.handle_request(_core_request(request))

    @contextmanager
    def _proxy_refusals(self, proxy: Proxy | None) -> Iterator[None]:
        """Tell a proxy's 407 to CONNECT, which httpcore only puts into words, from its other refusals (NET-08)."""
        try:
            yield
        except httpcore.ProxyError as error:
            if proxy is not None and str(error).startswith(str(_PROXY_LOGIN)):
                raise self._proxies.refusal(proxy) from error
            raise

    def _pool(self, trust: Trust, reach: Reach | None, proxy: Proxy | None) -> httpcore.ConnectionPool:
        """Return the pool of this kind of route: a connection opened for one kind never serves another."""
        key = (trust, reach, proxy)
        if key not in self._pools:
            self._pools[key] = httpcore.ConnectionPool(
                ssl_context=self._trust.context(trust),
                proxy=None if proxy is None else self._core_proxy(proxy),
                max_connections=CONNECTIONS,
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=self._network,
            )
        return self._pools[key]

    def _core_proxy(self, proxy: Proxy) -> httpcore.Proxy:
        login = None if proxy.login is None else (proxy.login[0].encode(), proxy.login[1].encode())
        # The proxy's own certificate: it is no registry, so no registry's settings count.
        context = self._trust.context(Trust()) if proxy.url.startswith("https") else None
        return httpcore.Proxy(proxy.url, auth=login, ssl_context=context)

    def abort(self) -> None:
        """Shut all sockets down, so that whoever reads from them fails now."""
        self._network.abort()

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()


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


def _core_request(request: httpx.Request) -> httpcore.Request:
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions={"timeout": {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": 0.5}},
    )


class _Body(httpx.SyncByteStream):
    """The body of an answer, with httpcore's errors told in httpx's words."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


_FOREIGN: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (DeadlineError, DeadlineExceeded),
    (ProxyDownError, ProxyDown),
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.NetworkError, httpx.NetworkError),
)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for ours, theirs in _FOREIGN:
            if isinstance(error, ours):
                # Behind a colon, h11 quotes the line that it could not read.
                text = str(error).partition(":")[0] if ours is httpcore.RemoteProtocolError else str(error)
                raise theirs(text) from error
        raise
