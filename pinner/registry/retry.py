"""Second tries of one HTTP exchange, behind the gate of its lane and in one of the slots of its host.

Only HEAD, GET and the token POST exist, so every exchange may be repeated. What is retried is a single exchange: a
retry around a whole look-up would multiply with redirects, tokens and fallbacks (RATE-01).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

import httpx

from pinner.errors import ResolutionError, UnreachableError
from pinner.registry.connections import Addresses
from pinner.registry.exchange import Answer, Ask, perform
from pinner.registry.failures import gave_up, is_final, is_refused_connection, no_answer, rate_limited
from pinner.registry.gate import Gate
from pinner.registry.kept import IdleConnections
from pinner.registry.notices import Notices
from pinner.registry.origin import is_loopback, split_port
from pinner.registry.proxies import Proxies
from pinner.registry.settings import Registries
from pinner.registry.slots import Slots
from pinner.registry.stats import RETRY, Stats
from pinner.registry.transport import GuardedTransport
from pinner.registry.trust_store import TrustStore
from pinner.registry.waiting import TRANSIENT, asked_wait, is_complaint, is_cut_off, is_quota_used_up, is_throttled

if TYPE_CHECKING:
    import tenacity

ATTEMPTS: Final = 5
ATTEMPTS_PAST_DEADLINE: Final = 2
# On our own machine nobody is on the way: a port that is closed now is closed in five seconds too.
ATTEMPTS_AT_CLOSED_PORT: Final = 2
LONGEST_PAUSE: Final = 60.0

TransportFactory = Callable[[], httpx.BaseTransport]
Aside = Callable[[], AbstractContextManager[None]]


class Network:
    """Everything the workers of one run share: time, stop, gates, slots, counts; and a transport for each of them.

    `aside` is entered by a worker while it waits, so that another one can work.
    """

    def __init__(
        self,
        *,
        seconds: float,
        registries: Registries | None = None,
        transport_factory: TransportFactory | None = None,
        stop: threading.Event | None = None,
        stats: Stats | None = None,
        aside: Aside = nullcontext,
    ) -> None:
        self.stop = threading.Event() if stop is None else stop
        self.stats = Stats() if stats is None else stats
        self.notices = Notices()
        self.addresses = Addresses()
        self._trust = TrustStore()
        self.seconds = seconds
        self._aside = aside
        self._slots = Slots(registries or Registries())
        self._deadline: float | None = None
        self._factory = transport_factory or self._guarded_factory()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}
        self._transports: list[httpx.BaseTransport] = []

    def _guarded_factory(self) -> TransportFactory:
        import os  # noqa: PLC0415 - only the real network looks at the environment

        proxies, idle, count = Proxies.of(os.environ), IdleConnections(), self.stats.count_connection
        return lambda: GuardedTransport(
            trust=self._trust, proxies=proxies, addresses=self.addresses, idle=idle, on_connect=count
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd on the way to the hosts, but no reason to stop."""
        return (*self._trust.warnings, *self.notices.warnings)

    @property
    def deadline(self) -> float:
        """The moment (monotonic seconds) at which the run ends; the clock starts with the first question."""
        with self._lock:
            if self._deadline is None:
                self._deadline = time.monotonic() + self.seconds
            return self._deadline

    @property
    def left(self) -> float:
        """The seconds that the run still has."""
        return self.deadline - time.monotonic()

    def limit_of(self, host: str) -> int:
        """Return how many requests a host may have under way now."""
        return self._slots.limit_of(host)

    def send(self, ask: Ask) -> Answer:
        """Return the answer to `ask` after at most five tries.

        Raise `RateLimitedError` where the host asks for more patience than there is, `UnreachableError` where no
        answer came or the server kept failing; both end the whole lane when they concern it.
        """
        gate = self._gate(ask.lane)
        tries = _Tries(ask, gate, left=lambda: self.left)
        try:
            return self._settled(self._retried(ask, gate, tries), ask, gate, tries)
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
            raise self._failure(error, ask, gate, tries) from error
        finally:
            gate.leave()

    def _settled(self, answer: Answer, ask: Ask, gate: Gate, tries: _Tries) -> Answer:
        """Return the last answer, or raise what it means where it is still no good one; tell the gate."""
        if is_throttled(answer.status, answer.content):
            raise gate.refuse(rate_limited(answer, ask, asked_wait(answer.headers, answer.content)))
        if answer.status in TRANSIENT:
            raise gate.note_failure(gave_up(answer, ask, tries.number), patience=self.left)
        gate.note_success()
        return answer

    def _failure(self, error: Exception, ask: Ask, gate: Gate, tries: _Tries) -> ResolutionError:
        """Return what no answer means, and tell the gate."""
        if self.left <= 0:
            return no_answer(error, ask, run_limit=self.seconds)
        failure = no_answer(error, ask)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return gate.refuse(failure)
        return gate.note_failure(failure, patience=self.left, is_silent=tries.were_silent)

    def _retried(self, ask: Ask, gate: Gate, tries: _Tries) -> Answer:
        first: Future[Answer] = Future()
        try:
            first.set_result(self._try(ask, gate))
        except Exception as error:  # noqa: BLE001 - it is raised again, by the next line or after the last try
            first.set_exception(error)
        if not _is_worth_another(first):
            return first.result()
        from pinner.registry.second_tries import try_again  # noqa: PLC0415 - start-up: hardly any run needs tenacity

        return try_again(
            first,
            lambda: self._try(ask, gate),
            is_worth_it=_is_worth_another,
            is_enough=tries.are_enough,
            shortest=gate.left,
            pause=self._pause_before_retry,
        )

    def _pause_before_retry(self, seconds: float) -> None:
        self.stats.count(RETRY)
        self._pause(seconds)

    def _try(self, ask: Ask, gate: Gate) -> Answer:
        while True:
            closings = self._pass(gate)
            with self._slots.held(ask.host, check=self.check, aside=self._aside, is_token=ask.kind == "token") as slot:
                if gate.closings != closings:
                    continue  # whoever was ahead closed the gate; nobody waits there with a slot in hand
                answer = self._exchange(ask)
                slot.note(is_complaint=is_complaint(answer.status, answer.content))
            self._mind(answer, ask, gate)
            return answer

    def _exchange(self, ask: Ask) -> Answer:
        budgets = self.stats.budgets
        with budgets.spent(ask.host, ask.payer) if ask.is_metered else nullcontext():
            self.stats.count_request(ask.kind, ask.host)
            answer = perform(self._transport(), ask, deadline=self.deadline)
            budgets.note(answer.headers, ask.host, ask.payer)
        self.notices.note(answer.headers, ask.host, answer.hidden)
        return answer

    def _pass(self, gate: Gate) -> int:
        """Wait until the lane is open, and return how often it was closed until then; raise where it has ended."""
        while True:
            closings = gate.closings
            gate.check()
            left = gate.left()
            if left > 0:
                self._pause(left)
                gate.check()
            gate.enter(self.check, self._aside)
            self.check()
            if closings == gate.closings:
                return closings

    def _mind(self, answer: Answer, ask: Ask, gate: Gate) -> None:
        """Obey what an answer says about waiting, or end the lane where that takes too long (RATE-03)."""
        if not is_complaint(answer.status, answer.content):
            return
        seconds = asked_wait(answer.headers, answer.content)
        if is_quota_used_up(answer.status, answer.content) or (
            seconds is not None and seconds > min(LONGEST_PAUSE, self.left)
        ):
            raise gate.refuse(rate_limited(answer, ask, seconds))
        if seconds is not None:
            gate.close(seconds)

    def check(self) -> None:
        """Raise `UnreachableError` where the run was stopped or its time is used up."""
        if self.stop.is_set():
            raise UnreachableError("interrupted")
        if self.left <= 0:
            message = f"the time limit of {self.seconds:g} seconds was used up"
            raise UnreachableError(message, hint="give more time with --timeout, or ask for fewer images")

    def _pause(self, seconds: float) -> None:
        """Sleep, but wake up at once when the run is stopped."""
        with self._aside():
            if self.stop.wait(seconds):
                self.check()

    def _gate(self, lane: str) -> Gate:
        with self._lock:
            return self._gates.setdefault(lane, Gate())

    def _transport(self) -> httpx.BaseTransport:
        """Return this thread's own transport, which knows until when its question may take (NET-10)."""
        transport: httpx.BaseTransport | None = getattr(self._local, "transport", None)
        if transport is None:
            transport = self._local.transport = self._factory()
            with self._lock:
                self._transports.append(transport)
        return transport

    def abort(self) -> None:
        """Make all workers fail now: pauses end, sockets are shut down (RATE-10)."""
        self.stop.set()
        self._slots.wake()
        with self._lock:
            transports = tuple(self._transports)
        for transport in transports:
            if isinstance(transport, GuardedTransport):
                transport.abort()

    def close(self) -> None:
        """Close all connections; no worker may be at work."""
        with self._lock:
            transports, self._transports = self._transports, []
        for transport in transports:
            transport.close()


class _Tries:
    """The tries of one exchange: how many of which kind there were, and whether they are enough (RATE-01, RATE-15)."""

    def __init__(self, ask: Ask, gate: Gate, *, left: Callable[[], float]) -> None:
        self._is_near = is_loopback(split_port(ask.host)[0])
        self._gate = gate
        self._left = left
        self._good_answers = gate.good_answers
        self._silences = 0
        self._closed_ports = 0
        self.number = 0

    def are_enough(self, state: tenacity.RetryCallState) -> bool:
        """Count the try that has just failed, and return whether it was the last one."""
        assert state.outcome is not None
        error = state.outcome.exception()
        self.number = state.attempt_number
        # A host that says nothing; `DeadlineExceeded` is one as well.
        self._silences += isinstance(error, httpx.ReadTimeout)
        self._closed_ports += self._is_near and error is not None and is_refused_connection(error)
        return (
            self.number >= ATTEMPTS
            or self._silences >= ATTEMPTS_PAST_DEADLINE
            or self._closed_ports >= ATTEMPTS_AT_CLOSED_PORT
            or state.upcoming_sleep > self._left()
            or (self._gate.is_probed_by_me and (error is not None or not _is_throttle(state.outcome.result())))
        )

    @property
    def were_silent(self) -> bool:
        """Whether nothing was heard of the host since the exchange began, by anybody (RATE-05)."""
        return self._silences > 0 and self._gate.good_answers == self._good_answers


def _is_throttle(answer: Answer) -> bool:
    return is_throttled(answer.status, answer.content)


def _is_worth_another(outcome: Future[Answer]) -> bool:
    """Return whether a second try may help."""
    error = outcome.exception()
    if error is not None:
        return isinstance(error, httpx.TransportError) and not is_final(error)
    answer = outcome.result()
    return answer.status in TRANSIENT or _is_throttle(answer) or is_cut_off(answer.status, answer.content)
