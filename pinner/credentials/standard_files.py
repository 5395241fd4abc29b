"""Where docker and podman keep their files.

A variable that names a file or folder takes the place of the file it stands for; a relative `XDG_` folder counts as
none (XDG base directory specification).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pinner.credentials.config_document import parse_dockercfg
from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.steps import Silent, Source
from pinner.credentials.surroundings import Surroundings

_AUTH: Final = ("containers", "auth.json")


def find_registry_auth_file(around: Surroundings) -> Source:
    """Return the file that `REGISTRY_AUTH_FILE` names (containers-auth.json(5))."""
    name = "REGISTRY_AUTH_FILE"
    file = around.environ.get(name)
    return DockerConfigSource(Path(file), name=name, helpers=around.helpers) if file else Silent(name)


def find_docker_config(around: Surroundings) -> Source:
    """Return Docker's file: in the folder that `DOCKER_CONFIG` names, or in the home folder."""
    if folder := around.environ.get("DOCKER_CONFIG"):
        return DockerConfigSource(Path(folder, "config.json"), name="DOCKER_CONFIG", helpers=around.helpers)
    return _at_home(around, "~/.docker/config.json")


def find_podman_session(around: Surroundings) -> Source:
    """Return what `podman login` writes on Linux: a file of the session, gone after a restart."""
    if folder := _absolute(around.environ.get("XDG_RUNTIME_DIR")):
        name = "$XDG_RUNTIME_DIR/containers/auth.json"
        return DockerConfigSource(Path(folder, *_AUTH), name=name, helpers=around.helpers)
    if around.user_id is None:
        return Silent("$XDG_RUNTIME_DIR/containers/auth.json")
    return DockerConfigSource(Path("/run/containers", str(around.user_id), "auth.json"), helpers=around.helpers)


def find_podman_config(around: Surroundings) -> Source:
    """Return podman's lasting file, the only one outside of Linux."""
    if folder := _absolute(around.environ.get("XDG_CONFIG_HOME")):
        name = "$XDG_CONFIG_HOME/containers/auth.json"
        return DockerConfigSource(Path(folder, *_AUTH), name=name, helpers=around.helpers)
    return _at_home(around, "~/.config/containers/auth.json")


def find_dockercfg(around: Surroundings) -> Source:
    """Return the file of Docker before 1.7, which some tools still write."""
    name = "~/.dockercfg"
    if around.home is None:
        return Silent(name)
    return DockerConfigSource(around.home / ".dockercfg", name=name, helpers=around.helpers, parse=parse_dockercfg)


def _at_home(around: Surroundings, name: str) -> Source:
    if around.home is None:
        return Silent(name)
    return DockerConfigSource(around.home / name.removeprefix("~/"), name=name, helpers=around.helpers)


def _absolute(folder: str | None) -> str | None:
    return folder if folder and Path(folder).is_absolute() else None
