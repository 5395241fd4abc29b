"""What a user says about registries: mirrors, plain http, certificates, realms that may see credentials.

This is user-level configuration only: a repository's own files must never reach it (SEC-22). Text in, values out;
`settings_file` finds and reads the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, get_args
from urllib.parse import urlsplit

from pinner.errors import ConfigError
from pinner.oci.hosts import host_identity
from pinner.oci.reference import Reference
from pinner.registry.origin import Origin, is_loopback
from pinner.registry.places import Directions, Guide, MirrorTags, Place
from pinner.registry.toml_values import Spot, shown
from pinner.registry.trust import Trust

# As many as `--jobs` may ask for: without a setting, the workers are the only limit.
DEFAULT_CONNECTIONS: Final = 64
MAXIMUM_CONNECTIONS: Final = 64
# A token for more repositories no longer fits into the header that nginx takes, 8 KiB (REQ-01).
MAXIMUM_SCOPES: Final = 25
_TOP_KEYS: Final = ("registries", "mirror-tags", "read")
_KEYS: Final = (
    *("mirrors", "mirror-tags", "blocked", "plain-http", "ca", "client-cert", "client-key", "trusted-realms"),
    *("max-connections", "allow-insecure-auth", "scopes-per-token"),
)
_MIRROR_KEYS: Final = ("url", "ns")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PREFIX: Final = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """One registry's settings; file names are as written until `settings_file` resolves them.

    `mirror_tags` is None where only the setting for all registries counts.
    """

    mirrors: tuple[Place, ...] = ()
    mirror_tags: MirrorTags | None = None
    blocked: bool = False
    plain_http: bool = False
    allow_insecure_auth: bool = False
    trust: Trust = field(default_factory=Trust)
    trusted_realms: tuple[str, ...] = ()
    max_connections: int = DEFAULT_CONNECTIONS
    scopes_per_token: int = 1


_DEFAULT: Final = RegistrySettings()


@dataclass(frozen=True, slots=True)
class Registries:
    """All settings by host; `guides` are asked, in order, about registries that have no table of their own.

    `reads` names the other tools' files that `settings_file` turns into guides. With a `rank`, one place is asked in
    place of all (`Directions.alone`).
    """

    hosts: Mapping[str, RegistrySettings] = field(default_factory=lambda: MappingProxyType({}))
    mirror_tags: MirrorTags = "fallback"
    reads: tuple[str, ...] = ()
    guides: tuple[Guide, ...] = ()
    path: str = field(default="registries.toml", compare=False)
    rank: int | None = None

    def for_host(self, host: str) -> RegistrySettings:
        """Return the settings of `host[:port]`; a host that is not named has the defaults."""
        return self.hosts.get(host_identity(host), _DEFAULT)

    def directions(self, registry: str, repository: str) -> Directions:
        """Return who is asked for a repository; a table in registries.toml leaves nothing to other tools' files."""
        found = self._all_directions(registry, repository)
        return found if self.rank is None else found.alone(self.rank)

    def _all_directions(self, registry: str, repository: str) -> Directions:
        name = host_identity(registry)
        own = self.hosts.get(name)
        if own is None:
            for guide in self.guides:
                found = guide.directions(name, repository)
                if found is not None:
                    return replace(found, mirror_tags=self.mirror_tags)
            own = _DEFAULT
        return Directions(
            registry=None if own.blocked else Place(host=name),
            mirrors=own.mirrors,
            mirror_tags=own.mirror_tags or self.mirror_tags,
            source=self.path,
        )

    def asks_itself(self, reference: Reference) -> bool:
        """Return whether the registry that a reference names is asked, not forbidden and not another in its place."""
        directions = self.directions(reference.registry, reference.repository)
        return directions.registry == Place(host=host_identity(reference.registry))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What other tools' files say and pinner does not do."""
        return tuple(warning for guide in self.guides for warning in guide.warnings)


def parse_registries(text: str, path: str) -> Registries:
    """Read `registries.toml`; raise `ConfigError` naming the file and the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML: {error}"
        raise ConfigError(message) from error
    place = Spot(path)
    place.check_keys(document, _TOP_KEYS)
    table = place.table(document.get("registries", {}), "registries")
    plain = {
        host_identity(host) for host, entry in table.items() if isinstance(entry, dict) and entry.get("plain-http")
    }
    hosts: dict[str, RegistrySettings] = {}
    for host, entry in table.items():
        key = Spot(path, f'registries."{host}"')
        key.check_host(host)
        if host_identity(host) in hosts:
            key.refuse(f"the same registry as another table: {host_identity(host)!r}")
        hosts[host_identity(host)] = _read_settings(key, host_identity(host), key.table(entry), plain)
    return Registries(
        hosts=MappingProxyType(hosts),
        mirror_tags=_read_mirror_tags(place.at("mirror-tags"), document.get("mirror-tags")) or "fallback",
        reads=tuple(place.at("read").strings(document.get("read", []))),
        path=path,
    )


def _read_settings(place: Spot, host: str, table: Mapping[str, object], plain: set[str]) -> RegistrySettings:
    place.check_keys(table, _KEYS)
    settings = RegistrySettings(
        mirrors=_read_mirrors(place.at(".mirrors"), host, table.get("mirrors", []), plain),
        mirror_tags=_read_mirror_tags(place.at(".mirror-tags"), table.get("mirror-tags")),
        blocked=place.at(".blocked").boolean(table.get("blocked", False)),
        plain_http=place.at(".plain-http").boolean(table.get("plain-http", False)),
        allow_insecure_auth=place.at(".allow-insecure-auth").boolean(table.get("allow-insecure-auth", False)),
        trust=Trust(
            cas=place.at(".ca").file_names(table.get("ca")),
            client_cert=place.at(".client-cert").file_name(table.get("client-cert")),
            client_key=place.at(".client-key").file_name(table.get("client-key")),
        ),
        trusted_realms=tuple(
            place.at(f".trusted-realms[{number}]").realm(host)
            for number, host in enumerate(place.at(".trusted-realms").strings(table.get("trusted-realms", [])))
        ),
        max_connections=place.at(".max-connections").count(
            table.get("max-connections", DEFAULT_CONNECTIONS), most=MAXIMUM_CONNECTIONS
        ),
        scopes_per_token=place.at(".scopes-per-token").count(table.get("scopes-per-token", 1), most=MAXIMUM_SCOPES),
    )
    if settings.trust.client_key is not None and settings.trust.client_cert is None:
        place.at(".client-key").refuse("a key without client-cert")
    return settings


def _read_mirror_tags(place: Spot, value: object) -> MirrorTags | None:
    return None if value is None else place.word(value, get_args(MirrorTags))


def _read_mirrors(place: Spot, host: str, value: object, plain: set[str]) -> tuple[Place, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str | dict) for one in value):
        place.refuse("not a list of addresses", hint='write mirrors = ["https://mirror.example"]')
    return tuple(_read_mirror(place.at(f"[{number}]"), host, one, plain) for number, one in enumerate(value))


def _read_mirror(place: Spot, host: str, value: str | Mapping[str, object], plain: set[str]) -> Place:
    """Read `"https://…"` or `{ url = "https://…", ns = true }`."""
    table: Mapping[str, object] = {"url": value} if isinstance(value, str) else value
    place.check_keys(table, _MIRROR_KEYS)
    url = table.get("url")
    if not isinstance(url, str):
        place.at(".url").refuse(f"{url!r} is not an address")
    try:
        origin = Origin.of(url)
    except ValueError as error:
        place.refuse(f"{shown(url)} is not a mirror: {error}", hint="write https://host[:port][/path-prefix]")
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
    return Place(
        host=origin.authority,
        scheme="https" if origin.scheme == "https" else "http",
        prefix=prefix,
        namespace=host if place.at(".ns").boolean(table.get("ns", False)) else None,
    )
