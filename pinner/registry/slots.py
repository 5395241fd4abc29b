"""How many requests are under way with one host at a time, across all workers (`max-connections`; RATE-07).

A slot is held for one exchange and nothing else: whoever holds one never waits for a token, a redirect or another slot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pinner.registry.origin import host_identity
from pinner.registry.settings import Registries

# A semaphore does not wake up when the run is stopped, so whoever waits looks up this often.
_LOOK_UP_SECONDS: Final = 0.1


class Slots:
    """The slots of all hosts of a run."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries
        self._lock = threading.Lock()
        self._hosts: dict[str, threading.Semaphore] = {}

    @contextmanager
    def held(self, host: str, *, check: Callable[[], None]) -> Iterator[None]:
        """Hold one slot of `host[:port]`; `check` is called while waiting, to raise when the run is over."""
        slots = self._of(host)
        while not slots.acquire(timeout=_LOOK_UP_SECONDS):
            check()
        try:
            yield
        finally:
            slots.release()

    def _of(self, host: str) -> threading.Semaphore:
        name = host_identity(host)
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = threading.Semaphore(self._registries.for_host(name).max_connections)
            return self._hosts[name]
