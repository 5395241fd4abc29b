"""Requests that may need credentials: the first 401 teaches the challenge, tokens are fetched, nothing is asked twice.

`/v2/` is never pinged first. Credentials go to the origin they were chosen for and to a trusted realm, nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pinner.credentials.base import CredentialSource, Login
from pinner.errors import ResolutionError, UnreachableError
from pinner.registry.challenge import Challenge, choose_challenge, parse_challenges, scope_of
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer, Ask, Kind, is_accepted
from pinner.registry.failures import repeated
from pinner.registry.grants import Grant, Grants
from pinner.registry.kinds import kind_of
from pinner.registry.logins import kept_back, may_travel
from pinner.registry.origin import Origin
from pinner.registry.refusals import missing_credentials, refused_by_registry, withheld, without_password
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.tokens import TokenCache
from pinner.registry.travel import Traveller

# Anonymous; a merged token; a single one that we had and its successor; one by another challenge; and once more with
# what a helper gave instead.
MAXIMUM_SENDS: Final = 6
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
# What a merged token gets that is good for less than was asked for, or too long for a header.
_TOO_MUCH: Final = frozenset({400, 403, 414, 431})


class Authenticator:
    """Sends requests to endpoints and answers their challenges, for all workers of a run."""

    def __init__(self, *, network: Network, source: CredentialSource, registries: Registries) -> None:
        self._network = network
        tokens = TokenCache()
        self._grants = Grants(network=network, source=source, registries=registries, tokens=tokens)
        self._traveller = Traveller(network=network, registries=registries, tokens=tokens)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, in order."""
        return self._grants.warnings

    def send(self, endpoint: Endpoint, repository: str, kind: Kind, path: str) -> Answer:
        """Return the answer to a request about `repository`, with redirects followed and challenges answered.

        Raise `UnauthorizedError`, `DeniedError` or `AmbiguousAccessError` where that does not get in, `BlockedError`
        where it would take credentials to a place they may not go, and what `Network.send` raises.
        """
        access = endpoint.access
        try:
            with access.turn(self._network.left):
                access.check(repository)
                answer = self._send(endpoint, repository, kind, path)
                access.learn(None)
                return answer
        except TimeoutError:
            self._network.check()
            raise UnreachableError(f"{endpoint.host} did not answer in time") from None

    def _send(self, endpoint: Endpoint, repository: str, kind: Kind, path: str) -> Answer:
        grant = self._granted(endpoint, repository)
        for _ in range(MAXIMUM_SENDS):
            with endpoint.access.trial(grant.presented) as is_refused:
                step = (
                    self._granted(endpoint, repository)
                    if is_refused
                    else self._step(endpoint, repository, endpoint.ask(kind, path), grant)
                )
            if isinstance(step, Answer):
                return step
            grant = step
        message = f"{endpoint.host} asks for other credentials again and again"
        raise endpoint.access.deny(repository, UnreachableError(message, hint="ask the operator of the registry"))

    def _step(self, endpoint: Endpoint, repository: str, ask: Ask, grant: Grant) -> Answer | Grant:
        """Send once; return the answer, or what to show next."""
        if grant.shown is not None and not may_travel(Origin.of(ask.url), endpoint.settings):
            # The host moved to plain http while this worker waited (NET-07).
            raise kept_back(endpoint)
        source = "" if grant.shown is None else grant.shown.source
        answer = self._traveller.travel(replace(ask, authorization=grant.header, payer=source))
        if endpoint.is_undecided and endpoint.decide(self._with_body(answer, ask)):
            answer = self._traveller.travel(endpoint.moved_to_scheme(ask))
        answer = replace(answer, credentials=source, is_public=_is_public(endpoint, grant, answer))
        if self._is_refused(endpoint, answer, grant):
            return self._after_refusal(endpoint, repository, grant, answer)
        if is_accepted(answer):
            self._grants.accept(endpoint, grant)
        return answer

    def _with_body(self, answer: Answer, ask: Ask) -> Answer:
        """Return an answer whose body can be read: a HEAD's 400 says nothing, so it is asked again."""
        if answer.status != _BAD_REQUEST or ask.kind != "head":
            return answer
        return self._network.send(replace(ask, kind="get"))

    def _is_refused(self, endpoint: Endpoint, answer: Answer, grant: Grant) -> bool:
        """Return whether credentials are the matter: some registries say so by another status than 401 (AUTH-07)."""
        if answer.status == _UNAUTHORIZED or grant.header is None:
            return answer.status == _UNAUTHORIZED
        if grant.errand is None:
            # Without a challenge: password of ECR that has run out (AUTH-15).
            kind = kind_of(endpoint.registry, grant.challenge)
            return answer.status in kind.expired | {_BAD_REQUEST} and "www-authenticate" not in answer.headers
        if grant.is_merged:
            return answer.status in _TOO_MUCH
        return answer.status == _BAD_REQUEST and self._grants.is_worn_out(grant)

    def _granted(self, endpoint: Endpoint, repository: str) -> Grant:
        """Return what to show for `repository`, or raise where the token server refuses even anonymous requests."""
        grant = self._grants.grant(endpoint, repository)
        if grant.refused is not None:
            raise self._no_way_in(endpoint, repository, grant, None)
        return grant

    def _after_refusal(self, endpoint: Endpoint, repository: str, grant: Grant, answer: Answer) -> Answer | Grant:
        """Return what to show after a refusal, or the answer where it stands; raise where nothing is left to try."""
        challenge = choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))
        if grant.challenge is None:
            return self._challenged(endpoint, repository, challenge)
        if grant.is_merged:
            endpoint.access.groups.split()
            return self._granted(endpoint, repository)
        if not grant.is_renewed and self._grants.is_worn_out(grant):
            # The realm that was learned first is asked again, not one from this answer (AUTH-07).
            self._grants.drop(grant)
            return replace(self._granted(endpoint, repository), is_renewed=True)
        if challenge is not None and not grant.is_last and _asks_anew(challenge, grant.challenge, repository):
            endpoint.access.learn(challenge, repository)
            return replace(self._granted(endpoint, repository), is_last=True)
        if grant.presented is not None:
            return self._after_login(endpoint, repository, grant.presented, answer)
        raise self._no_way_in(endpoint, repository, grant, answer)

    def _challenged(self, endpoint: Endpoint, repository: str, challenge: Challenge | None) -> Grant:
        """Learn the challenge of a host that refused an anonymous request."""
        access = endpoint.access
        challenge = challenge or access.challenge_for(repository) or self._probe(endpoint)
        if challenge is None:
            message = f"{endpoint.host} asks for credentials without saying which kind"
            raise access.deny(repository, UnreachableError(message, hint="ask the operator of the registry"))
        access.learn(challenge, repository)
        grant = self._granted(endpoint, repository)
        if grant.header is None:
            raise self._no_way_in(endpoint, repository, grant, None)
        return grant

    def _after_login(self, endpoint: Endpoint, repository: str, login: Login, answer: Answer) -> Answer | Grant:
        """Return what to show after a login itself was refused; a helper is asked once more (AUTH-15)."""
        error = refused_by_registry(endpoint, repository, login, answer)
        if self._grants.logins.is_replaced(endpoint, repository, login, error):
            return self._granted(endpoint, repository)
        kind = kind_of(endpoint.registry, endpoint.access.challenge_for(repository))
        has_run_out = b"expired" in answer.content.lower()
        is_certain = answer.status == _UNAUTHORIZED or (
            answer.status in kind.expired and (answer.status == _BAD_REQUEST or has_run_out)
        )
        if is_certain:
            raise endpoint.access.reject(login, error)
        return answer

    def _no_way_in(self, endpoint: Endpoint, repository: str, grant: Grant, answer: Answer | None) -> ResolutionError:
        """Return the error where nothing is left to try, and remember it (AUTH-20)."""
        access, errand = endpoint.access, grant.errand
        if grant.put_away is not None:
            return access.deny(repository, repeated(grant.put_away))
        if grant.login is not None and errand is not None and errand.login is None:
            return access.deny(repository, withheld(endpoint, errand.realm))
        if grant.login is not None and grant.shown is None:
            return access.deny(repository, without_password(endpoint, grant.login))
        if grant.shown is None or answer is None:
            looked_in = self._grants.logins.names
            return access.deny(repository, missing_credentials(endpoint, repository, looked_in, grant.refused))
        error = refused_by_registry(endpoint, repository, grant.shown, answer)
        if kind_of(endpoint.registry, grant.challenge).takes_any_login:
            access.forbid(repository, grant.shown, error)
        return access.deny(repository, error)

    def _probe(self, endpoint: Endpoint) -> Challenge | None:
        """Ask `/v2/` for the challenge that a 401 came without (AUTH-27, row 13)."""
        answer = self._network.send(endpoint.ask("get", ""))
        return choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))


def _is_public(endpoint: Endpoint, grant: Grant, answer: Answer) -> bool:
    """Return whether no credential was behind an answer; of what a redirect led to elsewhere, that is not known."""
    return grant.shown is None and not answer.shows_certificate and answer.origin == endpoint.origin


def _asks_anew(challenge: Challenge, used: Challenge, repository: str) -> bool:
    """Return whether another token may help.

    Basic never does: what it takes was refused, or it is Harbor, which asks for Basic whatever token it was shown.
    """
    return challenge.scheme == "bearer" and (
        (challenge.scheme, challenge.realm, challenge.service, scope_of(challenge, repository))
        != (used.scheme, used.realm, used.service, scope_of(used, repository))
    )
