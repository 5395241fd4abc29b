"""Counts of what a run asked for, safe to write from all workers (REQ-04)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

from pinner.registry.budget import Budgets

# Counts that are no requests: second tries are requests too, what the cache knew was never asked.
RETRY: Final = "retry"
CACHE: Final = "cache"


class Stats:
    """What one run of the program asked for, over all its resolvers.

    `counts` has the requests of each kind (`Kind`), those of second tries included, how many
    of them were such a `retry`, and how many answers came from the `cache` instead.
    """

    def __init__(self) -> None:
        self.budgets = Budgets()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._connections = 0

    def count(self, kind: str) -> None:
        """Add one."""
        with self._lock:
            self._counts[kind] += 1

    def count_request(self, kind: str, host: str) -> None:
        """Add one request to a host."""
        with self._lock:
            self._counts[kind] += 1
            self._hosts[host] += 1

    def count_connection(self) -> None:
        """Add a connection that was opened."""
        with self._lock:
            self._connections += 1

    @property
    def counts(self) -> Mapping[str, int]:
        """A copy of the counts so far."""
        with self._lock:
            return dict(self._counts)

    @property
    def hosts(self) -> Mapping[str, int]:
        """How many requests each host got."""
        with self._lock:
            return dict(self._hosts)

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return self._connections

    @property
    def requests(self) -> int:
        """All requests together, those of retries included."""
        return sum(number for kind, number in self.counts.items() if kind not in {RETRY, CACHE})
