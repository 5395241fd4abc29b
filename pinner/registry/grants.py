"""What is shown to a registry: nothing before its first challenge, then Basic, a ready token or one from its realm."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Final

from pinner.credentials.base import Credential, CredentialSource, IdentityToken, Login, RegistryToken
from pinner.errors import ResolutionError
from pinner.registry.authorization import basic_authorization, bearer_authorization
from pinner.registry.challenge import Challenge, Token, fallback_scope, scope_of
from pinner.registry.endpoint import Endpoint
from pinner.registry.logins import Logins, may_travel
from pinner.registry.realm import Realm, check_realm, may_see_credentials
from pinner.registry.refusals import refused_by_token_server
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.token_request import fetch_token
from pinner.registry.tokens import Errand, TokenCache, TokenRefused

_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is shown to a registry, and what it came from.

    `put_away` is why a login that there may be is not shown; `refused` the answer of a token server that gave nothing.
    `is_renewed` and `is_last` say that a worn out token was replaced, and another challenge answered, for this request.
    """

    header: str | None = field(default=None, repr=False)
    challenge: Challenge | None = None
    login: Login | None = field(default=None, repr=False)
    errand: Errand | None = None
    token: str = field(default="", repr=False)
    put_away: ResolutionError | None = None
    refused: TokenRefused | None = None
    is_renewed: bool = False
    is_last: bool = False

    @property
    def presented(self) -> Login | None:
        """The login that stands in the header itself, not behind a token."""
        return self.login if self.errand is None and self.header is not None else None

    @property
    def shown(self) -> Login | None:
        """The login that was shown to anybody: the registry or its token server."""
        return self.presented if self.errand is None else self.errand.login

    @property
    def is_merged(self) -> bool:
        """Whether the token is shared by several repositories (REQ-01)."""
        return self.errand is not None and self.errand.is_merged


class Grants:
    """Turns logins into headers and fetches tokens, for all workers of a run."""

    def __init__(
        self, *, network: Network, source: CredentialSource, registries: Registries, tokens: TokenCache
    ) -> None:
        self.logins = Logins(source=source, network=network)
        self._network = network
        self._registries = registries
        self._tokens = tokens
        self._lock = threading.Lock()
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, in order."""
        return (*self.logins.warnings, *self._warnings)

    def grant(self, endpoint: Endpoint, repository: str) -> Grant:
        """Return what to show for `repository` by what is known of the host; nothing before the first challenge.

        Raise the error of credentials that were refused before, and `BlockedError` for a realm that is not allowed.
        """
        challenge = endpoint.access.challenge_for(repository)
        if challenge is None:
            return Grant()
        choice = self.logins.choose(endpoint, repository)
        blank = Grant(challenge=challenge, login=choice.login, put_away=choice.put_away)
        login = choice.login
        if isinstance(login, RegistryToken):
            return replace(blank, header=bearer_authorization(login.secret, login.source))
        if challenge.scheme == "basic":
            login = login.beside or login if isinstance(login, IdentityToken) else login
            shown = basic_authorization(login) if isinstance(login, Credential) else None
            return replace(blank, login=login, header=shown)
        return self._with_token(endpoint, repository, challenge, login, blank)

    def accept(self, endpoint: Endpoint, grant: Grant) -> None:
        """Remember that what was shown was good for something."""
        if grant.errand is not None:
            self._tokens.accept(grant.errand, grant.token)
        if grant.shown is not None:
            endpoint.access.admit(grant.shown)

    def is_worn_out(self, grant: Grant) -> bool:
        """Return whether a grant that was refused shows a token that was accepted before, by whoever showed it."""
        return grant.errand is not None and self._tokens.has_worked(grant.errand, grant.token)

    def drop(self, grant: Grant) -> None:
        """Forget the token of a grant that was refused."""
        assert grant.errand is not None
        self._tokens.drop(grant.errand, grant.token)

    def _with_token(
        self,
        endpoint: Endpoint,
        repository: str,
        challenge: Challenge,
        login: Credential | IdentityToken | None,
        blank: Grant,
    ) -> Grant:
        settings, registry = endpoint.settings, endpoint.origin
        realm = check_realm(challenge.realm or "", registry, trusted_realms=settings.trusted_realms)
        is_shown = (
            login is not None
            and may_travel(realm.origin, settings)
            and may_see_credentials(realm, registry, trusted_realms=settings.trusted_realms)
        )
        group = endpoint.access.groups.group_of(repository)
        errand = Errand(
            registry=registry,
            realm=realm,
            service=challenge.service,
            scopes=tuple(dict.fromkeys(scope_of(challenge, name) for name in group)),
            login=login if is_shown else None,
        )
        try:
            token = self._tokens.get(errand, self._fetching(endpoint, challenge), network=self._network)
        except TokenRefused as refused:
            return self._without_token(endpoint, repository, replace(blank, errand=errand), refused)
        self._settle(endpoint, realm)
        return replace(blank, errand=errand, header=f"Bearer {token.value}", token=token.value)

    def _settle(self, endpoint: Endpoint, realm: Realm) -> None:
        """Say where a host names another token server than the one that gave its first token (AUTH-29)."""
        first = endpoint.access.settle_realm(realm.origin)
        if first != realm.origin:
            self._warn(f"{endpoint.host} names another token server than before: {realm.origin}, first {first}")

    def _warn(self, message: str) -> None:
        with self._lock:
            self._warnings[message] = None

    def _fetching(self, endpoint: Endpoint, challenge: Challenge) -> _Fetch:
        return _Fetch(self._network, self._registries, endpoint, fallback_scope(challenge))

    def _without_token(self, endpoint: Endpoint, repository: str, grant: Grant, refused: TokenRefused) -> Grant:
        """Go on where that is sensible: with single tokens, with another login, without any; otherwise raise."""
        access, errand = endpoint.access, grant.errand
        assert errand is not None
        if refused.is_about_scopes(errand):
            access.groups.split()
            return self.grant(endpoint, repository)
        if errand.login is None:
            return replace(grant, refused=refused)
        error = refused_by_token_server(endpoint, repository, errand, refused)
        if not self._is_done_with(endpoint, repository, errand.login, error, refused):
            return self.grant(endpoint, repository)
        if not endpoint.traits.is_public:
            raise access.deny(repository, error) if refused.status == _FORBIDDEN else error
        access.set_aside(repository, error)
        self._warn(f"{error.message}; public images are asked for without them")
        return self.grant(endpoint, repository)

    def _is_done_with(
        self, endpoint: Endpoint, repository: str, login: Login, error: ResolutionError, refused: TokenRefused
    ) -> bool:
        """Remember a refusal of `login`; return whether there is no other one to show in its place (RATE-06)."""
        access = endpoint.access
        is_public = endpoint.traits.is_public
        if refused.status == _FORBIDDEN:
            access.forbid(repository, login, error, is_put_away=is_public)
            return True
        if self.logins.is_replaced(endpoint, repository, login, error):
            return False
        access.reject(login, error, is_put_away=is_public)
        return not isinstance(login, IdentityToken) or login.beside is None


class _Fetch:
    """Fetches tokens for one endpoint."""

    def __init__(self, network: Network, registries: Registries, endpoint: Endpoint, fallback: str | None) -> None:
        self._network = network
        self._registries = registries
        self._endpoint = endpoint
        self._fallback = fallback

    def __call__(self, errand: Errand) -> Token:
        origin = errand.realm.origin
        is_same_host = origin.host == errand.registry.host
        settings = self._endpoint.settings if is_same_host else self._registries.for_host(origin.authority)
        reach = None if errand.realm.is_near else self._network.addresses.reach_from(errand.registry.host)
        return fetch_token(errand, network=self._network, trust=settings.trust, reach=reach, fallback=self._fallback)
