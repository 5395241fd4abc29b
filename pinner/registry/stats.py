"""Counts of what a run asked for, safe to write from all workers (REQ-04)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Stats:
    """How many requests of each kind were sent: `head`, `get`, `blob`, `token`; and `retry` among them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, kind: str) -> None:
        """Add one."""
        with self._lock:
            self._counts[kind] += 1

    @property
    def counts(self) -> Mapping[str, int]:
        """A copy of the counts so far."""
        with self._lock:
            return dict(self._counts)

    @property
    def requests(self) -> int:
        """All requests together, those of retries included."""
        return sum(number for kind, number in self.counts.items() if kind != "retry")
