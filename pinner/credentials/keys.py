"""The names under which files, helpers and variables know a registry.

Hosts are compared whole, never by a part: `ghcr.io.evil` and `ghcr.io@evil` are not `ghcr.io` (SEC-21).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.errors import InputError
from pinner.oci.hosts import HUB_NAMES, host_identity
from pinner.oci.reference import DOCKER_HUB, Reference

# The key under which Docker's tools keep Docker Hub's credentials (REF-03).
HUB_KEY: Final = "https://index.docker.io/v1/"


def normal_key(key: str) -> str:
    """Return the one form of a key: no scheme, no `/v1/`, lowercase host, Docker Hub as `docker.io`.

    A key with a scheme means its host alone (docker/cli, `ConvertToHostname`); one without may end in a path (podman).
    """
    bare = without_scheme(key)
    host, _, path = bare.partition("/")
    path = path.strip("/") if bare == key.strip() else ""
    return host_identity(host) if path in {"", "v1", "v2"} else f"{host_identity(host)}/{path}"


def without_scheme(key: str) -> str:
    """Return a key without white space and `https://`."""
    bare = key.strip()
    for scheme in ("https://", "http://"):
        if bare.lower().startswith(scheme):
            return bare[len(scheme) :]
    return bare


def helper_key(registry: str) -> str:
    """Return the address that a helper knows a registry by."""
    key = normal_key(registry)
    return HUB_KEY if key == DOCKER_HUB else key


def keys_of(registry: str, repository: str | None) -> Iterator[str]:
    """Yield the keys that may hold a repository's entry, the most specific first: `host/a/b`, `host/a`, `host`."""
    host = normal_key(registry)
    path = repository or ""
    while path:
        yield f"{host}/{path}"
        path = path.rpartition("/")[0]
    yield host


def shown_key(key: str) -> str:
    """Return a key as messages may show it: before an `@` may stand a password (AUTH-23)."""
    return key.rpartition("@")[2]


def is_address(text: str) -> bool:
    """Return whether `text` is `host[:port][/path]`, with a host that a reference could begin with (REF-01)."""
    try:
        reference = Reference.parse(f"{text}/x")
    except InputError:
        return False
    head = text.partition("/")[0]
    return reference.registry == head or head in HUB_NAMES
