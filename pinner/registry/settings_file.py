"""Find and read `registries.toml`; file names in it are relative to its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pinner.errors import ConfigError
from pinner.registry.guides import open_guides
from pinner.registry.settings import Registries, RegistrySettings, parse_registries
from pinner.registry.trust import Trust
from pinner.registry.user_folder import config_folder

FILE_NAME: Final = "registries.toml"
VARIABLE: Final = "PINNER_REGISTRIES"
READ_VARIABLE: Final = "PINNER_REGISTRIES_READ"


def load_registries(environ: Mapping[str, str], explicit_path: Path | str | None = None) -> Registries:
    """Read the user's settings: `--registries`, `$PINNER_REGISTRIES`, the XDG folder, `~/.config`; first one wins.

    Other tools' files are opened where `$PINNER_REGISTRIES_READ`, or else `read` in the settings, names them. What was
    named must exist; raise `ConfigError` otherwise.
    """
    path = _path(environ, explicit_path)
    registries = Registries() if path is None else _read(path)
    named = environ.get(READ_VARIABLE)
    if named is not None:
        names = tuple(part.strip() for part in named.split(",") if part.strip())
        # No folder: a relative path would lead into whatever repository is worked on.
        guides = open_guides(names, environ, folder=None)
    else:
        guides = open_guides(registries.reads, environ, folder=path.absolute().parent if path else None)
    return replace(registries, guides=guides)


def _path(environ: Mapping[str, str], explicit_path: Path | str | None) -> Path | None:
    named = explicit_path or environ.get(VARIABLE)
    if named:
        return Path(named)
    folder = config_folder(environ)
    path = folder / "pinner" / FILE_NAME if folder else None
    return path if path is not None and path.is_file() else None


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
