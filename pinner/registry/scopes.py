"""Which repositories of one host share a token, where the user allows it (REQ-01). No I/O.

A merged token saves requests and costs safety: some servers honour the first scope only, one denied repository may
spoil all, and a token that leaks opens more. So it is off by default, bounded, and given up at the first refusal.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable


class ScopeGroups:
    """Repositories in groups of at most `most`; a group never changes, because its token is known by it."""

    def __init__(self, most: int = 1) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[str, ...]] = {}

    def want(self, repositories: Iterable[str]) -> None:
        """Note repositories that will be asked about; those that are new make groups of their own."""
        with self._lock:
            if self._most == 1:
                return
            fresh = [name for name in dict.fromkeys(repositories) if name not in self._groups]
            for start in range(0, len(fresh), self._most):
                group = tuple(fresh[start : start + self._most])
                self._groups.update(dict.fromkeys(group, group))

    def group_of(self, repository: str) -> tuple[str, ...]:
        """Return the repositories whose token `repository` shares, itself among them."""
        with self._lock:
            return self._groups.get(repository, (repository,))

    def split(self) -> None:
        """Give every repository a token of its own from now on."""
        with self._lock:
            self._most = 1
            self._groups.clear()
