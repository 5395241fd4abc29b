"""Redirects of one request, followed hop by hop; a target that asks for credentials gets an anonymous token at most.

The registry's credentials were chosen for the registry and stay there (RES-23, SEC-06). Some registries are nothing but
redirects to another one (registry.k8s.io), whose images everybody may read with a token that everybody may have.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from pinner.errors import BlockedError
from pinner.registry.challenge import (
    Challenge,
    Token,
    choose_challenge,
    fallback_scope,
    parse_challenges,
    scope_of,
)
from pinner.registry.exchange import Answer, Ask, is_accepted
from pinner.registry.origin import Origin
from pinner.registry.realm import check_realm
from pinner.registry.redirects import MAXIMUM_REDIRECTS, REDIRECTS, next_hop
from pinner.registry.retry import Network
from pinner.registry.settings import Registries
from pinner.registry.token_request import fetch_token
from pinner.registry.tokens import Errand, TokenCache, TokenRefused

_UNAUTHORIZED: Final = 401
# Both are answers to a token that has run out (AUTH-07).
_WORN_OUT: Final = frozenset({400, 401})
_NAME: Final = re.compile(r"/v2/(.+)/(?:manifests|blobs)/[^/]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """An anonymous token for a redirect's target."""

    errand: Errand
    token: str


class Traveller:
    """Follows redirects for all workers of a run."""

    def __init__(self, *, network: Network, registries: Registries, tokens: TokenCache) -> None:
        self._network = network
        self._registries = registries
        self._tokens = tokens
        self._lock = threading.Lock()
        self._challenges: dict[Origin, Challenge] = {}

    def travel(self, ask: Ask) -> Answer:
        """Return the answer at the end of the redirects; raise `BlockedError` where they do not end.

        A 401 comes from the registry itself, about what was shown to it: one of a target is a `BlockedError` as well.
        """
        home, first = Origin.of(ask.url), ask
        for _ in range(MAXIMUM_REDIRECTS + 1):
            is_home = Origin.of(ask.url) == home
            answer = self._network.send(ask) if is_home else self._ask_stranger(ask)
            if answer.status == _UNAUTHORIZED and not (is_home and ask.authorization == first.authorization):
                message = f"{first.host} redirects to {answer.origin.authority}, which asks for credentials"
                raise BlockedError(message, hint="credentials never follow a redirect to another host")
            if answer.status not in REDIRECTS:
                return answer
            reach = self._network.addresses.reach_from(home.host)
            ask = next_hop(answer, ask, registries=self._registries, reach=reach)
        message = f"{ask.host} redirects more than {MAXIMUM_REDIRECTS} times"
        raise BlockedError(message, hint="ask the operator of the registry")

    def _ask_stranger(self, ask: Ask) -> Answer:
        """Ask a target with the token that it is known to want; learn from its 401, once."""
        with self._lock:
            challenge = self._challenges.get(Origin.of(ask.url))
        known = None if challenge is None else self._pass(ask, challenge)
        answer = self._send(ask, known)
        if known is None:
            challenge = choose_challenge(parse_challenges(answer.headers.get_list("www-authenticate")))
            if answer.status != _UNAUTHORIZED or challenge is None or challenge.scheme != "bearer":
                return answer
            with self._lock:
                challenge = self._challenges.setdefault(answer.origin, challenge)
        elif answer.status in _WORN_OUT and self._tokens.has_worked(known.errand, known.token):
            self._tokens.drop(known.errand, known.token)
        else:
            return answer
        assert challenge is not None
        fresh = self._pass(ask, challenge)
        return answer if fresh is None else self._send(ask, fresh)

    def _send(self, ask: Ask, shown: _Pass | None) -> Answer:
        if shown is None:
            return self._network.send(ask)
        answer = self._network.send(replace(ask, authorization=f"Bearer {shown.token}"))
        if is_accepted(answer):
            self._tokens.accept(shown.errand, shown.token)
        return answer

    def _pass(self, ask: Ask, challenge: Challenge) -> _Pass | None:
        """Fetch an anonymous token, or None where the target's token server gives none.

        The realm is judged from where the target stands, and its address from where the registry does.
        """
        target = Origin.of(ask.url)
        realm = check_realm(challenge.realm or "", target)
        name = _NAME.fullmatch(urlsplit(ask.url).path)
        scopes = () if name is None else (scope_of(challenge, name[1]),)
        errand = Errand(registry=target, realm=realm, service=challenge.service, scopes=scopes, login=None)
        trust = self._registries.for_host(realm.origin.authority).trust

        def fetch(errand: Errand) -> Token:
            fallback = fallback_scope(challenge)
            return fetch_token(errand, network=self._network, trust=trust, reach=ask.reach, fallback=fallback)

        try:
            token = self._tokens.get(errand, fetch, network=self._network)
        except TokenRefused:
            return None
        return _Pass(errand=errand, token=token.value)
