"""Bearer tokens: fetched from a realm once for each purpose, however many workers want one at the same time.

Tokens live in memory and for one run only (AUTH-17); the key binds them to the registry that asked (AUTH-16).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from pinner.credentials.base import Credential, IdentityToken
from pinner.errors import ResolutionError
from pinner.registry.challenge import Token
from pinner.registry.failures import repeated
from pinner.registry.origin import Origin
from pinner.registry.realm import Realm
from pinner.registry.retry import Network

FAILURES_TO_END: Final = 3
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
# How a 401 says that the login is fine and the scopes are not.
_SCOPE_WORDS: Final = ("DENIED", "insufficient_scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a token is for; equal errands share one token. More than one scope is a merged token (REQ-01)."""

    registry: Origin
    realm: Realm
    service: str | None
    scopes: tuple[str, ...]
    login: Credential | IdentityToken | None = field(repr=False)

    @property
    def is_merged(self) -> bool:
        """Whether several repositories share this token."""
        return len(self.scopes) > 1


# A realm with the login that is shown there.
_Door = tuple[str, Credential | IdentityToken | None]


class TokenRefused(Exception):  # noqa: N818 - an outcome that `grants` turns into an error with a name
    """The token server said no: `status` is its answer, `said` its sanitised text."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status} {said}")
        self.status = status
        self.said = said

    def is_about_scopes(self, errand: Errand) -> bool:
        """Return whether single tokens may still be given: a 401 to credentials is about these, unless it says so."""
        is_login = self.status == _UNAUTHORIZED and errand.login is not None
        return errand.is_merged and (not is_login or any(words in self.said for words in _SCOPE_WORDS))

    def is_about_login(self, errand: Errand) -> bool:
        """Return whether the login itself was refused, for whatever repository."""
        return errand.login is not None and self.status != _FORBIDDEN and not self.is_about_scopes(errand)


class TokenCache:
    """Tokens by errand; one fetch at a time for each, whose outcome all who wait share (AUTH-18).

    An error is an outcome like a token: it is kept for the run. The third one in a row ends the realm for a login, so
    that a token server that is none is not asked about every repository (AUTH-32); so does one refusal of the login.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Errand, tuple[Future[Token], float]] = {}
        # By registry too: what one asks for wrongly ends the door for no other (AUTH-16).
        self._failures: dict[tuple[Origin, _Door], int] = {}
        self._ends: dict[tuple[Origin, _Door], ResolutionError] = {}
        self._refusals: dict[_Door, TokenRefused] = {}
        self._trials: dict[_Door, threading.Lock] = {}
        self._opened: set[_Door] = set()
        self._accepted: set[tuple[Errand, str]] = set()

    def get(self, errand: Errand, fetch: Callable[[Errand], Token], *, network: Network) -> Token:
        """Return the token for `errand`; an error reaches everybody who asks for it.

        Raise `TokenRefused` and what `fetch` raises.
        """
        with self._lock:
            entry = self._entries.get(errand)
            if entry is not None and (not entry[0].done() or self._is_alive(*entry)):
                future, is_ours = entry[0], False
            else:
                future, is_ours = Future(), True
                self._entries[errand] = (future, time.monotonic())
        if not is_ours:
            return _awaited(future, max(network.left, 0))
        door = (errand.realm.url, errand.login)
        try:
            token = self._fetch(errand, door, fetch)
        except BaseException as error:
            self._note(errand, door, error)
            future.set_exception(error)
            raise
        future.set_result(token)
        return token

    def _fetch(self, errand: Errand, door: _Door, fetch: Callable[[Errand], Token]) -> Token:
        """Fetch a token; a login that this door never let in is shown by one worker at a time (RATE-06)."""
        with self._lock:
            is_tried = errand.login is None or door in self._opened
            trial = None if is_tried else self._trials.setdefault(door, threading.Lock())
        if trial is None:
            return self._ask(errand, door, fetch)
        with trial:
            return self._ask(errand, door, fetch)

    def _ask(self, errand: Errand, door: _Door, fetch: Callable[[Errand], Token]) -> Token:
        with self._lock:
            end = self._refusals.get(door) or self._ends.get((errand.registry, door))
        if end is not None:
            raise _again(end)
        try:
            token = fetch(errand)
        except TokenRefused as refused:
            if refused.is_about_login(errand):
                with self._lock:
                    self._refusals[door] = refused
            raise
        with self._lock:
            self._failures.pop((errand.registry, door), None)
            self._opened.add(door)
        return token

    def _note(self, errand: Errand, door: _Door, error: BaseException) -> None:
        with self._lock:
            if not isinstance(error, ResolutionError | TokenRefused):  # a bug is no outcome
                del self._entries[errand]
            if not isinstance(error, ResolutionError):
                return
            own = (errand.registry, door)
            self._failures[own] = self._failures.get(own, 0) + 1
            if self._failures[own] >= FAILURES_TO_END:
                self._ends[own] = error

    def accept(self, errand: Errand, value: str) -> None:
        """Remember that a token was good for something."""
        with self._lock:
            self._accepted.add((errand, value))

    def has_worked(self, errand: Errand, value: str) -> bool:
        """Return whether a token was good for something, whoever showed it: a refusal means that it has run out."""
        with self._lock:
            return (errand, value) in self._accepted

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
    if isinstance(error, ResolutionError | TokenRefused):
        raise _again(error)
    return future.result()


def _again(error: ResolutionError | TokenRefused) -> ResolutionError | TokenRefused:
    return TokenRefused(error.status, error.said) if isinstance(error, TokenRefused) else repeated(error)
