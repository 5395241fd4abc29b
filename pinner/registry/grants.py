"""What is shown to a registry: nothing before its first challenge, then Basic, a ready token or one from its realm."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Final

from pinner.credentials.base import Credential, CredentialSource, IdentityToken, Login, RegistryToken
from pinner.errors import DeniedError, ResolutionError, UnauthorizedError
from pinner.registry.authorization import basic_authorization, bearer_authorization
from pinner.registry.challenge import Challenge, Token, fallback_scope, scope_of
from pinner.registry.endpoint import Endpoint
from pinner.registry.failures import repeated
from pinner.registry.realm import Realm, check_realm, may_see_credentials
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.token_request import fetch_token
from pinner.registry.tokens import Errand, TokenCache, TokenRefused

# Registries whose public images are worth a try without the credentials that were refused (AUTH-21).
OPEN_REGISTRIES: Final = frozenset(
    {"docker.io", "ghcr.io", "quay.io", "public.ecr.aws", "mcr.microsoft.com", "registry.k8s.io", "gcr.io"}
)
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is shown to a registry, and what it came from.

    `put_away` is why a login that there is is not shown; `refused` the answer of a token server that gave nothing.
    """

    header: str | None = field(default=None, repr=False)
    challenge: Challenge | None = None
    login: Login | None = field(default=None, repr=False)
    errand: Errand | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    put_away: ResolutionError | None = None
    refused: TokenRefused | None = None
    is_new: bool = False
    is_last: bool = False


class Grants:
    """Chooses logins and fetches tokens, for all workers of a run."""

    def __init__(
        self, *, network: Network, source: CredentialSource, registries: Registries, tokens: TokenCache
    ) -> None:
        self._network = network
        self._source = source
        self._registries = registries
        self._tokens = tokens
        self._lock = threading.Lock()
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, in order."""
        return (*self._source.warnings, *self._warnings)

    @property
    def looked_in(self) -> tuple[str, ...]:
        """The names of the places where credentials were looked for."""
        return self._source.names

    def grant(self, endpoint: Endpoint, repository: str) -> Grant:
        """Return what to show for `repository` by what is known of the host; nothing before the first challenge.

        Raise the error of credentials that were refused before, and `BlockedError` for a realm that is not allowed.
        """
        challenge = endpoint.access.challenge_for(repository)
        if challenge is None:
            return Grant()
        login = self._source.get(endpoint.registry, repository)
        rejection = None if login is None else endpoint.access.rejection_of(login)
        if rejection is None:
            return self._shown(endpoint, repository, Grant(challenge=challenge, login=login))
        if not rejection.is_put_away:
            raise repeated(rejection.error)
        return self._shown(endpoint, repository, Grant(challenge=challenge, put_away=rejection.error))

    def drop(self, grant: Grant) -> None:
        """Forget the token of a grant that was refused."""
        assert grant.errand is not None
        self._tokens.drop(grant.errand, grant.token)

    def _shown(self, endpoint: Endpoint, repository: str, blank: Grant) -> Grant:
        """Fill in the header that the challenge wants from the login that was chosen."""
        login, challenge = blank.login, blank.challenge
        assert challenge is not None
        if isinstance(login, RegistryToken):
            return replace(blank, header=bearer_authorization(login.secret, login.source))
        if challenge.scheme == "basic":
            return replace(blank, header=basic_authorization(login)) if isinstance(login, Credential) else blank
        return self._with_token(endpoint, repository, challenge, login, blank)

    def _with_token(
        self,
        endpoint: Endpoint,
        repository: str,
        challenge: Challenge,
        login: Credential | IdentityToken | None,
        blank: Grant,
    ) -> Grant:
        trusted = endpoint.settings.trusted_realms
        realm = check_realm(challenge.realm or "", endpoint.origin, trusted_realms=trusted)
        is_shown = login is not None and may_see_credentials(realm, endpoint.origin, trusted_realms=trusted)
        errand = Errand(
            registry=endpoint.origin,
            realm=realm,
            service=challenge.service,
            scope=scope_of(challenge, repository),
            login=login if is_shown else None,
        )
        grant = replace(blank, errand=errand)
        try:
            token, is_new = self._tokens.get(errand, self._fetching(endpoint, challenge), network=self._network)
        except TokenRefused as refused:
            return self._without_token(endpoint, repository, replace(grant, refused=refused))
        if is_new and errand.login is not None:
            endpoint.access.admit(errand.login)
        self._settle(endpoint, realm)
        return replace(grant, header=f"Bearer {token.value}", token=token.value, is_new=is_new)

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

    def _without_token(self, endpoint: Endpoint, repository: str, grant: Grant) -> Grant:
        """Go on without credentials where that is sensible; otherwise raise what it means (RATE-06, AUTH-21)."""
        errand, access, refused = grant.errand, endpoint.access, grant.refused
        assert errand is not None
        assert refused is not None
        if errand.login is None:
            return grant
        said = f": {refused.said}" if refused.said else ""
        tried = f"{errand.realm.origin.authority} refused the credentials from {errand.login.source}"
        message = f"{tried} for {endpoint.host} ({refused.status}){said}"
        hint = f"log in again: `docker login {endpoint.registry}`"
        if refused.status != _UNAUTHORIZED:
            denied = DeniedError(message, hint="the image may not exist, or needs more rights")
            raise access.forbid(repository, errand.login, denied)
        if endpoint.registry not in OPEN_REGISTRIES:
            raise access.reject(errand.login, UnauthorizedError(message, hint=hint))
        access.reject(errand.login, UnauthorizedError(message, hint=hint), is_put_away=True)
        self._warn(f"{message}; public images are asked for without them")
        return self.grant(endpoint, repository)


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
