"""`DOCKER_AUTH_CONFIG`: a whole `config.json` in a variable, as CI systems give it."""

from __future__ import annotations

from typing import Final

from pinner.credentials.config_document import parse_config
from pinner.credentials.once import Once
from pinner.credentials.steps import Broken, Found, Nothing, Silent, Source, Step, Why
from pinner.credentials.surroundings import Surroundings
from pinner.errors import ConfigError

VARIABLE: Final = "DOCKER_AUTH_CONFIG"


class EnvironmentSource(Source):
    """The logins of a variable; it may not start helpers (AUTH-25)."""

    def __init__(self, text: str, *, name: str = VARIABLE) -> None:
        self._place = name
        self._document = Once(lambda: parse_config(text, name, with_helpers=False))

    @property
    def place(self) -> str:
        """The variable's name."""
        return self._place

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return self._document.known.warnings if self._document.known else ()

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:
        """Return what the variable says about `registry`."""
        try:
            entry = self._document.get().entry_for(registry, repository)
        except ConfigError as error:
            return (Broken(place=self._place, error=error),)
        if entry is None:
            return (Nothing(place=self._place, why=Why.NO_ENTRY),)
        return (Found(place=self._place, key=entry.key, login=entry.login),)


def find_docker_auth_config(around: Surroundings) -> Source:
    """Return the source for `DOCKER_AUTH_CONFIG`; an empty variable counts as none."""
    text = around.environ.get(VARIABLE)
    return EnvironmentSource(text) if text else Silent(VARIABLE)
