"""Second tries of one HTTP exchange, and the gate that makes all workers wait for a host together.

Only HEAD, GET and the token POST exist, so every exchange may be repeated. What is retried is a single exchange: a
retry around a whole look-up would multiply with redirects, tokens and fallbacks (RATE-01).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Final

import httpx
import tenacity

from pinner.errors import ResolutionError, UnreachableError
from pinner.registry.connections import Addresses
from pinner.registry.exchange import Answer, Ask, open_client, perform
from pinner.registry.failures import gave_up, is_final, is_refused_connection, no_answer, rate_limited, repeated
from pinner.registry.origin import is_loopback, split_port
from pinner.registry.proxies import Proxies
from pinner.registry.settings import Registries
from pinner.registry.slots import Slots
from pinner.registry.stats import Stats
from pinner.registry.transport import GuardedTransport
from pinner.registry.trust_store import TrustStore
from pinner.registry.waiting import TRANSIENT, asked_wait, is_quota_used_up, is_throttled

ATTEMPTS: Final = 5
ATTEMPTS_PAST_DEADLINE: Final = 2
# On our own machine nobody is on the way: a port that is closed now is closed in five seconds too.
ATTEMPTS_AT_CLOSED_PORT: Final = 2
FAILURES_TO_BREAK: Final = 3
LONGEST_PAUSE: Final = 60.0
_UNAVAILABLE: Final = 503

TransportFactory = Callable[[], httpx.BaseTransport]


class Gate:
    """One lane of one host, shared by all workers: open, closed until a moment, or refused for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._failures = 0
        self._refusal: ResolutionError | None = None

    def check(self) -> None:
        """Raise the error that ended this lane, if one did."""
        with self._lock:
            refusal = self._refusal
        if refusal is not None:
            raise repeated(refusal)

    def left(self) -> float:
        """Return the seconds to wait, with a little jitter so that workers do not wake together (RATE-02)."""
        with self._lock:
            left = self._until - time.monotonic()
        return left + random.uniform(0.05, 0.05 + left / 10) if left > 0 else 0.0  # noqa: S311 - not for secrets

    def close(self, seconds: float) -> None:
        """Let nobody through for `seconds`."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def refuse(self, error: ResolutionError) -> ResolutionError:
        """Fail everything that is queued for this lane with `error`, which is returned."""
        with self._lock:
            self._refusal = error
        return error

    def note_failure(self, error: ResolutionError) -> ResolutionError:
        """Count a server that kept failing; the third in a row ends the lane (RATE-05)."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_BREAK:
                self._refusal = error
        return error

    def note_success(self) -> None:
        """Forget the failures: the host answers."""
        with self._lock:
            self._failures = 0


class Network:
    """Everything the workers of one run share: time, stop, gates, counts; and a client for each of them."""

    def __init__(
        self,
        *,
        seconds: float,
        registries: Registries | None = None,
        transport_factory: TransportFactory | None = None,
        stop: threading.Event | None = None,
        stats: Stats | None = None,
    ) -> None:
        self.stop = threading.Event() if stop is None else stop
        self.stats = Stats() if stats is None else stats
        self.addresses = Addresses()
        self._trust = TrustStore()
        self.seconds = seconds
        self._slots = Slots(registries or Registries())
        self._deadline: float | None = None
        self._factory = transport_factory or self._guarded_factory()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}
        self._clients: list[httpx.Client] = []
        self._transports: list[httpx.BaseTransport] = []

    def _guarded_factory(self) -> TransportFactory:
        import os  # noqa: PLC0415 - only the real network looks at the environment

        proxies = Proxies.of(os.environ)
        return lambda: GuardedTransport(trust=self._trust, proxies=proxies, addresses=self.addresses)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd on the way to the hosts, but no reason to stop."""
        return self._trust.warnings

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

    def send(self, ask: Ask) -> Answer:
        """Return the answer to `ask` after at most five tries.

        Raise `RateLimitedError` where the host asks for more patience than there is, `UnreachableError` where no
        answer came or the server kept failing; both end the whole lane when they concern it.
        """
        gate = self._gate(ask.lane)
        retrying = tenacity.Retrying(
            stop=self._is_enough,
            wait=lambda state: max(_jitter(state), gate.left()),
            retry=tenacity.retry_if_exception(_may_help) | tenacity.retry_if_result(_is_transient),
            sleep=self._pause,
            before_sleep=lambda _state: self.stats.count("retry"),
            retry_error_callback=_last_outcome,
        )
        try:
            answer = retrying(self._try, ask, gate)
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
            failure = no_answer(error, ask, run_limit=self.seconds if self.left <= 0 else None)
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                gate.refuse(failure)
            raise gate.note_failure(failure) from error
        if is_throttled(answer.status, answer.content):
            raise gate.refuse(rate_limited(answer, ask, asked_wait(answer.headers, answer.content)))
        if _is_transient(answer):
            raise gate.note_failure(gave_up(answer, ask, int(retrying.statistics["attempt_number"])))
        gate.note_success()
        return answer

    def _try(self, ask: Ask, gate: Gate) -> Answer:
        self._pass(gate)
        with self._slots.held(ask.host, check=self.check):
            # Whoever was ahead may have closed the gate.
            self._pass(gate)
            self.stats.count(ask.kind)
            answer = perform(self._client(), ask, deadline=self.deadline)
            self._mind(answer, ask, gate)
        return answer

    def _pass(self, gate: Gate) -> None:
        """Wait until the lane is open; raise where it, or the run, has ended."""
        gate.check()
        left = gate.left()
        if left > 0:
            self._pause(left)
            gate.check()
        self.check()

    def _mind(self, answer: Answer, ask: Ask, gate: Gate) -> None:
        """Obey what an answer says about waiting, or end the lane where that takes too long (RATE-03)."""
        if not (is_throttled(answer.status, answer.content) or answer.status == _UNAVAILABLE):
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
        if self.stop.wait(seconds):
            self.check()

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        most = ATTEMPTS if error is None else _attempts_after(error, state.args[0])
        return state.attempt_number >= most or state.upcoming_sleep > self.left

    def is_paused(self, host: str) -> bool:
        """Return whether a lane of `host` is closed for a while."""
        with self._lock:
            gates = [gate for lane, gate in self._gates.items() if lane.partition(" ")[0] == host]
        return any(gate.left() > 0 for gate in gates)

    def _gate(self, lane: str) -> Gate:
        with self._lock:
            return self._gates.setdefault(lane, Gate())

    def _client(self) -> httpx.Client:
        """Return this thread's own client: one client for all is three times slower (RATE-11)."""
        client: httpx.Client | None = getattr(self._local, "client", None)
        if client is None:
            transport = self._factory()
            client = self._local.client = open_client(transport)
            with self._lock:
                self._clients.append(client)
                self._transports.append(transport)
        return client

    def abort(self) -> None:
        """Make all workers fail now: pauses end, sockets are shut down (RATE-10)."""
        self.stop.set()
        with self._lock:
            transports = tuple(self._transports)
        for transport in transports:
            if isinstance(transport, GuardedTransport):
                transport.abort()

    def close(self) -> None:
        """Close all connections; no worker may be at work."""
        with self._lock:
            clients, self._clients, self._transports = self._clients, [], []
        for client in clients:
            client.close()


_jitter: Final = tenacity.wait_random_exponential(multiplier=0.5, max=20)


def _attempts_after(error: BaseException, ask: Ask) -> int:
    if isinstance(error, httpx.ReadTimeout):  # a host that says nothing; `DeadlineExceeded` is one as well
        return ATTEMPTS_PAST_DEADLINE
    is_closed = is_refused_connection(error) and is_loopback(split_port(ask.host)[0])
    return ATTEMPTS_AT_CLOSED_PORT if is_closed else ATTEMPTS


def _is_transient(answer: Answer) -> bool:
    return answer.status in TRANSIENT or is_throttled(answer.status, answer.content)


def _may_help(error: BaseException) -> bool:
    return isinstance(error, httpx.TransportError) and not is_final(error)


def _last_outcome(state: tenacity.RetryCallState) -> Answer:
    assert state.outcome is not None
    answer: Answer = state.outcome.result()
    return answer
