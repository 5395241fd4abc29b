"""containerd's `hosts.toml` of one registry, as directions (containerd, docs/hosts.md). Text in, values out.

A host without the capability `resolve` is not asked what a tag means. Verification cannot be switched off.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pinner.errors import ConfigError
from pinner.oci.hosts import host_identity
from pinner.registry.origin import Origin
from pinner.registry.places import API_ROOT, Answers, Directions, Place
from pinner.registry.toml_values import Spot, shown
from pinner.registry.trust import Trust

_CAPABILITIES: Final = ("pull", "resolve", "push")
_ROOT: Final = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._~-]*)*", re.ASCII)


def parse_hosts(text: str, path: Path, registry: str) -> tuple[Directions, tuple[str, ...]]:
    """Return who is asked for the repositories of `registry`, and what the file says and pinner does not do.

    File names are relative to the file's folder. Raise `ConfigError` naming the file and the key.
    """
    spot = Spot(str(path))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML: {error}"
        raise ConfigError(message) from error
    reader = _Reader(path.parent, registry)
    server = reader.place(spot.at("server"), document.get("server", registry), document)
    if server is not None and "server" not in document:
        server = replace(server, scheme=None)
    hosts = spot.table(document.get("host", {}), "host")
    mirrors = [reader.place(spot.at(f"host.{shown(url)}"), url, table) for url, table in hosts.items()]
    directions = Directions(
        registry=server,
        mirrors=tuple(one for one in mirrors if one is not None),
        source=str(path),
    )
    return directions, tuple(reader.notes)


class _Reader:
    """Reads the hosts of one file."""

    def __init__(self, folder: Path, registry: str) -> None:
        self._folder = folder
        self._registry = registry
        self.notes: dict[str, None] = {}

    def place(self, spot: Spot, url: object, value: object) -> Place | None:
        """Return a host, or None for one that nothing may be pulled from."""
        table = spot.table(value)
        answers = _read_answers(spot.at(".capabilities"), table.get("capabilities", []))
        if spot.at(".skip_verify").boolean(table.get("skip_verify", False)):
            spot.at(".skip_verify").refuse(
                "certificates are always verified", hint="name the authority of the host with ca = …"
            )
        if answers is None:
            return None
        if table.get("header"):
            self.notes[f"{spot.path}: {spot.key}.header is not used: no such header is sent"] = None
        origin, root = _read_url(spot, url, table)
        # As containerd: whoever is not the registry itself is told which one is meant.
        is_own = host_identity(origin.authority) == self._registry
        return Place(
            host=host_identity(origin.authority),
            scheme="https" if origin.scheme == "https" else "http",
            root=root,
            namespace=None if is_own else self._registry,
            answers=answers,
            trust=self._read_trust(spot, table),
        )

    def _read_trust(self, spot: Spot, table: Mapping[str, object]) -> Trust | None:
        cas = spot.at(".ca").file_names(table.get("ca"))
        pairs = self._read_pairs(spot.at(".client"), table.get("client", []))
        for unused, _ in pairs[1:]:
            self.notes[f"{spot.path}: {spot.key}.client: {unused} is not used, {pairs[0][0]} is shown"] = None
        if not cas and not pairs:
            return None
        certificate, key = pairs[0] if pairs else (None, None)
        return Trust(cas=tuple(str(self._folder / name) for name in cas), client_cert=certificate, client_key=key)

    def _read_pairs(self, spot: Spot, value: object) -> list[tuple[str, str | None]]:
        """Read one file, a list of files, or a list of pairs of certificate and key."""
        pairs: list[tuple[str, str | None]] = []
        for one in value if isinstance(value, list) else [value]:
            names = spot.file_names(one)
            if len(names) not in {1, 2}:
                spot.refuse("not a file or a pair of files")
            paths = [str(self._folder / name) for name in names]
            pairs.append((paths[0], paths[1] if len(paths) > 1 else None))
        return pairs


def _read_answers(spot: Spot, value: object) -> Answers | None:
    capabilities = spot.strings(value) or list(_CAPABILITIES)
    words = {spot.word(one.lower(), _CAPABILITIES) for one in capabilities}
    if "pull" not in words:
        return None
    return "all" if "resolve" in words else "digests"


def _read_url(spot: Spot, value: object, table: Mapping[str, object]) -> tuple[Origin, str]:
    """Return the origin and the path at which its API begins."""
    if not isinstance(value, str):
        spot.refuse(f"{value!r} is not an address")
    text = value if value.startswith("http") else f"https://{value}"
    parts = urlsplit(text)
    try:
        origin = Origin.of(text)
    except ValueError as error:
        spot.refuse(f"{shown(value)} is not an address: {error}")
    path = parts.path.rstrip("/")
    if parts.query or parts.fragment or not _ROOT.fullmatch(path):
        spot.refuse(f"{value!r} is not the address of a registry")
    overrides = spot.at(".override_path").boolean(table.get("override_path", False))
    return origin, path if overrides or path.endswith(API_ROOT) else f"{path}{API_ROOT}"
