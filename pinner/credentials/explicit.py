"""The logins that `--auth` names: they stand before everything else."""

from __future__ import annotations

from collections.abc import Mapping

from pinner.credentials.keys import keys_of, normal_key
from pinner.credentials.named_login import FLAG, NamedLogin
from pinner.credentials.steps import Broken, Found, Nothing, Silent, Source, Step, Why
from pinner.credentials.surroundings import Surroundings
from pinner.errors import ConfigError


class ExplicitSource(Source):
    """The logins that the command line names; the most specific address wins."""

    def __init__(self, logins: tuple[NamedLogin, ...], environ: Mapping[str, str]) -> None:
        self._logins = {normal_key(login.address): login for login in logins}
        self._environ = environ

    @property
    def place(self) -> str:
        """The flag's name."""
        return FLAG

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:
        """Return what was named for `registry`; its variable is read now."""
        named = next((self._logins[key] for key in keys_of(registry, repository) if key in self._logins), None)
        if named is None:
            return (Nothing(place=FLAG, why=Why.NO_ENTRY),)
        try:
            return (Found(place=named.place, key=named.address, login=named.read(self._environ)),)
        except ConfigError as error:
            return (Broken(place=named.place, error=error),)


def find_auth(around: Surroundings) -> Source:
    """Return the source for `--auth`."""
    return ExplicitSource(around.auth, around.environ) if around.auth else Silent(FLAG)
