"""The ordered table of sources (AUTH-30): the first that knows a registry wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pinner.credentials.base import Chain, CredentialSource
from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.environment import VARIABLE, EnvironmentSource


def default_sources(environ: Mapping[str, str], home: Path | None) -> Chain:
    """Return the chain for one user; nothing is read before a registry is asked for.

    `DOCKER_AUTH_CONFIG`, `REGISTRY_AUTH_FILE`, Docker's `config.json`, podman's `auth.json` of the session and of the
    user. A variable that names a file or folder takes the place of the file it stands for; a relative `XDG_` folder
    counts as none (XDG base directory specification).
    """
    return Chain(_sources(environ, home))


def _sources(environ: Mapping[str, str], home: Path | None) -> Iterator[CredentialSource]:
    if environ.get(VARIABLE):
        yield EnvironmentSource(environ[VARIABLE])
    for path, name in _files(environ, home):
        yield DockerConfigSource(path, name=name, environ=environ)


def _files(environ: Mapping[str, str], home: Path | None) -> Iterator[tuple[Path, str]]:
    if file := environ.get("REGISTRY_AUTH_FILE"):
        yield Path(file), "REGISTRY_AUTH_FILE"
    if folder := environ.get("DOCKER_CONFIG"):
        yield Path(folder, "config.json"), "DOCKER_CONFIG"
    elif home is not None:
        yield home / ".docker" / "config.json", "~/.docker/config.json"
    if folder := _absolute(environ.get("XDG_RUNTIME_DIR")):
        yield Path(folder, "containers", "auth.json"), "$XDG_RUNTIME_DIR/containers/auth.json"
    if folder := _absolute(environ.get("XDG_CONFIG_HOME")):
        yield Path(folder, "containers", "auth.json"), "$XDG_CONFIG_HOME/containers/auth.json"
    elif home is not None:
        yield home / ".config" / "containers" / "auth.json", "~/.config/containers/auth.json"


def _absolute(folder: str | None) -> str | None:
    return folder if folder and Path(folder).is_absolute() else None
