"""podman's `registries.conf`, version 2, as directions (containers-registries.conf(5)). Text in, values out.

Two things differ on purpose. What a tag means is asked of the registry before its mirrors (`places`). And `insecure`
allows plain http where a port does not speak TLS; certificates are verified all the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from pinner.errors import ConfigError, InvalidReferenceError
from pinner.oci.hosts import host_identity
from pinner.oci.reference import DOCKER_HUB, Reference
from pinner.registry.places import Answers, Directions, Place
from pinner.registry.toml_values import Spot

_PULLS: Final[Mapping[str, Answers]] = {"all": "all", "digest-only": "digests", "tag-only": "tags"}
_TABLE_KEYS: Final = ("prefix", "location", "insecure", "blocked", "mirror-by-digest-only", "mirror")
_MIRROR_KEYS: Final = ("location", "insecure", "pull-from-mirror")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Location:
    """`host[:port][/path]`; the host is empty where nothing is rewritten."""

    host: str
    path: str
    insecure: bool
    answers: Answers = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A `[[registry]]` table: what is meant by names that begin with `host/path`, or `*.domain/path`."""

    host: str
    path: str
    location: _Location
    mirrors: tuple[_Location, ...]
    is_blocked: bool
    source: str

    @property
    def weight(self) -> tuple[int, bool]:
        """How much of a name this rule decides: the longest wins, and a name before a pattern."""
        return len(self.host) + len(self.path), not self.host.startswith("*.")

    def is_for(self, registry: str, repository: str) -> bool:
        """Return whether a repository is below this prefix."""
        is_host = registry == self.host
        if self.host.startswith("*."):
            name, _, port = registry.partition(":")
            is_host = registry.endswith(self.host[1:]) or (bool(port) and name.endswith(self.host[1:]))
        return is_host and (not self.path or f"{repository}/".startswith(f"{self.path}/"))

    def directions(self, registry: str) -> Directions:
        """Return who is asked for a repository of `registry` that this rule is for."""
        if self.is_blocked:
            return Directions(registry=None, source=self.source)
        return Directions(
            registry=self._place(self.location, registry),
            mirrors=tuple(self._place(mirror, registry) for mirror in self.mirrors),
            source=self.source,
        )

    def _place(self, location: _Location, registry: str) -> Place:
        return Place(
            host=location.host or registry,
            scheme="either" if location.insecure else None,
            strips=self.path if location.host else "",
            prefix=location.path,
            answers=location.answers,
        )


@dataclass(frozen=True, slots=True)
class RegistriesConf:
    """All files together, as a guide; warnings come with the first question that they concern."""

    rules: tuple[Rule, ...]
    aliases: Mapping[str, str]
    searched: tuple[str, ...] | None
    source: str
    notes: tuple[str, ...] = ()
    _warnings: dict[str, None] = field(default_factory=dict, init=False, compare=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the files say and pinner does not do."""
        return (*self.notes, *self._warnings)

    def directions(self, registry: str, repository: str) -> Directions | None:
        """Return who is asked for a repository, by the longest prefix that is its own."""
        self._warn_of_short_names(registry, repository)
        fitting = [rule for rule in self.rules if rule.is_for(registry, repository)]
        if not fitting:
            return None
        rule = max(fitting, key=lambda one: one.weight)
        for location in (rule.location, *rule.mirrors):
            if location.insecure and not rule.is_blocked:
                host = location.host or registry
                text = f"{rule.source}: {host} is insecure: it may be asked by plain http; certificates are verified"
                self._warnings[text] = None
        return rule.directions(registry)

    def _warn_of_short_names(self, registry: str, repository: str) -> None:
        """Say what podman would read otherwise; who is asked must never differ in silence."""
        if registry != DOCKER_HUB:
            return
        alias = self.aliases.get(repository.removeprefix("library/"))
        if alias is not None and alias != f"{registry}/{repository}":
            self._warnings[f"{self.source}: the alias {alias!r} is not used: {registry}/{repository} is asked"] = None
        if self.searched is not None and self.searched[:1] != (DOCKER_HUB,):
            text = "unqualified-search-registries is not used: names without a registry are those of docker.io"
            self._warnings[f"{self.source}: {text}"] = None


def parse_registries_conf(texts: Iterable[tuple[str, str]]) -> RegistriesConf:
    """Read files, each given as (path, text), the main one first; of tables with one prefix the last counts.

    Raise `ConfigError` naming the file and the key.
    """
    rules: dict[tuple[str, str], Rule] = {}
    aliases: dict[str, str] = {}
    searched: tuple[str, ...] | None = None
    notes: dict[str, None] = {}
    paths: list[str] = []
    for path, text in texts:
        paths.append(path)
        spot = Spot(path)
        document = _read_document(spot, text)
        for number, value in enumerate(_tables(spot.at("registry"), document.get("registry", []))):
            rule = _read_rule(spot.at(f"registry[{number}]"), value, notes)
            rules[rule.host, rule.path] = rule
        aliases.update(_read_aliases(spot.at("aliases"), document.get("aliases", {})))
        if "unqualified-search-registries" in document:
            key = spot.at("unqualified-search-registries")
            searched = tuple(map(host_identity, key.strings(document["unqualified-search-registries"])))
        if document.get("credential-helpers"):
            notes[f"{path}: credential-helpers is not used; docker's config.json can name them"] = None
    return RegistriesConf(tuple(rules.values()), aliases, searched, paths[0] if paths else "", tuple(notes))


def _read_document(spot: Spot, text: str) -> Mapping[str, object]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{spot.path}: not TOML: {error}"
        raise ConfigError(message) from error
    if "registries" in document:
        spot.at("registries").refuse("version 1 of the format is not read", hint="write [[registry]] tables")
    return document


def _tables(spot: Spot, value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        spot.refuse("not a list of tables", hint=f"write [[{spot.key}]]")
    return [spot.at(f"[{number}]").table(one) for number, one in enumerate(value)]


def _read_rule(spot: Spot, table: Mapping[str, object], notes: dict[str, None]) -> Rule:
    _note_unknown(spot, table, _TABLE_KEYS, notes)
    location, prefix = _text(spot, table, "location"), _text(spot, table, "prefix")
    if not location and not prefix.startswith("*."):
        spot.refuse("location is missing", hint="only a prefix like '*.example.com' may go without")
    host, path = _split(spot.at(".prefix"), prefix or location, is_pattern=True)
    is_digest_only = spot.at(".mirror-by-digest-only").boolean(table.get("mirror-by-digest-only", False))
    return Rule(
        host=host,
        path=path,
        location=_read_location(spot, table, "all"),
        mirrors=tuple(
            _read_mirror(spot.at(f".mirror[{number}]"), mirror, "digests" if is_digest_only else None, notes)
            for number, mirror in enumerate(_tables(spot.at(".mirror"), table.get("mirror", [])))
        ),
        is_blocked=spot.at(".blocked").boolean(table.get("blocked", False)),
        source=spot.path,
    )


def _read_mirror(
    spot: Spot, table: Mapping[str, object], of_registry: Answers | None, notes: dict[str, None]
) -> _Location:
    _note_unknown(spot, table, _MIRROR_KEYS, notes)
    if not _text(spot, table, "location"):
        spot.refuse("location is missing")
    key = spot.at(".pull-from-mirror")
    if of_registry is not None and "pull-from-mirror" in table:
        key.refuse("does not go with mirror-by-digest-only")
    word = key.word(table.get("pull-from-mirror", "all"), tuple(_PULLS))
    return _read_location(spot, table, of_registry or _PULLS[word])


def _read_location(spot: Spot, table: Mapping[str, object], answers: Answers) -> _Location:
    assert answers in get_args(Answers)
    text = _text(spot, table, "location")
    host, path = _split(spot.at(".location"), text) if text else ("", "")
    insecure = spot.at(".insecure").boolean(table.get("insecure", False))
    return _Location(host=host, path=path, insecure=insecure, answers=answers)


def _split(spot: Spot, text: str, *, is_pattern: bool = False) -> tuple[str, str]:
    """Split `host[:port][/path]`; a pattern may begin with `*.`."""
    host, _, path = text.rstrip("/").partition("/")
    spot.check_host(host.removeprefix("*.") if is_pattern else host)
    if path:
        try:
            is_path = Reference.parse(f"host.example/{path}").repository == path
        except InvalidReferenceError:
            is_path = False
        if not is_path:
            spot.refuse(f"{text!r} is not a registry or a part of one", hint="write host[:port][/path], without a tag")
    return (host.lower() if host.startswith("*.") else host_identity(host)), path


def _text(spot: Spot, table: Mapping[str, object], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        spot.at(f".{key}").refuse(f"{value!r} is not a text")
    return value


def _read_aliases(spot: Spot, value: object) -> dict[str, str]:
    return {name: target for name, target in spot.table(value).items() if isinstance(target, str)}


def _note_unknown(spot: Spot, table: Mapping[str, object], known: tuple[str, ...], notes: dict[str, None]) -> None:
    for key in table:
        if key not in known:
            notes[f"{spot.path}: {spot.key}.{key} is not known to pinner and not used"] = None
