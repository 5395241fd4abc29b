"""What a user says about registries: mirrors, plain http, certificates, realms that may see credentials.

This is user-level configuration only: a repository's own files must never reach it (SEC-22). Text in, values out;
`settings_file` finds and reads the file.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NoReturn
from urllib.parse import urlsplit

from pinner.errors import ConfigError
from pinner.registry.origin import Origin, host_identity, is_loopback

# As many as `--jobs` may ask for: without a setting, the workers are the only limit.
DEFAULT_CONNECTIONS: Final = 64
MAXIMUM_CONNECTIONS: Final = 64
_KEYS: Final = ("mirrors", "plain-http", "ca", "client-cert", "client-key", "trusted-realms", "max-connections")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PREFIX: Final = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mirror:
    """An address asked before the registry; `prefix` stands between `/v2/` and the repository."""

    origin: Origin
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.origin}/{self.prefix}" if self.prefix else str(self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """One registry's settings; file names are as written until `settings_file` resolves them."""

    mirrors: tuple[Mirror, ...] = ()
    plain_http: bool = False
    ca: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    trusted_realms: tuple[str, ...] = ()
    max_connections: int = DEFAULT_CONNECTIONS


_DEFAULT: Final = RegistrySettings()


@dataclass(frozen=True, slots=True)
class Registries:
    """All settings, by host."""

    hosts: Mapping[str, RegistrySettings] = field(default_factory=lambda: MappingProxyType({}))

    def for_host(self, host: str) -> RegistrySettings:
        """Return the settings of `host[:port]`; a host that is not named has the defaults."""
        return self.hosts.get(host_identity(host), _DEFAULT)


def parse_registries(text: str, path: str) -> Registries:
    """Read `registries.toml`; raise `ConfigError` naming the file and the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML: {error}"
        raise ConfigError(message) from error
    place = _Place(path)
    place.check_keys(document, ("registries",))
    table = place.table(document.get("registries", {}), "registries")
    plain = {
        host_identity(host) for host, entry in table.items() if isinstance(entry, dict) and entry.get("plain-http")
    }
    hosts: dict[str, RegistrySettings] = {}
    for host, entry in table.items():
        key = _Place(path, f'registries."{host}"')
        key.check_host(host)
        if host_identity(host) in hosts:
            key.refuse(f"the same registry as another table: {host_identity(host)!r}")
        hosts[host_identity(host)] = _read_settings(key, key.table(entry), plain)
    return Registries(MappingProxyType(hosts))


def _read_settings(place: _Place, table: Mapping[str, object], plain: set[str]) -> RegistrySettings:
    place.check_keys(table, _KEYS)
    settings = RegistrySettings(
        mirrors=tuple(
            _read_mirror(place.at(f".mirrors[{number}]"), url, plain)
            for number, url in enumerate(place.at(".mirrors").strings(table.get("mirrors", [])))
        ),
        plain_http=place.at(".plain-http").boolean(table.get("plain-http", False)),
        ca=place.at(".ca").file_name(table.get("ca")),
        client_cert=place.at(".client-cert").file_name(table.get("client-cert")),
        client_key=place.at(".client-key").file_name(table.get("client-key")),
        trusted_realms=tuple(
            place.at(f".trusted-realms[{number}]").realm(host)
            for number, host in enumerate(place.at(".trusted-realms").strings(table.get("trusted-realms", [])))
        ),
        max_connections=place.at(".max-connections").count(table.get("max-connections", DEFAULT_CONNECTIONS)),
    )
    if settings.client_key is not None and settings.client_cert is None:
        place.at(".client-key").refuse("a key without client-cert")
    return settings


def _read_mirror(place: _Place, url: str, plain: set[str]) -> Mirror:
    try:
        origin = Origin.of(url)
    except ValueError as error:
        place.refuse(f"{url!r} is not a mirror: {error}", hint="write https://host[:port][/path-prefix]")
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        place.refuse(f"{url!r} has a query or a fragment")
    prefix = parts.path.strip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        place.refuse(f"{prefix!r} is not a path of a repository")
    if origin.scheme == "http" and not is_loopback(origin.host) and host_identity(origin.authority) not in plain:
        place.refuse(
            f"{url!r} is plain http",
            hint=f'use https, or add [registries."{origin.authority}"] with plain-http = true',
        )
    return Mirror(origin, prefix)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which file a value stands; every reader checks its type and says the place."""

    path: str
    key: str = ""

    def at(self, key: str) -> _Place:
        return _Place(self.path, self.key + key)

    def refuse(self, problem: str, *, hint: str | None = None) -> NoReturn:
        message = f"{self.path}: {self.key}: {problem}" if self.key else f"{self.path}: {problem}"
        raise ConfigError(message, hint=hint)

    def check_keys(self, table: Mapping[str, object], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
                self.refuse(f"unknown key {key!r}", hint=hint)

    def check_host(self, host: str) -> None:
        try:
            authority = Origin.of(f"https://{host}").authority
        except ValueError as error:
            self.refuse(f"not a registry host: {error}", hint="write host or host:port, without a scheme")
        if authority != host.lower().removesuffix(":443"):
            self.refuse("not a registry host", hint="write host or host:port, without a scheme or a path")

    def table(self, value: object, key: str = "") -> Mapping[str, object]:
        if not isinstance(value, dict):
            self.at(key).refuse(f"{value!r} is not a table")
        return value

    def strings(self, value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.refuse("not a list of texts")
        return value

    def boolean(self, value: object) -> bool:
        if not isinstance(value, bool):
            self.refuse(f"{value!r} is neither true nor false")
        return value

    def file_name(self, value: object) -> str | None:
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            self.refuse(f"{value!r} is not a file name")
        return value

    def realm(self, value: str) -> str:
        try:
            origin = Origin.of(f"https://{value}")
        except ValueError as error:
            self.refuse(f"not a host: {error}", hint="write host or host:port of the token server")
        if value.lower() not in {origin.host, f"{origin.host}:{origin.port}"}:
            self.refuse(f"{value!r} is not a host", hint="write host or host:port of the token server")
        return value.lower()

    def count(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAXIMUM_CONNECTIONS:
            self.refuse(f"{value!r} is not a number from 1 to {MAXIMUM_CONNECTIONS}")
        return value
