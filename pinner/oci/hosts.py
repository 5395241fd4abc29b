"""Registry hosts by name: who is who, and what is known of some beforehand.

A trait saves a request or allows a try without credentials. It is never asked where bytes, digests, addresses or
destinations of credentials are checked: `tests/registry/test_traits.py` turns each around and sees the checks hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pinner.frozen import dataclass
from pinner.oci.reference import DOCKER_HUB

HUB_API: Final = "registry-1.docker.io"
# One host under four names, for connections and credentials; the text keeps what was written (REF-02, REF-03).
HUB_NAMES: Final = frozenset({DOCKER_HUB, "index.docker.io", HUB_API, "registry.hub.docker.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known of a host before it was asked (RES-08)."""

    # GETs of manifests count against a limit and HEADs do not.
    is_metered: bool = False
    # What its HEAD does not find is not there (RES-07).
    has_honest_head: bool = False
    # Its public images are worth a try without credentials that cannot be had or were refused (AUTH-21).
    is_public: bool = False


_NONE: Final = Traits()
_PUBLIC: Final = Traits(is_public=True)
# By the whole name, so that no host can look like another (SEC-21).
_TABLE: Final[Mapping[str, Traits]] = MappingProxyType(
    {
        DOCKER_HUB: Traits(is_metered=True, has_honest_head=True, is_public=True),
        "gcr.io": _PUBLIC,
        "ghcr.io": _PUBLIC,
        "mcr.microsoft.com": _PUBLIC,
        "public.ecr.aws": _PUBLIC,
        "quay.io": _PUBLIC,
        "registry.k8s.io": _PUBLIC,
    }
)


def host_identity(registry: str) -> str:
    """Return the name under which a registry is known: lowercase, no `:443`, Docker Hub's names folded (REF-02)."""
    name = registry.lower().removesuffix(":443")
    return DOCKER_HUB if name in HUB_NAMES else name


def traits_of(registry: str) -> Traits:
    """Return what is known of `host[:port]`, under any of its names."""
    return _TABLE.get(host_identity(registry), _NONE)
