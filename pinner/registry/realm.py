"""Where a registry may send us for a token, and who may see credentials there (SEC-01, AUTH-28).

Two decisions over values: is this realm acceptable at all, and may credentials go to it. Nothing here connects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from pinner.errors import BlockedError
from pinner.registry.origin import Origin, split_port
from pinner.registry.wording import sanitised

# Token servers that are known to belong to a registry on another host.
PARTNERS: Final = {
    "registry-1.docker.io": "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
    "nvcr.io": "authn.nvidia.com",
    "registry.redhat.io": "sso.redhat.com",
    "registry.digitalocean.com": "api.digitalocean.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """A checked token server: its full address, its origin, and whether credentials may go there.

    `is_near` marks the registry's own host and those the user named: their addresses need no further look.
    """

    url: str
    origin: Origin
    is_trusted: bool
    is_near: bool


def check_realm(text: str, registry: Origin, *, trusted_realms: tuple[str, ...] = ()) -> Realm:
    """Return the realm of a challenge, resolved against the registry (AUTH-27, row 8).

    Raise `BlockedError` unless it is https without user name and fragment; plain http only for a registry that is
    itself asked by plain http, which only loopback and the user's `plain-http = true` make so (SEC-01, SEC-03).
    """
    try:
        url = urljoin(f"{registry}/v2/", text.strip())
        origin = Origin.of(url)
    except ValueError as error:
        message = f"{registry.authority} names a token server that is not allowed: {sanitised(str(error))}"
        raise BlockedError(
            message, hint="the registry is misconfigured or hostile; report it to its operator"
        ) from error
    if urlsplit(url).fragment:
        message = f"{registry.authority} names a token server that is not allowed: the address has a fragment"
        raise BlockedError(message)
    if origin.scheme == "http" and registry.scheme != "http":
        message = f"{registry.authority} wants a token to be fetched by plain http from {origin.authority}"
        raise BlockedError(message, hint="credentials and tokens never travel unencrypted")
    is_named = _is_named(origin, trusted_realms)
    is_same = origin.host == registry.host and (origin.scheme == "https" or origin.port == registry.port)
    return Realm(
        url=url,
        origin=origin,
        is_trusted=is_same or is_named or _is_partner(origin, registry),
        is_near=is_named or origin.host == registry.host,
    )


def _is_partner(realm: Origin, registry: Origin) -> bool:
    is_https = (realm.scheme, realm.port) == ("https", 443)
    return is_https and PARTNERS.get(registry.host) == realm.host


def _is_named(realm: Origin, trusted_realms: tuple[str, ...]) -> bool:
    for trusted in trusted_realms:
        host, port = split_port(trusted)
        if realm.host == host and (realm.scheme == "https" if port is None else realm.port == port):
            return True
    return False
