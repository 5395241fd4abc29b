"""`DOCKER_AUTH_CONFIG`: a whole `config.json` in a variable, as CI systems give it."""

from __future__ import annotations

import threading
from typing import Final

from pinner.credentials.base import Login
from pinner.credentials.config_document import ConfigDocument, parse_config

VARIABLE: Final = "DOCKER_AUTH_CONFIG"


class EnvironmentSource:
    """The logins of a variable; it may not start helpers."""

    def __init__(self, text: str, *, name: str = VARIABLE) -> None:
        self._text = text
        self._name = name
        self._lock = threading.Lock()
        self._document: ConfigDocument | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The variable's name."""
        return (self._name,)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return self._document.warnings if self._document else ()

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        """Return the login for `registry`; raise `ConfigError` where the variable holds no JSON object."""
        with self._lock:
            if self._document is None:
                self._document = parse_config(self._text, self._name, with_helpers=False)
        return self._document.login_for(registry, repository)
