"""Certificates in the folders that docker and podman read: `certs.d/<host[:port]>/` (containers-certs.d(5)).

`*.crt` is an authority, `X.cert` with `X.key` is a client certificate. Read for a host when it is first asked by https,
never before; folders of the user and of the system only, never of a repository (SEC-22).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pinner.errors import ConfigError
from pinner.oci.hosts import host_identity
from pinner.registry.origin import Origin
from pinner.registry.trust import Trust
from pinner.registry.user_folder import config_folder

SYSTEM_FOLDERS: Final = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))
_AUTHORITY, _CLIENT, _KEY = ".crt", ".cert", ".key"


class CertificateFolders:
    """Looks a host up in all folders; the first that has a folder of its own for the host decides (NET-02)."""

    def __init__(self, environ: Mapping[str, str], *, system: Iterable[Path] = SYSTEM_FOLDERS) -> None:
        self._environ = environ
        self._system = tuple(system)
        self._lock = threading.Lock()
        self._found: dict[Origin, Trust] = {}
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be read, and was left out."""
        return tuple(self._warnings)

    def find(self, origin: Origin) -> Trust:
        """Return the certificates for a host, an empty value where there are none.

        Raise `ConfigError` for half a client certificate.
        """
        with self._lock:
            if origin not in self._found:
                self._found[origin] = self._look(origin)
            return self._found[origin]

    def _look(self, origin: Origin) -> Trust:
        for folder in self._folders():
            for name in _names(origin):
                try:
                    files = sorted(one.name for one in Path(folder, name).iterdir())
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except OSError as error:
                    self._warn(Path(folder, name), error)
                    continue
                return self._read(Path(folder, name), files)
        return Trust()

    def _folders(self) -> tuple[Path, ...]:
        own = config_folder(self._environ)
        if own is None:
            return self._system
        return (own / "containers" / "certs.d", *self._system, own / "docker" / "certs.d")

    def _read(self, folder: Path, names: list[str]) -> Trust:
        for name in names:
            _check_pair(folder, name, names)
        usable = [
            name for name in names if name.endswith((_AUTHORITY, _CLIENT, _KEY)) and self._is_readable(folder, name)
        ]
        pairs = [
            name.removesuffix(_CLIENT)
            for name in usable
            if name.endswith(_CLIENT) and f"{name.removesuffix(_CLIENT)}{_KEY}" in usable
        ]
        for name in pairs[1:]:
            self._warnings[f"{folder}: {name}{_CLIENT} is not used: {pairs[0]}{_CLIENT} is shown to this host"] = None
        return Trust(
            cas=tuple(str(folder / name) for name in usable if name.endswith(_AUTHORITY)),
            client_cert=str(folder / f"{pairs[0]}{_CLIENT}") if pairs else None,
            client_key=str(folder / f"{pairs[0]}{_KEY}") if pairs else None,
        )

    def _is_readable(self, folder: Path, name: str) -> bool:
        try:
            with Path(folder, name).open("rb"):
                return True
        except OSError as error:
            self._warn(Path(folder, name), error)
            return False

    def _warn(self, path: Path, error: OSError) -> None:
        self._warnings[f"{path} cannot be read and is left out: {error.strerror}"] = None


def _names(origin: Origin) -> tuple[str, ...]:
    """Return the folder names that stand for a host; that of Docker Hub is `docker.io`."""
    names = (host_identity(origin.authority), origin.authority, f"{origin.host}:{origin.port}")
    return tuple(dict.fromkeys(names))


def _check_pair(folder: Path, name: str, names: list[str]) -> None:
    for suffix, other in ((_CLIENT, _KEY), (_KEY, _CLIENT)):
        partner = f"{name.removesuffix(suffix)}{other}"
        if name.endswith(suffix) and partner not in names:
            message = f"{os.fspath(folder / name)!r} is half of a client certificate: {partner!r} is missing"
            raise ConfigError(
                message, hint=f"{_CLIENT} is a client certificate; the name of an authority ends with .crt"
            )
