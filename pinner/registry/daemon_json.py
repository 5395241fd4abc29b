"""docker's `daemon.json`: `registry-mirrors`, mirrors of Docker Hub and of nothing else. Text in, values out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from pinner.errors import ConfigError
from pinner.oci.reference import DOCKER_HUB
from pinner.registry.origin import Origin
from pinner.registry.places import Directions, Place
from pinner.registry.toml_values import Spot, shown


@dataclass(frozen=True, slots=True)
class DaemonMirrors:
    """The mirrors of Docker Hub, as a guide."""

    mirrors: tuple[Place, ...]
    source: str
    warnings: tuple[str, ...] = ()

    def directions(self, registry: str, repository: str) -> Directions | None:  # noqa: ARG002 - they count for all
        """Return who is asked for a repository of Docker Hub; of other registries nothing is said."""
        if registry != DOCKER_HUB or not self.mirrors:
            return None
        return Directions(registry=Place(host=DOCKER_HUB), mirrors=self.mirrors, source=self.source)


def parse_daemon(text: str, path: str) -> DaemonMirrors:
    """Read `daemon.json`; raise `ConfigError` naming the file and the key."""
    spot = Spot(path)
    try:
        document = spot.table(json.loads(text))
    except (ValueError, RecursionError) as error:
        message = f"{path}: not JSON: {error}"
        raise ConfigError(message) from error
    key = spot.at("registry-mirrors")
    urls = key.strings(document.get("registry-mirrors", []))
    mirrors = tuple(_read_mirror(key.at(f"[{number}]"), url) for number, url in enumerate(urls))
    insecure = f"{path}: insecure-registries is not used; write plain-http = true for those that need it"
    return DaemonMirrors(mirrors, path, (insecure,) if document.get("insecure-registries") else ())


def _read_mirror(spot: Spot, url: str) -> Place:
    parts = urlsplit(url)
    try:
        origin = Origin.of(url)
    except ValueError as error:
        spot.refuse(f"{shown(url)} is not a mirror: {error}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        spot.refuse(f"{url!r} is not a mirror: docker takes no path here")
    return Place(host=origin.authority, scheme="https" if origin.scheme == "https" else "http")
