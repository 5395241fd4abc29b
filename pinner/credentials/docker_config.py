"""Docker's `config.json` and podman's `auth.json` on disk: read once, when the first host is asked for."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pinner.credentials.base import Login
from pinner.credentials.config_document import ConfigDocument, helper_key, normal_key, parse_config
from pinner.credentials.helper import Helper, HelperMissingError
from pinner.errors import ConfigError, HelperError

MAXIMUM_SIZE: Final = 1024 * 1024
# Registries whose public images need no login, so a helper that is not installed must not stand in the way.
OPEN_REGISTRIES: Final = frozenset(
    {"docker.io", "ghcr.io", "quay.io", "public.ecr.aws", "mcr.microsoft.com", "registry.k8s.io", "gcr.io"}
)


class DockerConfigSource:
    """One file: `credHelpers` of the host, then `credsStore`, then `auths` (AUTH-30)."""

    def __init__(self, path: Path, *, name: str | None = None, environ: Mapping[str, str]) -> None:
        self._path = path
        self._name = name or str(path)
        self._environ = environ
        self._lock = threading.Lock()
        self._document: ConfigDocument | None = None
        self._helpers: dict[str, Helper] = {}
        self._warnings: list[str] = []
        self._is_stopped = False

    @property
    def names(self) -> tuple[str, ...]:
        """The file's name, and the helpers that it sent us to."""
        return (self._name, *(helper.program for helper in self._helpers.values()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return tuple(self._warnings)

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        """Return the login for `registry`; see `CredentialSource.get`. Helpers are asked one at a time (AUTH-24)."""
        with self._lock:
            if self._document is None:
                self._document = self._load()
            return self._ask(self._document, registry, repository)

    def stop(self) -> None:
        """End the helpers that are under way; the lock is not taken, because whoever waits for one holds it."""
        self._is_stopped = True
        for helper in tuple(self._helpers.values()):
            helper.stop()

    def _ask(self, document: ConfigDocument, registry: str, repository: str | None) -> Login | None:
        name = document.helper_for(registry)
        if name is None:
            return document.login_for(registry, repository)
        helper = self._helpers.setdefault(name, Helper(name, environ=self._environ))
        if self._is_stopped:
            helper.stop()
        try:
            login = helper.get(helper_key(registry))
        except HelperMissingError as error:
            if normal_key(registry) not in OPEN_REGISTRIES:
                raise
            self._warnings.append(f"{self._name}: {error.message}; {registry} is asked without credentials")
            login = None
        except HelperError as error:
            error.hint = f"{error.hint}; {self._name} names it" if error.hint else f"named by {self._name}"
            raise
        if login is None and name == document.store:
            return document.login_for(registry, repository)
        return login

    def _load(self) -> ConfigDocument:
        text = self._read()
        document = ConfigDocument() if text is None else parse_config(text, self._name)
        self._warnings += document.warnings
        return document

    def _read(self) -> str | None:
        """Return the file's text, or None where there is none; never wait on a pipe or a device (AUTH-22)."""
        try:
            status = self._path.stat()
            if not stat.S_ISREG(status.st_mode):
                message = f"{self._name}: not a regular file"
                raise ConfigError(message)
            if status.st_size > MAXIMUM_SIZE:
                message = f"{self._name}: larger than {MAXIMUM_SIZE} bytes"
                raise ConfigError(message)
            content = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            message = f"{self._name}: cannot be read: {error.strerror}"
            raise ConfigError(message, hint="give yourself the right to read it, or name another file") from error
        if os.name == "posix" and status.st_mode & stat.S_IRWXO:
            self._warnings.append(f"{self._name}: everybody on this machine may read it; chmod 600 keeps it yours")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"{self._name}: not UTF-8 at byte {error.start}"
            raise ConfigError(message) from None  # the cause carries the whole content
