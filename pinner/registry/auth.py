"""Requests that may need credentials: the first 401 teaches the challenge, tokens are fetched, nothing is asked twice.

`/v2/` is never pinged first. Credentials go to the origin they were chosen for and to a trusted realm, nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pinner.credentials.base import CredentialSource
from pinner.errors import UnreachableError
from pinner.registry.challenge import Challenge, choose_challenge, parse_challenges, scope_of
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer, Ask, Kind
from pinner.registry.grants import Grant, Grants
from pinner.registry.refusals import refuse
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.tokens import TokenCache
from pinner.registry.travel import Traveller

# Anonymous, with a token we had, with a new one, by another challenge.
MAXIMUM_SENDS: Final = 4
_UNAUTHORIZED: Final = 401
_BAD_REQUEST: Final = 400


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
                answer = self._send(endpoint, repository, endpoint.ask(kind, path))
                access.learn(None)
                return answer
        except TimeoutError:
            self._network.check()
            raise UnreachableError(f"{endpoint.host} did not answer in time") from None

    def _send(self, endpoint: Endpoint, repository: str, ask: Ask) -> Answer:
        grant = self._granted(endpoint, repository)
        for _ in range(MAXIMUM_SENDS):
            payer = "" if grant.login is None else grant.login.source
            answer = self._traveller.travel(replace(ask, authorization=grant.header, payer=payer))
            if endpoint.is_undecided and endpoint.decide(self._with_body(answer, ask)):
                ask = endpoint.moved_to_scheme(ask)
                answer = self._traveller.travel(ask)
            if not _is_refused(answer, grant):
                return answer
            grant = self._renewed(endpoint, repository, grant, answer)
        raise refuse(endpoint, repository, grant, looked_in=self._grants.looked_in)

    def _with_body(self, answer: Answer, ask: Ask) -> Answer:
        """Return an answer whose body can be read: a HEAD's 400 says nothing, so it is asked again."""
        if answer.status != _BAD_REQUEST or ask.kind != "head":
            return answer
        return self._network.send(replace(ask, kind="get"))

    def _granted(self, endpoint: Endpoint, repository: str) -> Grant:
        """Return what to show for `repository`, or raise where the token server refuses even anonymous requests."""
        grant = self._grants.grant(endpoint, repository)
        if grant.refused is not None:
            raise refuse(endpoint, repository, grant, looked_in=self._grants.looked_in)
        return grant

    def _renewed(self, endpoint: Endpoint, repository: str, grant: Grant, answer: Answer) -> Grant:
        """Return what to show after a refusal, or raise where nothing is left to try."""
        access = endpoint.access
        challenge = choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))
        if grant.challenge is None:
            challenge = challenge or access.challenge_for(repository) or self._probe(endpoint)
            if challenge is None:
                message = f"{endpoint.host} asks for credentials without saying which kind"
                raise access.deny(repository, UnreachableError(message, hint="ask the operator of the registry"))
            access.learn(challenge, repository)
            renewed = self._granted(endpoint, repository)
            if renewed.header is None:
                raise refuse(endpoint, repository, renewed, looked_in=self._grants.looked_in)
            return renewed
        if grant.errand is not None and not grant.is_new:
            # An old token: the realm that was learned first is asked again, not one from this answer (AUTH-07).
            self._grants.drop(grant)
            return replace(self._granted(endpoint, repository), is_new=True)
        if challenge is not None and not grant.is_last and _asks_anew(challenge, grant.challenge, repository):
            access.learn(challenge, repository)
            return replace(self._granted(endpoint, repository), is_new=True, is_last=True)
        raise refuse(endpoint, repository, grant, looked_in=self._grants.looked_in)

    def _probe(self, endpoint: Endpoint) -> Challenge | None:
        """Ask `/v2/` for the challenge that a 401 came without (AUTH-27, row 13)."""
        answer = self._network.send(endpoint.ask("get", ""))
        return choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))


def _is_refused(answer: Answer, grant: Grant) -> bool:
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
