"""Docker's `config.json` and podman's `auth.json` as values: text in, entries out. Nothing here reads a file.

Shapes by docker/cli, `cli/config/configfile`, and containers-auth.json(5). `HttpHeaders` are never sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pinner.credentials.base import Login
from pinner.credentials.entries import read_login
from pinner.credentials.fields import read_table, read_text
from pinner.credentials.keys import HUB_KEY, keys_of, normal_key, shown_key
from pinner.errors import ConfigError

STORE: Final = "credsStore"
OWN_HELPERS: Final = "credHelpers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A login and its key as it was written."""

    key: str = field(repr=False)
    login: Login

    @property
    def name(self) -> str:
        """The key in its one form."""
        return normal_key(self.key)


@dataclass(frozen=True, slots=True)
class NamedHelper:
    """A helper's name, and the setting that names it for a registry."""

    name: str
    key: str

    @property
    def is_store(self) -> bool:
        """Whether it is the helper for everything, beside which entries of the file still count."""
        return self.key == STORE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """The parts that matter here: logins by host or `host/path`, helpers by host, the helper for everything else."""

    entries: tuple[Entry, ...] = ()
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str | None = None
    warnings: tuple[str, ...] = ()

    def entry_for(self, registry: str, repository: str | None = None) -> Entry | None:
        """Return the entry with the most specific key: `host/a/b`, then `host/a`, then `host`.

        The exact key of Docker Hub wins over its other spellings, otherwise the first one stands.
        """
        for name in keys_of(registry, repository):
            same = [entry for entry in self.entries if entry.name == name]
            if same:
                return next((entry for entry in same if entry.key == HUB_KEY), same[0])
        return None

    def helper_for(self, registry: str) -> NamedHelper | None:
        """Return the helper to ask: the host's own before the store (docker/cli, `GetCredentialsStore`)."""
        own = self.helpers.get(normal_key(registry))
        if own is not None:
            return NamedHelper(own, OWN_HELPERS)
        return None if self.store is None else NamedHelper(self.store, STORE)


def parse_config(text: str, place: str, *, with_helpers: bool = True) -> ConfigDocument:
    """Read a whole `config.json`; `place` names it in messages and never shows its content.

    Raise `ConfigError` with the line where it is not JSON, or with the key of a misshapen entry (AUTH-22).
    """
    return read_config(_load(text, place), place, with_helpers=with_helpers)


def parse_dockercfg(text: str, place: str) -> ConfigDocument:
    """Read a legacy `.dockercfg`: the entries alone, without `auths` around them; raise like `parse_config`."""
    return read_dockercfg(_load(text, place), place)


def read_config(document: object, place: str, *, with_helpers: bool = True) -> ConfigDocument:
    """Read a `config.json` that is JSON already; see `parse_config`."""
    root = read_table(document, place)
    helpers = {
        normal_key(host): read_text(name, f"{place}: {OWN_HELPERS}.{shown_key(host)!r}")
        for host, name in _part(root, OWN_HELPERS, place).items()
    }
    store = root.get(STORE)
    warnings: list[str] = []
    if not with_helpers and (helpers or store):
        warnings.append(f"{place}: credential helpers are not started from here")
        helpers, store = {}, None
    return ConfigDocument(
        entries=_read_entries(_part(root, "auths", place), f"{place}: auths.", place, warnings),
        helpers=helpers,
        store=read_text(store, f"{place}: {STORE}") if store else None,
        warnings=tuple(warnings),
    )


def read_dockercfg(document: object, place: str) -> ConfigDocument:
    """Read a `.dockercfg` that is JSON already; see `parse_dockercfg`."""
    warnings: list[str] = []
    entries = _read_entries(read_table(document, place), f"{place}: ", place, warnings)
    return ConfigDocument(entries=entries, warnings=tuple(warnings))


def _load(text: str, place: str) -> object:
    try:
        document: object = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        message = f"{place}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise ConfigError(message) from None  # the cause carries the whole text, secrets and all
    except (ValueError, RecursionError):
        message = f"{place}: not JSON that can be read"
        raise ConfigError(message) from None
    return document


def _read_entries(table: Mapping[str, object], prefix: str, place: str, warnings: list[str]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for key, value in table.items():
        where = f"{prefix}{shown_key(key)!r}"
        login = read_login(read_table({} if value is None else value, where), where, place=place, warnings=warnings)
        if login is not None:
            entries.append(Entry(key=key, login=login))
    return tuple(entries)


def _part(root: Mapping[str, object], key: str, place: str) -> Mapping[str, object]:
    value = root.get(key)
    return {} if value is None else read_table(value, f"{place}: {key}")
