"""How many requests are under way with one host at a time, across all workers (RATE-07, AUTH-08).

A host begins with eight. Every clean answer adds one, up to the user's `max-connections`, until the first answer that
asks us to slow down: it halves the number, and those to requests from before the halving do not halve it again. From
then on it takes twenty clean answers to add one. So TCP finds out what a network can take (RFC 5681, section 3.1).

A slot is held for one exchange and nothing else. A request for a token takes one of its server's four slots first and
then one of the host's: whoever holds the latter waits for nothing, so that nobody waits in a circle.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Final

from pinner.oci.hosts import host_identity
from pinner.registry.settings import Registries

FIRST_LIMIT: Final = 8
TOKEN_LIMIT: Final = 4
CLEAN_TO_GROW: Final = 20
# Whoever waits is woken by a slot that gets free; this is only for a run that ends meanwhile.
_LOOK_UP_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """A number between one and `most` that follows what a host can take.

    `era` counts the halvings: an answer belongs to the era in which its request began.
    """

    most: int
    now: int
    clean: int = 0
    era: int = 0

    @classmethod
    def beginning(cls, most: int) -> Limit:
        """Return the limit of a host that has not answered yet."""
        return cls(most=most, now=min(FIRST_LIMIT, most))

    def after_clean(self) -> Limit:
        """Return the limit after one more answer without complaint."""
        if self.now >= self.most:
            return self
        if self.era and self.clean + 1 < CLEAN_TO_GROW:
            return replace(self, clean=self.clean + 1)
        return replace(self, clean=0, now=self.now + 1)

    def after_complaint(self, era: int) -> Limit:
        """Return the limit after an answer that asks us to slow down, to a request of `era`."""
        if era != self.era:
            return self
        return replace(self, now=max(self.now // 2, 1), clean=0, era=self.era + 1)


class Slot:
    """One of the slots of a host, while it is held."""

    def __init__(self, slots: _HostSlots) -> None:
        self._slots = slots
        self._era = slots.limit.era

    def note(self, *, is_complaint: bool) -> None:
        """Learn from the answer; `is_complaint` is whether it asks us to slow down."""
        with self._slots.changed:
            limit = self._slots.limit
            self._slots.limit = limit.after_complaint(self._era) if is_complaint else limit.after_clean()
            if self._slots.limit.now > limit.now:
                self._slots.changed.notify()


class _HostSlots:
    """The slots of one host."""

    def __init__(self, limit: Limit) -> None:
        self.changed = threading.Condition()
        self.limit = limit
        self.under_way = 0

    @contextmanager
    def held(self, check: Callable[[], None], aside: Callable[[], AbstractContextManager[None]]) -> Iterator[Slot]:
        with self.changed:
            is_free = self.under_way < self.limit.now
            self.under_way += is_free
        if not is_free:
            with aside():
                self._wait(check)
        try:
            yield Slot(self)
        finally:
            with self.changed:
                self.under_way -= 1
                self.changed.notify()

    def _wait(self, check: Callable[[], None]) -> None:
        with self.changed:
            while self.under_way >= self.limit.now:
                self.changed.wait(_LOOK_UP_SECONDS)
                check()
            self.under_way += 1


class Slots:
    """The slots of all hosts of a run."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries
        self._lock = threading.Lock()
        self._hosts: dict[str, _HostSlots] = {}
        self._token_servers: dict[str, _HostSlots] = {}

    @contextmanager
    def held(
        self,
        host: str,
        *,
        check: Callable[[], None],
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
        is_token: bool = False,
    ) -> Iterator[Slot]:
        """Hold one slot of `host[:port]`, and for a token one of its server's too.

        While waiting, `check` is called, to raise when the run is over, and `aside` lets another worker work.
        """
        mine, tokens = self._of(host)
        with tokens.held(check, aside) if is_token else nullcontext(), mine.held(check, aside) as slot:
            yield slot

    def limit_of(self, host: str) -> int:
        """Return how many requests `host[:port]` may have under way now."""
        return self._of(host)[0].limit.now

    def _of(self, host: str) -> tuple[_HostSlots, _HostSlots]:
        name = host_identity(host)
        with self._lock:
            if name not in self._hosts:
                most = self._registries.for_host(name).max_connections
                self._hosts[name] = _HostSlots(Limit.beginning(most))
                self._token_servers[name] = _HostSlots(Limit(most=TOKEN_LIMIT, now=TOKEN_LIMIT))
            return self._hosts[name], self._token_servers[name]

    def wake(self) -> None:
        """Make all who wait look whether the run is over."""
        with self._lock:
            everything = (*self._hosts.values(), *self._token_servers.values())
        for slots in everything:
            with slots.changed:
                slots.changed.notify_all()
