"""Where a registry may send us for a token, and who may see credentials there (SEC-01, AUTH-28).

Two decisions over values: is this realm acceptable at all, and may credentials go to it. Nothing here connects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

from pinner.errors import BlockedError
from pinner.oci.words import sanitised
from pinner.registry.domains import registrable_domain
from pinner.registry.origin import Origin, split_port

# Token servers on another host than their registry, whole name by whole name (SEC-21).
PARTNERS: Final = {
    "registry-1.docker.io": frozenset({"auth.docker.io"}),
    "registry.gitlab.com": frozenset({"gitlab.com"}),
    "nvcr.io": frozenset({"authn.nvidia.com"}),
    "registry.redhat.io": frozenset({"sso.redhat.com"}),
    "registry.digitalocean.com": frozenset({"api.digitalocean.com"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """A checked token server: its full address and its origin.

    `is_near` marks the registry's own host and those the user named: their addresses need no further look.
    """

    url: str = field(repr=False)
    origin: Origin
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
    return Realm(url=url, origin=origin, is_near=_is_named(origin, trusted_realms) or origin.host == registry.host)


def may_see_credentials(realm: Realm, registry: Origin, *, trusted_realms: tuple[str, ...] = ()) -> bool:
    """Return whether the registry's credentials may go to a realm; otherwise it is asked without (AUTH-28).

    They may go to the registry's own host, to those that the user named, and by https on its usual port to a known
    partner and to hosts of the same registrable domain. Ask only where there are credentials: this may read a list.
    """
    origin = realm.origin
    is_same_host = origin.host == registry.host and (origin.scheme == "https" or origin.port == registry.port)
    if is_same_host or _is_named(origin, trusted_realms):
        return True
    if (origin.scheme, origin.port) != ("https", 443):
        return False
    return origin.host in PARTNERS.get(registry.host, ()) or _is_same_owner(origin.host, registry.host)


def _is_same_owner(one: str, other: str) -> bool:
    domain = registrable_domain(one)
    return domain is not None and domain == registrable_domain(other)


def _is_named(realm: Origin, trusted_realms: tuple[str, ...]) -> bool:
    for trusted in trusted_realms:
        host, port = split_port(trusted)
        if realm.host == host and (realm.scheme == "https" if port is None else realm.port == port):
            return True
    return False
