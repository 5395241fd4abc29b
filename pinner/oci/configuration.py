"""An image's configuration: how it runs, and what it was made of (image-spec, config.md; Docker image spec v1).

Values of environment variables are hashed as they are read, and so are the commands of the build: both hold secrets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sized
from dataclasses import field
from types import MappingProxyType
from typing import Final

from pinner.errors import IntegrityError, InvalidDigestError
from pinner.frozen import dataclass
from pinner.oci.bounded_json import fold_keys, read_object
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS, MAXIMUM_SIZE, read_platform
from pinner.oci.labels import read_labels
from pinner.oci.platform import Platform
from pinner.oci.words import LONGEST_TEXT

CONFIGURATION_TYPES: Final = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
# Storage drivers stop at 128 layers, kernels at two million bytes of environment.
MAXIMUM_ENTRIES: Final = 1000
_MARK: Final = 16
# Of each field what it is called here, and its folded key.
_RUN: Final = {
    "user": "user",
    "entry-point": "entrypoint",
    "command": "cmd",
    "working-directory": "workingdir",
    "stop-signal": "stopsignal",
    "health-check": "healthcheck",
    "shell": "shell",
    "on-build": "onbuild",
}
_COMMANDS: Final = frozenset({"entrypoint", "cmd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What one image's configuration says; texts are the registry's own, to be cleaned before they are shown.

    `run` has the fields that hold one text (`user`, `entry-point`), lists as JSON; a text of more than 512 letters
    ends in a hash. `environment` maps names to hashes. `commands` are hashes of what made each layer, the lowest
    first, and empty where the history does not fit the layers.
    """

    platform: Platform | None = None
    created: str | None = None
    run: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    exposed_ports: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    layers: tuple[Digest, ...] = ()
    commands: tuple[str, ...] = field(default=(), repr=False)


def parse_configuration(content: bytes) -> Configuration:
    """Read a configuration from its exact bytes.

    Raise `IntegrityError` for what is too large, not JSON, ambiguous, or has a field of another type than it must have.
    """
    document = fold_keys(read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=MAXIMUM_PARTS))
    layers = tuple(map(_read_digest, _list(fold_keys(_object(document, "rootfs")), "diff_ids")))
    commands = tuple(
        _mark(str(row.get("created_by", "")))
        for row in map(fold_keys, map(_as_object, _list(document, "history")))
        if row.get("empty_layer") is not True
    )
    config = fold_keys(_object(document, "config"))
    created = document.get("created")
    return Configuration(
        platform=read_platform(document),
        created=created if isinstance(created, str) and len(created) <= LONGEST_TEXT else None,
        run=MappingProxyType({name: text for name, key in _RUN.items() if (text := _read_text(config, key))}),
        exposed_ports=frozenset(map(_bounded, _object(config, "exposedports"))),
        volumes=frozenset(map(_bounded, _object(config, "volumes"))),
        environment=MappingProxyType(dict(map(_read_variable, _list(config, "env")))),
        labels=read_labels(config.get("labels")),
        layers=layers,
        commands=commands if len(commands) == len(layers) else (),
    )


def _read_text(config: Mapping[str, object], key: str) -> str:
    """Return a field as one text, which is empty where it says nothing; Docker takes a text for a list of one."""
    value = config.get(key)
    if isinstance(value, str) and key in _COMMANDS:
        value = [value]
    if value is None or isinstance(value, str):
        return _bounded(value or "")
    if not isinstance(value, list | dict):
        message = f"config.{key} is neither a text nor a list"
        raise IntegrityError(message)
    return _bounded(json.dumps(value, ensure_ascii=False)) if value else ""


def _read_variable(entry: object) -> tuple[str, str]:
    """Return the name of a variable and a hash of its value."""
    if not isinstance(entry, str):
        message = "an entry of config.env is no text"
        raise IntegrityError(message)
    name, _, value = entry.partition("=")
    return _bounded(name), _mark(value)


def _read_digest(value: object) -> Digest:
    try:
        return Digest.parse(str(value))
    except InvalidDigestError as error:
        message = f"rootfs.diff_ids: {error}"
        raise IntegrityError(message) from error


def _object(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return an object, empty for null, which Go writes in its place."""
    value = document.get(key)
    found = {} if value is None else _as_object(value, key)
    _check_number(found, key)
    return found


def _list(document: Mapping[str, object], key: str) -> list[object]:
    value = document.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        message = f"{key} is not a list"
        raise IntegrityError(message)
    _check_number(value, key)
    return value


def _as_object(value: object, key: str = "an entry of history") -> Mapping[str, object]:
    if not isinstance(value, dict):
        message = f"{key} is not an object"
        raise IntegrityError(message)
    return value


def _check_number(value: Sized, key: str) -> None:
    if len(value) > MAXIMUM_ENTRIES:
        message = f"{key} has {len(value)} entries, more than {MAXIMUM_ENTRIES}"
        raise IntegrityError(message)


def _bounded(text: str) -> str:
    """Return a text, or the beginning of a long one and what tells it from others."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - _MARK - 1]}…{_mark(text)}"


def _mark(text: str) -> str:
    # A lone surrogate, which JSON can spell, has no UTF-8.
    return Digest.of(text.encode(errors="surrogatepass")).encoded[:_MARK]
