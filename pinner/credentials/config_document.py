"""Docker's `config.json` and podman's `auth.json` as values: text in, entries out. Nothing here reads a file.

Shapes by docker/cli, `cli/config/configfile`, and containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.errors import ConfigError

HUB: Final = "docker.io"
# The key under which Docker's tools keep Docker Hub's credentials (REF-03).
HUB_KEY: Final = "https://index.docker.io/v1/"
HUB_HOSTS: Final = frozenset({HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
TOKEN_USER: Final = "<token>"  # noqa: S105 - the protocol's mark of an identity token


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """The parts that matter here: logins by host or `host/path`, helpers by host, the helper for everything else."""

    logins: Mapping[str, Login] = field(repr=False, default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str | None = None
    warnings: tuple[str, ...] = ()

    def login_for(self, registry: str, repository: str | None = None) -> Login | None:
        """Return the login of the most specific key: `host/a/b`, then `host/a`, then `host`."""
        for key in _keys(registry, repository):
            if key in self.logins:
                return self.logins[key]
        return None

    def helper_for(self, registry: str) -> str | None:
        """Return the helper's name: the host's own before the store (docker/cli, `GetCredentialsStore`)."""
        return self.helpers.get(normal_key(registry), self.store)


def parse_config(text: str, place: str, *, with_helpers: bool = True) -> ConfigDocument:
    """Read a whole `config.json`; `place` names it in messages and never shows its content.

    Raise `ConfigError` with the line where it is not JSON, or with the key of a misshapen entry (AUTH-22).
    """
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        message = f"{place}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise ConfigError(message) from None  # the cause carries the whole text, secrets and all
    except (ValueError, RecursionError):
        message = f"{place}: not JSON that can be read"
        raise ConfigError(message) from None
    root = _table(document, place)
    warnings: list[str] = []
    helpers = {
        normal_key(host): _text(name, f"{place}: credHelpers.{_shown(host)!r}")
        for host, name in _part(root, "credHelpers", place).items()
    }
    store = root.get("credsStore")
    if not with_helpers and (helpers or store):
        warnings.append(f"{place}: credential helpers are not started from here")
        helpers, store = {}, None
    logins: dict[str, Login] = {}
    for key, entry in _part(root, "auths", place).items():
        where = f"{place}: auths.{_shown(key)!r}"
        login = _read_entry(_table({} if entry is None else entry, where), where, source=place, warnings=warnings)
        if login is not None:
            # The exact key of Docker Hub wins over its other spellings, otherwise the first one stands.
            if key == HUB_KEY:
                logins[HUB] = login
            logins.setdefault(normal_key(key), login)
    return ConfigDocument(
        logins=logins,
        helpers=helpers,
        store=_text(store, f"{place}: credsStore") if store else None,
        warnings=tuple(warnings),
    )


def normal_key(key: str) -> str:
    """Return the one form of a key: no scheme, no `/v1/`, lowercase host, Docker Hub as `docker.io`.

    A key with a scheme means its host alone (docker/cli, `ConvertToHostname`); one without may end in a path (podman).
    """
    bare = key.strip()
    for scheme in ("https://", "http://"):
        if bare.lower().startswith(scheme):
            bare = bare[len(scheme) :].partition("/")[0]
    host, _, path = bare.partition("/")
    host = host.lower().removesuffix(":443")
    path = path.strip("/")
    if host in HUB_HOSTS:
        host = HUB
    return host if path in {"", "v1", "v2"} else f"{host}/{path}"


def _shown(key: str) -> str:
    """Return a key as messages may show it: before an `@` may stand a password (AUTH-23)."""
    return key.rpartition("@")[2]


def helper_key(registry: str) -> str:
    """Return the address that a helper knows a registry by."""
    key = normal_key(registry)
    return HUB_KEY if key == HUB else key


def _keys(registry: str, repository: str | None) -> Iterator[str]:
    host = normal_key(registry)
    path = repository or ""
    while path:
        yield f"{host}/{path}"
        path = path.rpartition("/")[0]
    yield host


def _read_entry(entry: Mapping[str, object], where: str, *, source: str, warnings: list[str]) -> Login | None:
    identity, registry_token = entry.get("identitytoken"), entry.get("registrytoken")
    if registry_token:
        return RegistryToken(secret=_text(registry_token, f"{where}.registrytoken"), source=source)
    if identity:
        return IdentityToken(secret=_text(identity, f"{where}.identitytoken"), source=source)
    username, secret = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        decoded = _decode(_text(entry["auth"], f"{where}.auth"))
        if decoded is None:
            warnings.append(f"{where}.auth is not base64 of user:password, and was left out")
            return None
        username, secret = decoded
    if not username or not secret:
        return None
    username, secret = _text(username, f"{where}.username"), _text(secret, f"{where}.password")
    if username == TOKEN_USER:
        return IdentityToken(secret=secret, source=source)
    return Credential(username=username, secret=secret, source=source)


def _decode(text: str) -> tuple[str, str] | None:
    """Read base64 of `user:password`, with missing padding, the URL alphabet, white space and NULs forgiven."""
    bare = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    username, colon, secret = decoded.rstrip("\0").partition(":")
    return (username, secret) if colon and username else None


def _part(root: Mapping[str, object], key: str, place: str) -> Mapping[str, object]:
    value = root.get(key)
    return {} if value is None else _table(value, f"{place}: {key}")


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        message = f"{where}: not a JSON object"
        raise ConfigError(message)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        message = f"{where}: not a text"
        raise ConfigError(message)
    return value
