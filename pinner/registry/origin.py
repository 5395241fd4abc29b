"""Hosts and origins as values: who is the same origin, who is loopback.

Nothing here may resolve a name; only what is written counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAXIMUM_URL: Final = 2048
MAXIMUM_PORT: Final = 65535

_LABEL = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-f0-9:]+\])", re.ASCII)
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
# Scheme and authority (RFC 3986, appendix B).
_START: Final = re.compile(r"[^/?#]*(?://[^/?#]*)?")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host in lowercase (IPv6 in brackets) and port: what credentials are bound to (AUTH-10)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Read the origin of an absolute http(s) URL; raise `ValueError` saying what is wrong (SEC-21)."""
        if len(url) > MAXIMUM_URL:
            raise ValueError("the address is too long")
        if _UNSAFE.search(url) or not url.isascii():
            raise ValueError("the address holds letters that no address may hold")
        start = _START.match(url)
        return _read_origin("" if start is None else start[0])

    @property
    def authority(self) -> str:
        """`host[:port]`, with the scheme's default port left out."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@lru_cache(maxsize=256)  # every request of a run needs it several times; beyond the start stands what may be secret
def _read_origin(start: str) -> Origin:
    parts = urlsplit(start)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"the scheme is {parts.scheme!r}, not https")
    if "@" in parts.netloc:
        raise ValueError("the address holds a user name")
    host, port = split_port(parts.netloc.lower())
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host name")
    return Origin(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)


def split_port(authority: str) -> tuple[str, int | None]:
    """Split `host[:port]`; raise `ValueError` for a port that is none (REF-10)."""
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    if not _PORT.fullmatch(port) or int(port) > MAXIMUM_PORT:
        raise ValueError(f"{port[:6]!r} is not a port")
    return host, int(port)


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host spells out, or None for a name."""
    try:
        return ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return None


def is_local_name(host: str) -> bool:
    """Return whether a name, without port, ends with `.localhost`; where it leads only its addresses show (NET-06)."""
    return host.lower().endswith(".localhost")


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether a host, without port, is `localhost` or a loopback literal; other names never are (NET-06)."""
    address = literal_address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback
