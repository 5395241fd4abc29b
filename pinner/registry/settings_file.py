"""Find and read `registries.toml`; file names in it are relative to its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pinner.errors import ConfigError
from pinner.registry.settings import Registries, RegistrySettings, parse_registries
from pinner.registry.trust import Trust

FILE_NAME: Final = "registries.toml"
VARIABLE: Final = "PINNER_REGISTRIES"


def load_registries(environ: Mapping[str, str], explicit_path: Path | str | None = None) -> Registries:
    """Read the user's settings: `--registries`, `$PINNER_REGISTRIES`, the XDG folder, `~/.config`; first one wins.

    A file that was named must exist; raise `ConfigError` otherwise.
    """
    named = explicit_path or environ.get(VARIABLE)
    if named:
        return _read(Path(named))
    path = _default_path(environ)
    return _read(path) if path is not None and path.is_file() else Registries()


def _default_path(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get("XDG_CONFIG_HOME")
    if folder and Path(folder).is_absolute():  # a relative one must be ignored (XDG base directory specification)
        return Path(folder, "pinner", FILE_NAME)
    home = environ.get("HOME")
    return Path(home, ".config", "pinner", FILE_NAME) if home else None


def _read(path: Path) -> Registries:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        message = f"{path}: cannot be read: {reason}"
        raise ConfigError(message, hint=f"name another file with --registries or {VARIABLE}") from error
    registries = parse_registries(text, path.name)
    folder = path.absolute().parent
    hosts = {host: _resolve(settings, folder) for host, settings in registries.hosts.items()}
    return replace(registries, hosts=MappingProxyType(hosts))


def _resolve(settings: RegistrySettings, folder: Path) -> RegistrySettings:
    def resolved(name: str | None) -> str | None:
        return None if name is None else str(folder / Path(name).expanduser())

    trust = Trust(
        cas=tuple(str(folder / Path(name).expanduser()) for name in settings.trust.cas),
        client_cert=resolved(settings.trust.client_cert),
        client_key=resolved(settings.trust.client_key),
    )
    return replace(settings, trust=trust)
