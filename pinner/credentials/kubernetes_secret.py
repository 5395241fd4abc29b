"""A Kubernetes pull secret as text: Secrets in YAML or JSON, or what stands inside one. No cluster is ever asked.

Shapes by the Kubernetes documentation, "Pull an image from a private registry".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pinner.credentials.config_document import (
    ConfigDocument,
    parse_config,
    parse_dockercfg,
    read_config,
    read_dockercfg,
)
from pinner.credentials.fields import read_table, read_text
from pinner.errors import ConfigError

# The types that kubelet pulls with: the key in the Secret, and how to read what stands there.
_TYPES: Final[Mapping[str, tuple[str, Callable[[str, str], ConfigDocument]]]] = {
    "kubernetes.io/dockerconfigjson": (
        ".dockerconfigjson",
        lambda text, place: parse_config(text, place, with_helpers=False),
    ),
    "kubernetes.io/dockercfg": (".dockercfg", parse_dockercfg),
}


def parse_pull_secrets(text: str, place: str) -> tuple[ConfigDocument, ...]:
    """Read all pull secrets of a file, in their order; objects of other kinds are passed over.

    Raise `ConfigError` naming the place, never the content, where one cannot be read or the file has none.
    """
    found = tuple(config for document in _documents(text, place) for config in _read_document(document, place))
    if not found:
        message = f"{place}: holds no pull secret"
        raise ConfigError(message, hint=f"it takes a Secret of type {' or '.join(_TYPES)}, or the decoded JSON")
    return found


def _documents(text: str, place: str) -> tuple[object, ...]:
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        pass  # it may be YAML
    import yaml  # noqa: PLC0415 - start-up: only a pull secret needs it

    # The base loader makes texts, lists and tables, whatever the tags say; it is not the C one, whose recursion is
    # not guarded against deep nesting.
    try:
        return tuple(yaml.load_all(text, Loader=yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{place}:{mark.line + 1}:{mark.column + 1}" if mark else place
    except (yaml.YAMLError, RecursionError):
        where = place
    message = f"{where}: neither YAML nor JSON"
    raise ConfigError(message)


def _read_document(document: object, place: str) -> Iterator[ConfigDocument]:
    if not isinstance(document, dict):
        return
    kind = document.get("kind")
    if kind in {"List", "SecretList"}:
        items = document.get("items")
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and item.get("kind", "Secret") == "Secret":
                yield from _read_secret(item, place)
    elif kind == "Secret":
        yield from _read_secret(document, place)
    elif "auths" in document:
        yield read_config(document, place, with_helpers=False)
    elif kind is None and document:
        yield read_dockercfg(document, place)


def _read_secret(secret: Mapping[str, object], place: str) -> Iterator[ConfigDocument]:
    known = _TYPES.get(str(secret.get("type")))
    if known is None:
        return
    key, parse = known
    metadata = secret.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    where = f"{place}: Secret {name!r}" if isinstance(name, str) else place
    yield parse(_content(secret, key, where), where)


def _content(secret: Mapping[str, object], key: str, where: str) -> str:
    """Return the text under `key`: `stringData` as it is goes before `data` in base64, as with the API server."""
    plain = read_table(secret.get("stringData") or {}, f"{where}: stringData")
    if key in plain:
        return read_text(plain[key], f"{where}: stringData.{key}")
    encoded = read_table(secret.get("data") or {}, f"{where}: data")
    if key not in encoded:
        message = f"{where}: has no {key}"
        raise ConfigError(message)
    try:
        content = base64.b64decode("".join(read_text(encoded[key], f"{where}: data.{key}").split()), validate=True)
        return content.decode("utf-8")
    except (binascii.Error, ValueError):
        message = f"{where}: data.{key} is not base64 of UTF-8"
    raise ConfigError(message, hint="decrypt it first if it is encrypted")
