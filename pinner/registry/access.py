"""What is known about getting into one host: its challenge, who asks first, and what was refused for good. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final

from pinner.errors import ResolutionError
from pinner.registry.challenge import Challenge
from pinner.registry.failures import repeated

_FORBIDDEN_TO_STOP: Final = 3


class Access:
    """The state of one host's access for a run, shared by all workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_known = False
        self._leader: Future[None] | None = None
        self._challenge: Challenge | None = None
        self._own_challenges: dict[str, Challenge] = {}
        self._denials: dict[str, ResolutionError] = {}
        self._rejection: ResolutionError | None = None
        self._forbidden = 0
        self._is_anonymous = False

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

    def check(self, repository: str) -> None:
        """Raise what was refused before: the credentials for the whole host, or this repository (RATE-06, AUTH-20)."""
        with self._lock:
            error = self._denials.get(repository) or (None if self._is_anonymous else self._rejection)
        if error is not None:
            raise repeated(error)

    def deny(self, repository: str, error: ResolutionError) -> ResolutionError:
        """Remember that `repository` was refused; asking again in this run would change nothing."""
        with self._lock:
            self._denials[repository] = error
        return error

    def reject(self, error: ResolutionError) -> ResolutionError:
        """Remember that the credentials were refused: they are never shown again (RATE-06)."""
        with self._lock:
            self._rejection = error
        return error

    def forbid(self, repository: str, error: ResolutionError) -> ResolutionError:
        """Count a 403 to credentials; GitLab blocks an address after a few dozen, so the third one ends it."""
        with self._lock:
            self._forbidden += 1
            if self._forbidden >= _FORBIDDEN_TO_STOP:
                self._rejection = error
        return self.deny(repository, error)

    def go_anonymous(self, error: ResolutionError) -> None:
        """Put the refused credentials away and go on without; `error` says why they were refused (AUTH-21)."""
        with self._lock:
            self._is_anonymous, self._rejection = True, error

    @property
    def is_anonymous(self) -> bool:
        """Whether refused credentials were put away."""
        return self._is_anonymous

    @property
    def rejection(self) -> ResolutionError | None:
        """Why the credentials were refused, if they were."""
        return self._rejection
