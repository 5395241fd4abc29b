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
