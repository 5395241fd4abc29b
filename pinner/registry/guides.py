"""Find and read other tools' files about registries, where the user asks for it (`read` in registries.toml).

Only files of the user and of the system: a repository must never choose who is asked (SEC-22).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pinner.errors import ConfigError
from pinner.registry.daemon_json import parse_daemon
from pinner.registry.hosts_toml import parse_hosts
from pinner.registry.places import Directions, Guide
from pinner.registry.registries_conf import RegistriesConf, parse_registries_conf
from pinner.registry.user_folder import config_folder

CONTAINERS: Final = Path("/etc/containers")
CONTAINERD: Final = Path("/etc/containerd/certs.d")
DAEMON: Final = Path("/etc/docker/daemon.json")
KINDS: Final = ("registries.conf", "hosts.toml", "daemon.json")
_DEFAULT_FOLDER: Final = "_default"


def open_guides(names: Iterable[str], environ: Mapping[str, str], *, folder: Path | None) -> tuple[Guide, ...]:
    """Return a guide for each name: a kind of file, which is looked for in its usual places, or a path.

    Relative paths are below `folder`, and not allowed where that is None. Raise `ConfigError` naming what is wrong.
    """
    return tuple(_open_guide(name, environ, folder) for name in names)


def _open_guide(name: str, environ: Mapping[str, str], folder: Path | None) -> Guide:
    if name == "registries.conf":
        return read_registries_conf(environ)
    if name == "hosts.toml":
        xdg = config_folder(environ)
        return HostsFolders(((xdg / "containerd" / "certs.d",) if xdg else ()) + (CONTAINERD,))
    if name == "daemon.json":
        return parse_daemon(_read(DAEMON) if DAEMON.is_file() else "{}", str(DAEMON))
    path = Path(name).expanduser()
    if "/" not in name or (folder is None and not path.is_absolute()):
        message = f"{name!r} names no configuration that pinner can read"
        raise ConfigError(message, hint=f"write one of {', '.join(KINDS)}, or the full path of a file or folder")
    path = path if folder is None else folder / path
    if path.is_dir():
        return HostsFolders((path,))
    if path.suffix == ".json":
        return parse_daemon(_read(path), str(path))
    return parse_registries_conf([(str(path), _read(path))])


def read_registries_conf(environ: Mapping[str, str]) -> RegistriesConf:
    """Read podman's files: the main one (variable, user, system; the first there is), then the drop-ins of both."""
    home = environ.get("HOME")
    folders = (CONTAINERS, *((Path(home, ".config", "containers"),) if home else ()))
    named = environ.get("CONTAINERS_REGISTRIES_CONF")
    candidates = [folder / "registries.conf" for folder in reversed(folders)]
    main = Path(named) if named else next((one for one in candidates if one.is_file()), None)
    drop_ins = [path for folder in folders for path in sorted((folder / "registries.conf.d").glob("*.conf"))]
    paths = [*([main] if main else []), *drop_ins]
    return parse_registries_conf((str(path), _read(path)) for path in paths)


class HostsFolders:
    """containerd's folders, one a registry, read when the registry is first asked for."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = roots
        self._lock = threading.Lock()
        self._known: dict[str, Directions | None] = {}
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the files say and pinner does not do."""
        return tuple(self._warnings)

    def directions(self, registry: str, repository: str) -> Directions | None:  # noqa: ARG002 - a file is for a host
        """Return who is asked for the repositories of `registry`, by the first folder that is its own or `_default`."""
        with self._lock:
            if registry not in self._known:
                self._known[registry] = self._look(registry)
            return self._known[registry]

    def _look(self, registry: str) -> Directions | None:
        host, colon, port = registry.rpartition(":")
        spelled = [f"{host}_{port}_"] if colon and not port.endswith("]") else []
        for root in self._roots:
            for name in (*spelled, registry, _DEFAULT_FOLDER):
                path = root / name / "hosts.toml"
                if not path.parent.is_dir():
                    continue
                if not path.is_file():  # a folder with certificates alone
                    return None
                directions, notes = parse_hosts(_read(path), path, registry)
                self._warnings.update(dict.fromkeys(notes))
                return directions
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        message = f"{path}: cannot be read: {reason}"
        raise ConfigError(message, hint="`read` in registries.toml asks for this file") from error
