"""`RegistryResolver`: many references at once, by threads, each distinct question asked once a run."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final, Self, TypeVar

from pinner.credentials.base import CredentialSource, NoCredentials, Stoppable
from pinner.errors import InputError, InternalError, MisconfiguredError, ResolutionError, UnreachableError
from pinner.oci.contents import Contents
from pinner.oci.hosts import host_identity
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.oci.words import sanitised
from pinner.registry.client import RegistryClient
from pinner.registry.failures import bare
from pinner.registry.questions import digest_to_describe, tag_to_look_up
from pinner.registry.retry import Network, TransportFactory
from pinner.registry.schedule import Schedule
from pinner.registry.settings import Registries
from pinner.registry.slots import TOKEN_LIMIT
from pinner.registry.stats import Stats
from pinner.resolution import Resolution, Resolved, Unresolved

DEFAULT_JOBS: Final = 32
DEFAULT_TIMEOUT: Final = 300.0
# A name server may hold a worker longer than the deadline says; after this many seconds it is left behind.
_GRACE: Final = 2.0
# A Ctrl-C that comes just when the main thread falls asleep does not wake it; it is noticed at the next look (RATE-10).
_LOOK_UP_SECONDS: Final = 0.25

OnProgress = Callable[[int, int], None]
_Question = tuple[str, str, str, str]
T = TypeVar("T")


class RegistryResolver:
    """Implements `pinner.resolution.Resolver` for one run: its memory, its deadline and its counts.

    `timeout` is in seconds and counts for the whole run from the first question. `on_progress(done, total)` counts the
    distinct questions of one call and is called from worker threads. `stats` counts what is asked, also for other
    resolvers that share it. `transport_factory` gives each worker its transport, for tests.
    """

    def __init__(  # noqa: PLR0913 - one parameter a flag of the command line, and the seams of tests
        self,
        *,
        registries: Registries | None = None,
        credentials: CredentialSource | None = None,
        jobs: int = DEFAULT_JOBS,
        timeout: float = DEFAULT_TIMEOUT,
        platform: Platform | None = None,
        transport_factory: TransportFactory | None = None,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
        stats: Stats | None = None,
    ) -> None:
        registries = registries or Registries()
        self._schedule = Schedule(jobs=max(jobs, 1), is_known=self._is_known, limit_of=self._limit_of)
        self._network = Network(
            seconds=timeout,
            registries=registries,
            transport_factory=transport_factory,
            stop=stop,
            stats=stats,
            aside=self._schedule.aside,
        )
        self._credentials = credentials or NoCredentials()
        self._client = RegistryClient(
            network=self._network,
            registries=registries,
            credentials=self._credentials,
            platform=platform,
        )
        self._on_progress = on_progress
        # Each verb has one kind of answer.
        self._answers: dict[_Question, Future[Any]] = {}

    @property
    def stats(self) -> Stats:
        """What was asked for so far."""
        return self._network.stats

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop, for the user to see once."""
        return tuple(dict.fromkeys((*self._client.warnings, *self._network.warnings)))

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each tag means now, in the order of `references`; see `resolution.Resolver`."""
        return self._resolve(tuple(references), "look up", tag_to_look_up, self._client.look_up)

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each digest or tag means with its document read, in order; see `resolution.Resolver`."""
        return self._resolve(tuple(references), "describe", digest_to_describe, self._client.describe)

    def read(self, references: Iterable[Reference]) -> tuple[Contents | ResolutionError, ...]:
        """Return what each digest names, with its parts, in order; see `RegistryClient.read`."""
        return self._answer(tuple(references), "read", digest_to_describe, self._client.read)

    def _is_known(self, host: str) -> bool:
        return self._client.is_known(host)

    def _limit_of(self, host: str) -> int:
        return self._client.limit_of(host)

    def _resolve(
        self,
        references: tuple[Reference, ...],
        verb: str,
        wanted: Callable[[Reference], str],
        ask: Callable[[Reference], Resolved],
    ) -> tuple[Resolution, ...]:
        answers = self._answer(references, verb, wanted, ask)
        return tuple(
            replace(answer, reference=reference)
            if isinstance(answer, Resolved)
            else Unresolved(reference=reference, error=answer)
            for reference, answer in zip(references, answers, strict=True)
        )

    def _answer(
        self,
        references: tuple[Reference, ...],
        verb: str,
        wanted: Callable[[Reference], str],
        ask: Callable[[Reference], T],
    ) -> tuple[T | ResolutionError, ...]:
        """Ask each distinct question once, and all of them at the same time."""
        questions = [_question(verb, reference, wanted(reference)) for reference in references]
        progress = _Progress(len(set(questions)), self._on_progress)
        fresh: dict[_Question, Reference] = {}
        for question, reference in zip(questions, references, strict=True):
            if question in self._answers:
                if question not in fresh:
                    progress.skip(question)
            else:
                self._answers[question] = Future()
                fresh[question] = reference
        try:
            self._client.expect(fresh.values())
            self._schedule.put(
                (question[1], self._task(self._answers[question], reference, ask, progress))
                for question, reference in in_turns(fresh).items()
            )
            self._wait(progress)
        except BaseException:
            self.cancel()
            raise
        return tuple(
            self._outcome(reference, self._answers[question])
            for question, reference in zip(questions, references, strict=True)
        )

    @staticmethod
    def _task(
        future: Future[T | ResolutionError], reference: Reference, ask: Callable[[Reference], T], progress: _Progress
    ) -> Callable[[], None]:
        def answer() -> None:
            try:
                future.set_result(_outcome_of(ask, reference))
            except BaseException as error:  # noqa: BLE001 - a worker has nobody above it; `_outcome` raises it again
                future.set_exception(error)
            progress.step()

        return answer

    def _wait(self, progress: _Progress) -> None:
        """Wait for all together; whoever is not done a little after the deadline is given up."""
        while not progress.is_complete.wait(_LOOK_UP_SECONDS):
            if self._network.left + _GRACE <= 0:
                return

    def _outcome(self, reference: Reference, future: Future[T | ResolutionError]) -> T | ResolutionError:
        if future.done():
            return future.result()
        message = f"{reference.tagged}: the time limit of {self._network.seconds:g} seconds was used up"
        return UnreachableError(message)

    def cancel(self) -> None:
        """Stop everything at once, within two seconds; every question that is open fails."""
        self._network.abort()
        self._dismiss(seconds=1.0)

    def close(self) -> None:
        """Let the workers go and close all connections; takes two seconds where a worker hangs."""
        # After `cancel`, whoever is still there hangs where nothing reaches it.
        self._dismiss(seconds=0.0 if self._network.stop.is_set() else _GRACE)
        self._network.close()

    def _dismiss(self, *, seconds: float) -> None:
        """Send the workers home and wait for all of them together, no longer than `seconds`."""
        self._schedule.close()
        if isinstance(self._credentials, Stoppable):
            self._credentials.stop()
        self._schedule.join(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Progress:
    """Counts finished questions and tells whoever wants to know."""

    def __init__(self, total: int, tell: OnProgress | None) -> None:
        self._lock = threading.Lock()
        self._total = total
        self._done = 0
        self._tell = tell
        self._skipped: set[_Question] = set()
        self.is_complete = threading.Event()
        if total == 0:
            self.is_complete.set()

    def skip(self, question: _Question) -> None:
        """Count a question that was answered before, once."""
        if question not in self._skipped:
            self._skipped.add(question)
            self.step()

    def step(self) -> None:
        with self._lock:
            self._done += 1
            try:
                if self._tell is not None:
                    self._tell(self._done, self._total)
            finally:
                if self._done == self._total:
                    self.is_complete.set()


def in_turns(fresh: Mapping[_Question, Reference]) -> Mapping[_Question, Reference]:
    """Return questions in another order: a few repositories of a host take turns.

    Each needs a token of its own (REQ-01), and whoever wants a second tag of one can do nothing but wait for it.
    """
    lines: dict[tuple[str, str], deque[_Question]] = {}
    for question in fresh:
        lines.setdefault(question[1:3], deque()).append(question)
    waiting, turns, order = deque(lines.values()), deque[deque[_Question]](), list[_Question]()
    while waiting or turns:
        while waiting and len(turns) < TOKEN_LIMIT:
            turns.append(waiting.popleft())
        line = turns.popleft()
        order.append(line.popleft())
        if line:
            turns.append(line)
    return {question: fresh[question] for question in order}


def _question(verb: str, reference: Reference, wanted: str) -> _Question:
    return (verb, host_identity(reference.registry), reference.repository, wanted)


def _outcome_of(ask: Callable[[Reference], T], reference: Reference) -> T | ResolutionError:
    """Return what came of one question; whatever goes wrong is its own failure and hides no other one (RES-29)."""
    try:
        return ask(reference)
    except ResolutionError as error:
        return bare(error)
    except InputError as error:
        outcome: ResolutionError = MisconfiguredError(f"{reference.tagged}: {error.message}", hint=error.hint)
        outcome.__cause__ = error
    except Exception as error:
        if os.environ.get("PINNER_DEBUG"):
            raise
        message = f"{reference.tagged}: a bug in pinner: {type(error).__name__}: {sanitised(str(error))}"
        outcome = InternalError(message, hint="please report it with what PINNER_DEBUG=1 shows")
        outcome.__cause__ = error
    return outcome
