"""Proxies from the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, as curl and Go read them.

Loopback never goes through a proxy, nor does a name that ends with `.localhost`. `NO_PROXY` takes names, `.suffix`,
`host:port`, `*` and networks like 10.0.0.0/8, which httpx does not know (NET-08).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

from pinner.errors import ConfigError, MisconfiguredError
from pinner.registry.origin import DEFAULT_PORTS, Origin, is_local_name, is_loopback, literal_address

_SCHEMES: Final = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy's address, the variable that names it, and its user name and password where it has them."""

    url: str
    variable: str
    login: tuple[str, str] | None = field(default=None, repr=False)


class Proxies:
    """Which proxy stands before which origin, for all workers; one that asked for another login is not asked again."""

    def __init__(self, by_scheme: Mapping[str, Proxy] | None = None, exceptions: tuple[str, ...] = ()) -> None:
        self._by_scheme = by_scheme or {}
        self._exceptions = exceptions
        self._refusals: dict[Proxy, str] = {}

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Proxies:
        """Read the variables, lowercase first; raise `ConfigError` naming one that holds no http address."""
        found: dict[str, Proxy] = {}
        for scheme in DEFAULT_PORTS:
            for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
                # A CGI program gets HTTP_PROXY from whoever sends it a `Proxy:` header.
                if environ.get(name) and not (name == "HTTP_PROXY" and "REQUEST_METHOD" in environ):
                    found[scheme] = _read_proxy(environ[name], name)
                    break
        exceptions = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        return cls(found, tuple(part.lower() for part in exceptions.replace(",", " ").split()))

    def before(self, origin: Origin) -> Proxy | None:
        """Return the proxy to use for `origin`, or None for a direct connection.

        Raise `MisconfiguredError` where this proxy has refused its login: another try could lock the account.
        """
        is_local = is_loopback(origin.host) or is_local_name(origin.host)
        if is_local or any(_matches(rule, origin) for rule in self._exceptions):
            return None
        proxy = self._by_scheme.get(origin.scheme)
        if proxy is not None and proxy in self._refusals:
            raise self.refusal(proxy)
        return proxy

    def refusal(self, proxy: Proxy) -> MisconfiguredError:
        """Return the error for a proxy that answered 407, and remember it."""
        wish = "asks for a login" if proxy.login is None else "refuses its login"
        message = self._refusals.setdefault(proxy, f"the proxy {proxy.url} that {proxy.variable} names {wish} (407)")
        return MisconfiguredError(message, hint=f"write http://user:password@host:port into {proxy.variable}")


def _read_proxy(text: str, name: str) -> Proxy:
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _SCHEMES or not parts.hostname or port == 0:
        message = f"{name} does not hold the address of an http proxy"
        raise ConfigError(message, hint="write http://host:port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Proxy(url=f"{parts.scheme}://{host}:{port or DEFAULT_PORTS[parts.scheme]}", variable=name, login=login)


def _matches(rule: str, origin: Origin) -> bool:
    if rule == "*":
        return True
    address = literal_address(origin.host)
    if "/" in rule:
        try:
            return address is not None and address in ip_network(rule, strict=False)
        except ValueError:
            return False
    name, colon, port = rule.rpartition(":")
    if colon and port.isdigit() and not rule.endswith("]") and (":" not in name or name.endswith("]")):
        if int(port) != origin.port:
            return False
    else:
        name = rule
    if address is not None:
        return literal_address(name) == address
    suffix = name.removeprefix("*").removeprefix(".")
    return origin.host == suffix or origin.host.endswith(f".{suffix}")
