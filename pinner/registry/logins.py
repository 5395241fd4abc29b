"""Which login is shown to a host, and what takes its place once it was refused (RATE-06, AUTH-15, NET-07)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pinner.credentials.base import CredentialSource, IdentityToken, Login, Renewable
from pinner.errors import BlockedError, ResolutionError
from pinner.registry.endpoint import Endpoint
from pinner.registry.failures import repeated
from pinner.registry.origin import Origin, is_loopback
from pinner.registry.retry import Network
from pinner.registry.settings import RegistrySettings

# Before the second login of a helper is shown: two refusals at once look like an attack (AUTH-24).
BACK_OFF_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The login to show, or why one that there may be is not shown."""

    login: Login | None = field(default=None, repr=False)
    put_away: ResolutionError | None = None


class Logins:
    """Chooses logins for all workers of a run."""

    def __init__(self, *, source: CredentialSource, network: Network) -> None:
        self._source = source
        self._network = network

    @property
    def names(self) -> tuple[str, ...]:
        """What to call the places that were looked in."""
        return self._source.names

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return self._source.warnings

    def choose(self, endpoint: Endpoint, repository: str) -> Choice:
        """Return what to show; raise the error of a login that was refused before, and what the source raises."""
        access = endpoint.access
        if not may_travel(endpoint.origin, endpoint.settings):
            # Not even looked up: a helper would be started for nothing.
            return Choice(put_away=kept_back(endpoint))
        set_aside = access.set_aside_for(repository)
        if set_aside is not None:
            return Choice(put_away=set_aside)
        with access.renewal:
            login = self._source.get(endpoint.registry, repository)
        while login is not None:
            rejection = access.rejection_of(login)
            if rejection is None:
                return Choice(login=login)
            if not isinstance(login, IdentityToken) or login.beside is None:
                if rejection.is_put_away:
                    return Choice(put_away=rejection.error)
                raise repeated(rejection.error)
            login = login.beside
        return Choice()

    def is_replaced(self, endpoint: Endpoint, repository: str, refused: Login, error: ResolutionError) -> bool:
        """Ask a helper once more for a login that was refused; return whether `choose` says something new now.

        Then `error` is why the old one is never shown again. The first worker asks, the others wait for it.
        """
        access = endpoint.access
        with access.renewal:
            if access.rejection_of(refused) is not None:
                return True
            if not isinstance(self._source, Renewable) or not access.doubt(refused):
                return False
            if self._source.renewed(endpoint.registry, repository, refused) is None:
                return False
            access.reject(refused, error)
            self._network.stop.wait(min(BACK_OFF_SECONDS, max(self._network.left, 0)))
            self._network.check()
            return True


def may_travel(origin: Origin, settings: RegistrySettings) -> bool:
    """Return whether credentials may travel to `origin` at all: by https, on this machine, or if the user says so."""
    return origin.scheme == "https" or is_loopback(origin.host) or settings.allow_insecure_auth


def kept_back(endpoint: Endpoint) -> BlockedError:
    """Return the error for credentials that would have to travel over plain http."""
    message = f"{endpoint.host} asks for credentials, which do not travel over plain http"
    hint = f'use https, or accept the risk: [registries."{endpoint.registry}"] allow-insecure-auth = true'
    return BlockedError(message, hint=f"{hint} in registries.toml")
