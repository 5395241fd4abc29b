"""Which addresses a name that a registry gave us may lead to (SEC-02, SEC-27).

A registry may send us outwards, never further inwards than it stands itself. Values only; `transport` asks at the
moment of connecting, with the address that is really connected to.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_NAT64: Final = ip_network("64:ff9b::/96")
# Ranges that Python does not call private: shared between a provider and its customers, reserved for protocols (a
# cloud keeps its metadata there), and the addresses of sites from the first days of IPv6.
_INNER: Final = tuple(map(ip_network, ("100.64.0.0/10", "192.0.0.0/24", "fec0::/10")))


class Reach(IntEnum):
    """How far inside an address lies."""

    PUBLIC = 0
    PRIVATE = 1
    LOOPBACK = 2
    FORBIDDEN = 3


def reach_of(text: str) -> Reach:
    """Classify an address, looking through IPv4 that is wrapped in IPv6 (mapped, 6to4, Teredo, NAT64)."""
    address = _unwrap(ip_address(text.partition("%")[0]))
    if address.is_loopback:
        return Reach.LOOPBACK
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return Reach.FORBIDDEN
    if str(address) == "fd00:ec2::254":  # the metadata service of AWS hides in a private range
        return Reach.FORBIDDEN
    if address.is_private or any(address in network for network in _INNER):
        return Reach.PRIVATE
    return Reach.FORBIDDEN if address.is_reserved else Reach.PUBLIC


def _unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
