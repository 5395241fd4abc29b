"""What is known about getting into one host: its challenge, who asks first, and what was refused for good. No I/O."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from pinner.credentials.base import Credential, Login
from pinner.errors import ResolutionError
from pinner.registry.challenge import Challenge
from pinner.registry.failures import repeated
from pinner.registry.origin import Origin
from pinner.registry.scopes import ScopeGroups

# GitLab blocks an address after 30 failures in three minutes; several runs may share one.
FORBIDDEN_TO_STOP: Final = 10
_SALT: Final = secrets.token_bytes(16)

_LoginKey = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a login was refused for good, and whether to go on without it (AUTH-21)."""

    error: ResolutionError
    is_put_away: bool = False


class Access:
    """The state of one host's access for a run, shared by all workers.

    `groups` says which repositories share a token; `renewal` is held while a refused login is replaced.
    """

    def __init__(self, *, scopes_per_token: int = 1) -> None:
        self.groups = ScopeGroups(scopes_per_token)
        self.renewal = threading.Lock()
        self._lock = threading.Lock()
        self._is_known = False
        self._leader: Future[None] | None = None
        self._challenge: Challenge | None = None
        self._own_challenges: dict[str, Challenge] = {}
        self._realm: Origin | None = None
        self._denials: dict[str, ResolutionError] = {}
        self._set_aside: dict[str, ResolutionError] = {}
        self._rejections: dict[_LoginKey, Rejection] = {}
        self._forbidden: dict[_LoginKey, set[str]] = {}
        self._trials: dict[_LoginKey, threading.Lock] = {}
        self._admitted: set[_LoginKey] = set()
        self._doubted: set[_LoginKey] = set()

    @contextmanager
    def turn(self, left: float) -> Iterator[None]:
        """Let the first request of a host go alone; the others wait until it knows how to get in (AUTH-19).

        So one 401 is all that a host gives, and refused credentials are shown once. Raise `TimeoutError` after `left`
        seconds.
        """
        while True:
            with self._lock:
                if self._is_known:
                    leader = None
                    break
                if self._leader is None:
                    leader = self._leader = Future()
                    break
                waited_for = self._leader
            waited_for.result(timeout=max(left, 0))
        try:
            yield
        finally:
            if leader is not None:
                with self._lock:
                    self._leader = None
                leader.set_result(None)

    def learn(self, challenge: Challenge | None, repository: str | None = None) -> None:
        """Remember the host's challenge, or with None that it lets everybody in.

        The first challenge stays the host's; a later one counts for its repository (AUTH-07).
        """
        with self._lock:
            self._is_known = True
            if challenge is not None and self._challenge is None:
                self._challenge = challenge
            elif challenge is not None and repository is not None:
                self._own_challenges[repository] = challenge

    def challenge_for(self, repository: str) -> Challenge | None:
        """Return what has to be answered for `repository`, as far as it is known."""
        with self._lock:
            return self._own_challenges.get(repository, self._challenge)

    def settle_realm(self, realm: Origin) -> Origin:
        """Return the token server that gave the host's first token; it is `realm` where there was none before."""
        with self._lock:
            self._realm = self._realm or realm
            return self._realm

    def check(self, repository: str) -> None:
        """Raise what was said about this repository before: asking again would change nothing (AUTH-20)."""
        with self._lock:
            error = self._denials.get(repository)
        if error is not None:
            raise repeated(error)

    def deny(self, repository: str, error: ResolutionError) -> ResolutionError:
        """Remember that `repository` was refused; asking again in this run would change nothing."""
        with self._lock:
            self._denials[repository] = error
        return error

    def rejection_of(self, login: Login) -> Rejection | None:
        """Return why `login` was refused, if it was; other logins of the same host are not concerned."""
        with self._lock:
            return self._rejections.get(_key(login))

    def reject(self, login: Login, error: ResolutionError, *, is_put_away: bool = False) -> ResolutionError:
        """Remember that a login was refused: it is never shown again (RATE-06)."""
        with self._lock:
            self._rejections[_key(login)] = Rejection(error=error, is_put_away=is_put_away)
        return error

    def doubt(self, login: Login) -> bool:
        """Remember that a login may have run out; return whether this is the first time."""
        with self._lock:
            is_first = _key(login) not in self._doubted
            self._doubted.add(_key(login))
            return is_first

    def forbid(self, repository: str, login: Login, error: ResolutionError, *, is_put_away: bool = False) -> None:
        """Count a repository that `login` may not see; ten in a row, and the login is not shown again (RATE-06)."""
        with self._lock:
            forbidden = self._forbidden.setdefault(_key(login), set())
            forbidden.add(repository)
            is_enough = len(forbidden) >= FORBIDDEN_TO_STOP
        if is_enough:
            self.reject(login, error, is_put_away=is_put_away)

    def set_aside(self, repository: str, error: ResolutionError) -> None:
        """Ask about `repository` without credentials from now on; `error` is why those there are may not see it."""
        with self._lock:
            self._set_aside[repository] = error

    def set_aside_for(self, repository: str) -> ResolutionError | None:
        """Return why `repository` is asked about without credentials, if it is."""
        with self._lock:
            return self._set_aside.get(repository)

    def admit(self, login: Login) -> None:
        """Remember that `login` was good for something: its refusals are counted anew."""
        with self._lock:
            self._forbidden.pop(_key(login), None)
            self._admitted.add(_key(login))

    @contextmanager
    def trial(self, login: Login | None) -> Iterator[bool]:
        """Let one worker at a time show a login that was not good for anything yet; None may always pass.

        So a wrong one is shown once, however many workers hold it. Yield whether it was refused meanwhile.
        """
        key = None if login is None else _key(login)
        with self._lock:
            is_tried = key is None or key in self._admitted
            trial = nullcontext() if key is None or is_tried else self._trials.setdefault(key, threading.Lock())
        with trial:
            yield login is not None and self.rejection_of(login) is not None

    @property
    def is_known(self) -> bool:
        """Whether the host has answered before, so that it is known how to get in."""
        return self._is_known


def _key(login: Login) -> _LoginKey:
    """Return what tells logins apart without keeping a secret (AUTH-23)."""
    secret = login.secret.encode("utf-8", errors="surrogatepass")
    username = login.username if isinstance(login, Credential) else ""
    return login.source, username, hashlib.blake2b(secret, key=_SALT, digest_size=16).digest()
