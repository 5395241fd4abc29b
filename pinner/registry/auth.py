"""Requests that may need credentials: the first 401 teaches the challenge, tokens are fetched, nothing is asked twice.

`/v2/` is never pinged first. Credentials go to the origin they were chosen for and to a trusted realm, nowhere else.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from typing import Final

from pinner.credentials.base import Credential, CredentialSource, IdentityToken, Login, RegistryToken
from pinner.errors import (
    AmbiguousAccessError,
    BlockedError,
    DeniedError,
    ResolutionError,
    UnauthorizedError,
    UnreachableError,
)
from pinner.registry.challenge import (
    Challenge,
    Token,
    choose_challenge,
    fallback_scope,
    parse_challenges,
    scope_of,
)
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer, Ask, Kind
from pinner.registry.failures import repeated
from pinner.registry.origin import Origin
from pinner.registry.realm import Realm, check_realm
from pinner.registry.redirects import MAXIMUM_REDIRECTS, REDIRECTS, next_hop
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.tokens import Errand, TokenCache, TokenRefused, basic_authorization, fetch_token

# Registries whose public images are worth a try without the credentials that were refused (AUTH-21).
OPEN_REGISTRIES: Final = frozenset(
    {"docker.io", "ghcr.io", "quay.io", "public.ecr.aws", "mcr.microsoft.com", "registry.k8s.io", "gcr.io"}
)
# Anonymous, with a token we had, with a new one, by another challenge.
MAXIMUM_SENDS: Final = 4
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_UNAUTHORIZED: Final = 401
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What is shown to a registry, and what it came from."""

    header: str | None = field(default=None, repr=False)
    challenge: Challenge | None = None
    login: Login | None = field(default=None, repr=False)
    errand: Errand | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    put_away: ResolutionError | None = None
    is_new: bool = False
    is_last: bool = False


class Authenticator:
    """Sends requests to endpoints and answers their challenges, for all workers of a run."""

    def __init__(self, *, network: Network, source: CredentialSource, registries: Registries) -> None:
        self._network = network
        self._source = source
        self._registries = registries
        self._tokens = TokenCache()
        self._lock = threading.Lock()
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, in order."""
        return (*self._source.warnings, *self._warnings)

    def send(self, endpoint: Endpoint, repository: str, kind: Kind, path: str) -> Answer:
        """Return the answer to a request about `repository`, with redirects followed and challenges answered.

        Raise `UnauthorizedError`, `DeniedError` or `AmbiguousAccessError` where that does not get in, `BlockedError`
        where it would take credentials to a place they may not go, and what `Network.send` raises.
        """
        access = endpoint.access
        try:
            with access.turn(self._network.left):
                access.check(repository)
                answer = self._send(endpoint, repository, endpoint.ask(kind, path))
                access.learn(None)
                return answer
        except TimeoutError:
            self._network.check()
            raise UnreachableError(f"{endpoint.host} did not answer in time") from None

    def _send(self, endpoint: Endpoint, repository: str, ask: Ask) -> Answer:
        grant = self._grant(endpoint, repository)
        for _ in range(MAXIMUM_SENDS):
            payer = "" if grant.login is None else grant.login.source
            answer = self._travel(replace(ask, authorization=grant.header, payer=payer))
            if endpoint.is_undecided and endpoint.decide(self._with_body(answer, ask)):
                ask = endpoint.moved_to_scheme(ask)
                answer = self._travel(ask)
            if not _is_refused(answer, grant):
                return answer
            if answer.origin != endpoint.origin:
                message = f"{endpoint.host} redirects to {answer.origin.authority}, which asks for credentials"
                raise BlockedError(message, hint="credentials never follow a redirect to another host")
            grant = self._renewed(endpoint, repository, grant, answer)
        raise self._refusal(endpoint, repository, grant)

    def _with_body(self, answer: Answer, ask: Ask) -> Answer:
        """Return an answer whose body can be read: a HEAD's 400 says nothing, so it is asked again."""
        if answer.status != _BAD_REQUEST or ask.kind != "head":
            return answer
        return self._network.send(replace(ask, kind="get"))

    def _travel(self, ask: Ask) -> Answer:
        start = Origin.of(ask.url).host
        for _ in range(MAXIMUM_REDIRECTS + 1):
            answer = self._network.send(ask)
            if answer.status not in REDIRECTS:
                return answer
            reach = self._network.addresses.reach_from(start)
            ask = next_hop(answer, ask, registries=self._registries, reach=reach)
        message = f"{ask.host} redirects more than {MAXIMUM_REDIRECTS} times"
        raise BlockedError(message, hint="ask the operator of the registry")

    def _grant(self, endpoint: Endpoint, repository: str) -> _Grant:
        """Return what to show for `repository` by what is known of the host; nothing before the first challenge."""
        challenge = endpoint.access.challenge_for(repository)
        if challenge is None:
            return _Grant()
        login = self._source.get(endpoint.registry, repository)
        rejection = None if login is None else endpoint.access.rejection_of(login)
        if rejection is None:
            return self._shown(endpoint, repository, _Grant(challenge=challenge, login=login))
        if not rejection.is_put_away:
            raise repeated(rejection.error)
        return self._shown(endpoint, repository, _Grant(challenge=challenge, put_away=rejection.error))

    def _shown(self, endpoint: Endpoint, repository: str, blank: _Grant) -> _Grant:
        """Fill in the header that the challenge wants from the login that was chosen."""
        login, challenge = blank.login, blank.challenge
        assert challenge is not None
        if isinstance(login, RegistryToken):
            return replace(blank, header=_bearer(login.secret, login.source))
        if challenge.scheme == "basic":
            return replace(blank, header=basic_authorization(login)) if isinstance(login, Credential) else blank
        return self._token_grant(endpoint, repository, challenge, login, blank)

    def _token_grant(
        self,
        endpoint: Endpoint,
        repository: str,
        challenge: Challenge,
        login: Credential | IdentityToken | None,
        blank: _Grant,
    ) -> _Grant:
        realm = check_realm(challenge.realm or "", endpoint.origin, trusted_realms=endpoint.settings.trusted_realms)
        errand = Errand(
            registry=endpoint.origin,
            realm=realm,
            service=challenge.service,
            scope=scope_of(challenge, repository),
            login=login if realm.is_trusted else None,
        )
        grant = replace(blank, errand=errand)
        try:
            token, is_new = self._tokens.get(errand, self._fetching(endpoint, challenge), network=self._network)
        except TokenRefused as refused:
            return self._after_token_refusal(endpoint, repository, grant, refused)
        if is_new and errand.login is not None:
            endpoint.access.admit(errand.login)
        return replace(grant, header=f"Bearer {token.value}", token=token.value, is_new=is_new)

    def _fetching(self, endpoint: Endpoint, challenge: Challenge) -> _Fetch:
        return _Fetch(self._network, self._registries, endpoint, fallback_scope(challenge))

    def _after_token_refusal(self, endpoint: Endpoint, repository: str, grant: _Grant, refused: TokenRefused) -> _Grant:
        """Go on without credentials where that is sensible; otherwise raise what it means (RATE-06, AUTH-21)."""
        errand, access = grant.errand, endpoint.access
        assert errand is not None
        if errand.login is None:
            raise self._refusal(endpoint, repository, grant)
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
        with self._lock:
            self._warnings[f"{message}; public images are asked for without them"] = None
        return self._grant(endpoint, repository)

    def _renewed(self, endpoint: Endpoint, repository: str, grant: _Grant, answer: Answer) -> _Grant:
        """Return what to show after a refusal, or raise where nothing is left to try."""
        access = endpoint.access
        challenge = choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))
        if grant.challenge is None:
            challenge = challenge or access.challenge_for(repository) or self._probe(endpoint)
            if challenge is None:
                message = f"{endpoint.host} asks for credentials without saying which kind"
                raise access.deny(repository, UnreachableError(message, hint="ask the operator of the registry"))
            access.learn(challenge, repository)
            renewed = self._grant(endpoint, repository)
            if renewed.header is None:
                raise self._refusal(endpoint, repository, renewed)
            return renewed
        if grant.errand is not None and not grant.is_new:
            # An old token: the realm that was learned first is asked again, not one from this answer (AUTH-07).
            self._tokens.drop(grant.errand, grant.token)
            return replace(self._grant(endpoint, repository), is_new=True)
        if challenge is not None and not grant.is_last and _asks_anew(challenge, grant.challenge, repository):
            access.learn(challenge, repository)
            return replace(self._grant(endpoint, repository), is_new=True, is_last=True)
        raise self._refusal(endpoint, repository, grant)

    def _probe(self, endpoint: Endpoint) -> Challenge | None:
        """Ask `/v2/` for the challenge that a 401 came without (AUTH-27, row 13)."""
        answer = self._network.send(endpoint.ask("get", ""))
        return choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))

    def _refusal(self, endpoint: Endpoint, repository: str, grant: _Grant) -> ResolutionError:
        """Return the error for a host that does not let us in, and remember it (AUTH-20)."""
        access, errand = endpoint.access, grant.errand
        if grant.put_away is not None:
            return access.deny(repository, repeated(grant.put_away))
        if grant.login is not None and errand is not None and errand.login is None:
            return access.deny(repository, _withheld(endpoint, errand.realm))
        if grant.login is None:
            looked = ", ".join(self._source.names) or "nowhere"
            error: ResolutionError = AmbiguousAccessError(
                "does not exist, or is private and credentials for "
                f"{endpoint.registry} are missing (looked in: {looked})",
                hint=f"check the name, or log in: `docker login {endpoint.registry}`; "
                f"`pinner auth explain {endpoint.registry}` shows what was found where",
            )
            return access.deny(repository, error)
        message = f"{endpoint.host} refused the credentials from {grant.login.source} (401)"
        error = UnauthorizedError(message, hint=f"log in again: `docker login {endpoint.registry}`")
        if errand is None:
            return access.reject(grant.login, error)
        error.hint = "the image may not exist, or these credentials may not pull it"
        return access.deny(repository, error)


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


def _is_refused(answer: Answer, grant: _Grant) -> bool:
    """Return whether credentials are the matter: ECR public answers 400 to a token that has run out (AUTH-07)."""
    is_old_token = grant.errand is not None and not grant.is_new
    return answer.status == _UNAUTHORIZED or (answer.status == _BAD_REQUEST and is_old_token)


def _asks_anew(challenge: Challenge, used: Challenge, repository: str) -> bool:
    return (challenge.scheme, challenge.realm, challenge.service, scope_of(challenge, repository)) != (
        used.scheme,
        used.realm,
        used.service,
        scope_of(used, repository),
    )


def _bearer(token: str, source: str) -> str:
    if not _VISIBLE.fullmatch(token):
        message = f"the registry token from {source} holds letters that no header can carry"
        raise UnauthorizedError(message, hint="log in again")
    return f"Bearer {token}"


def _withheld(endpoint: Endpoint, realm: Realm) -> BlockedError:
    message = f"{endpoint.host} asks for its credentials to be sent to {realm.origin.authority}"
    hint = f'if that is right: [registries."{endpoint.registry}"] trusted-realms = ["{realm.origin.authority}"]'
    return BlockedError(message, hint=f"{hint} in registries.toml")
