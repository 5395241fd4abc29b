"""Bearer tokens: fetched from a realm once for each purpose, however many workers want one at the same time.

Tokens live in memory and for one run only (AUTH-17); the key binds them to the registry that asked (AUTH-16).
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pinner.credentials.base import Credential, IdentityToken
from pinner.errors import AuthenticationError, BlockedError, ResolutionError, UnauthorizedError, UnreachableError
from pinner.registry.challenge import Token, parse_token
from pinner.registry.exchange import TOKEN_SIZE, Answer, Ask
from pinner.registry.failures import repeated
from pinner.registry.origin import Origin
from pinner.registry.reach import Reach
from pinner.registry.realm import Realm
from pinner.registry.retry import Network
from pinner.registry.trust import Trust
from pinner.registry.wording import error_text

CLIENT_ID: Final = "pinner"
FAILURES_TO_END: Final = 3
_OK: Final = 200
_REFUSED: Final = frozenset({401, 403})
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a token is for; equal errands share one token."""

    registry: Origin
    realm: Realm
    service: str | None
    scope: str
    login: Credential | IdentityToken | None = field(repr=False)


# A realm with the login that is shown there.
_Door = tuple[str, Credential | IdentityToken | None]


class TokenRefused(Exception):  # noqa: N818 - an outcome that `authentication` turns into an error with a name
    """The token server said no: `status` is 401 or 403, `said` is its sanitised text."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status} {said}")
        self.status = status
        self.said = said


class TokenCache:
    """Tokens by errand; one fetch at a time for each, whose outcome all who wait share (AUTH-18).

    An error is an outcome like a token: it is kept for the run. The third one in a row ends the realm for a login, so
    that a token server that is none is not asked about every repository (AUTH-32).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Errand, tuple[Future[Token], float]] = {}
        self._failures: dict[_Door, int] = {}
        self._ends: dict[_Door, ResolutionError] = {}

    def get(self, errand: Errand, fetch: Callable[[Errand], Token], *, network: Network) -> tuple[Token, bool]:
        """Return the token for `errand`, and whether it is new; an error reaches everybody who asks for it."""
        door = (errand.realm.url, errand.login)
        with self._lock:
            entry = self._entries.get(errand)
            if entry is not None and (not entry[0].done() or self._is_alive(*entry)):
                future, is_ours = entry[0], False
            elif door in self._ends:
                raise repeated(self._ends[door])
            else:
                future, is_ours = Future(), True
                self._entries[errand] = (future, time.monotonic())
        if not is_ours:
            is_new = not future.done()
            return _awaited(future, max(network.left, 0)), is_new
        try:
            token = fetch(errand)
        except BaseException as error:
            self._note(errand, door, error)
            future.set_exception(error)
            raise
        with self._lock:
            self._failures.pop(door, None)
        future.set_result(token)
        return token, True

    def _note(self, errand: Errand, door: _Door, error: BaseException) -> None:
        with self._lock:
            if not isinstance(error, ResolutionError):
                # A refusal is remembered with the repository or the login, a bug nowhere.
                del self._entries[errand]
                return
            self._failures[door] = self._failures.get(door, 0) + 1
            if self._failures[door] >= FAILURES_TO_END:
                self._ends[door] = error

    def drop(self, errand: Errand, value: str) -> None:
        """Forget a token that was refused, unless another worker has already replaced it (AUTH-07)."""
        with self._lock:
            entry = self._entries.get(errand)
            if entry is None or not entry[0].done() or entry[0].exception() is not None:
                return
            if entry[0].result().value == value:
                del self._entries[errand]

    @staticmethod
    def _is_alive(future: Future[Token], asked_at: float) -> bool:
        return future.exception() is not None or time.monotonic() < asked_at + future.result().seconds


def _awaited(future: Future[Token], seconds: float) -> Token:
    """Return what another worker fetched; raise its error anew, because two threads must not raise the same one."""
    error = future.exception(timeout=seconds)
    if isinstance(error, ResolutionError):
        raise repeated(error)
    return future.result()


def fetch_token(errand: Errand, *, network: Network, trust: Trust, reach: Reach | None, fallback: str | None) -> Token:
    """Ask the realm for a token; `fallback` is a scope to try after a 400 (Gitea).

    Raise `TokenRefused` for 401 and 403, `BlockedError` for a redirect, `UnreachableError` for anything else.
    """
    now = datetime.now(UTC)
    answer = network.send(_token_ask(errand, errand.scope, trust=trust, reach=reach))
    if answer.status == _BAD_REQUEST and fallback is not None:
        answer = network.send(_token_ask(errand, fallback, trust=trust, reach=reach))
    if answer.status == _OK:
        try:
            return parse_token(answer.content, now=now)
        except ValueError as error:
            message = f"the token server {errand.realm.origin.authority} gave no usable token: {error}"
            raise UnreachableError(message) from None  # the cause could carry what was sent
    raise _token_failure(answer, errand)


def _token_ask(errand: Errand, scope: str, *, trust: Trust, reach: Reach | None) -> Ask:
    login = errand.login
    host = errand.realm.origin.authority
    parameters = {"service": errand.service, "scope": scope}
    asked = {name: value for name, value in parameters.items() if value}
    if isinstance(login, IdentityToken):
        _encoded(login.secret, login.source)
        form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, **asked, "refresh_token": login.secret}
        return _ask(errand.realm.url, host, form=form, trust=trust, reach=reach)
    authorization = None
    if login is not None:
        asked |= {"account": login.username, "client_id": CLIENT_ID}
        authorization = basic_authorization(login)
    return _ask(_with_query(errand.realm.url, asked), host, authorization=authorization, trust=trust, reach=reach)


def _ask(
    url: str,
    host: str,
    *,
    trust: Trust,
    reach: Reach | None,
    form: dict[str, str] | None = None,
    authorization: str | None = None,
) -> Ask:
    return Ask(
        kind="token",
        url=url,
        host=host,
        lane=f"{host} tokens",
        form=form,
        authorization=authorization,
        limit=TOKEN_SIZE,
        trust=trust,
        reach=reach,
    )


def _with_query(url: str, parameters: dict[str, str]) -> str:
    """Add parameters to those that the realm has itself (AUTH-03)."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True) + list(parameters.items())
    return urlunsplit(parts._replace(query=urlencode(query)))


def basic_authorization(login: Credential) -> str:
    """Return the header of RFC 7617, in UTF-8; raise `UnauthorizedError` for a login that it cannot carry."""
    if ":" in login.username:
        message = f"the user name from {login.source} holds a colon, which HTTP cannot carry"
        raise UnauthorizedError(message, hint="log in again")
    return "Basic " + base64.b64encode(_encoded(f"{login.username}:{login.secret}", login.source)).decode("ascii")


def _encoded(text: str, source: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        message = f"the login from {source} holds half a letter (a lone surrogate), which cannot be sent"
        raise UnauthorizedError(message, hint="log in again") from None  # the cause carries the secret


def _token_failure(answer: Answer, errand: Errand) -> Exception:
    host = errand.realm.origin.authority
    if answer.status in _REFUSED:
        return TokenRefused(answer.status, error_text(answer.content))
    if answer.status // 100 == 3:  # noqa: PLR2004 - the class of redirects
        return BlockedError(f"the token server {host} redirects, which is not followed with credentials at stake")
    if isinstance(errand.login, IdentityToken):
        return AuthenticationError(
            f"the token server {host} does not take the identity token from {errand.login.source} ({answer.status})",
            hint=f"log in to {errand.registry.authority} again, with a user name and a token",
        )
    said = error_text(answer.content)
    return UnreachableError(f"the token server {host} answered {answer.status}{f': {said}' if said else ''}")
