"""Second tries, rate limits and the gate that all workers of a host share."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from pinner.errors import IntegrityError, NotFoundError, RateLimitedError, ResolutionError, UnreachableError
from pinner.registry.gate import BROKEN_SECONDS, FAILURES_TO_BREAK, Gate
from pinner.registry.retry import ATTEMPTS, ATTEMPTS_PAST_DEADLINE, LONGEST_PAUSE
from pinner.registry.transport import DeadlineExceeded
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import INDEX, Respond, World, failure, image, open_registry, references

HOST = "registry.example"
HUB = "registry-1.docker.io"


def after(*first: httpx.Response | Exception) -> Respond:
    """Answer with these first and then well."""
    answers: Iterator[httpx.Response | Exception] = iter(first)

    def respond(_request: httpx.Request) -> httpx.Response:
        answer = next(answers, None)
        if isinstance(answer, Exception):
            raise answer
        return answer or image()

    return respond


def always(answer: httpx.Response | Exception) -> Respond:
    def respond(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return respond


def resolve(world: World, *texts: str, **settings: object) -> list[Resolution]:
    with world.resolver(jobs=1, **settings) as resolver:
        return list(resolver.look_up(references(*(texts or (f"{HOST}/app:1",)))))


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def caused_by(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("status", [408, 425, 429, 499, 500, 502, 503, 504, 520, 524])
def test_a_passing_failure_is_tried_again_by_the_same_method(status: int) -> None:  # RATE-15, RES-30
    world = World(hosts={HOST: after(failure(status))})
    with world.resolver() as resolver:
        assert isinstance(resolver.look_up(references(f"{HOST}/app:1"))[0], Resolved)
        assert resolver.stats.counts == {"head": 2, "retry": 1}
        assert resolver.stats.requests == 2
    assert len(world.stop.pauses) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.ConnectTimeout("slow"),
        httpx.RemoteProtocolError("Server disconnected"),
        httpx.ReadError("reset"),
        caused_by(socket.gaierror(socket.EAI_AGAIN, "try again")),
        caused_by(ssl.SSLEOFError("eof")),
    ],
)
def test_a_broken_exchange_is_tried_again(error: Exception) -> None:  # RATE-15
    assert isinstance(resolve(World(hosts={HOST: after(error)}))[0], Resolved)


@pytest.mark.parametrize("status", [404, 409, 505])
def test_a_clear_answer_is_not_asked_for_again(status: int) -> None:  # RATE-15
    world = World(hosts={HOST: always(failure(status))})
    resolve(world)
    assert world.count("HEAD") == 1
    assert world.stop.pauses == []


def test_five_tries_are_the_end_and_never_become_a_get() -> None:  # RATE-01, RES-30
    world = World(hosts={HOST: always(failure(503))})
    error = error_of(resolve(world)[0])
    assert isinstance(error, UnreachableError)
    assert f"{HOST}/app:1: {HOST} answered 503 to 5 tries of HEAD" in error.message
    assert (world.count("HEAD"), world.count("GET")) == (ATTEMPTS, 0)


@pytest.mark.parametrize(
    ("error", "words", "hint"),
    [
        (caused_by(socket.gaierror(socket.EAI_NONAME, "unknown")), "cannot be resolved", "check the name"),
        (caused_by(ssl.SSLCertVerificationError("bad")), "is not trusted", 'ca = "…"'),
        (caused_by(ssl.SSLError("[SSL: WRONG_VERSION_NUMBER]")), "no secure connection", ""),
        (httpx.LocalProtocolError("ours"), "broke off", ""),
        (httpx.ProxyError("407"), "the proxy refused", "HTTPS_PROXY"),
        (httpx.UnsupportedProtocol("x"), "broke off", ""),
    ],
)
def test_what_cannot_get_better_is_tried_once(error: Exception, words: str, hint: str) -> None:  # RATE-15
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        error.__cause__.verify_message = "self-signed\x1b certificate"
    world = World(hosts={HOST: always(error)})
    result = error_of(resolve(world)[0])
    assert isinstance(result, UnreachableError)
    assert words in result.message
    assert hint in (result.hint or "")
    assert len(world.seen) == 1


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("WRONG_VERSION_NUMBER", "does not speak https"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "asks for a client certificate"),
    ],
)
def test_failures_of_tls_are_explained(reason: str, words: str) -> None:  # NET-06
    cause = ssl.SSLError("failed")
    cause.reason = reason
    assert words in error_of(resolve(World(hosts={HOST: always(caused_by(cause))}))[0]).message


def test_an_exchange_past_its_deadline_is_tried_twice() -> None:  # SEC-09: five times twenty seconds would be too long
    world = World(hosts={HOST: always(DeadlineExceeded("slow"))})
    error = error_of(resolve(world)[0])
    assert "did not finish its answer within 20 seconds" in error.message
    assert len(world.seen) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectTimeout("x"), "cannot be connected to in time"),
        (httpx.ConnectError("x"), "cannot be connected to at all"),
        (httpx.ReadTimeout("x"), "did not answer in time"),
        (httpx.ReadError("con\x1bnection"), "broke off its answer: connection"),
    ],
)
def test_the_last_failure_is_told(error: Exception, words: str) -> None:
    assert words in error_of(resolve(World(hosts={HOST: always(error)}))[0]).message


def test_a_host_that_cannot_be_connected_to_fails_for_all_its_references_at_once() -> None:  # RATE-18
    world = World(hosts={HOST: open_registry()})
    results = resolve(world, *(f"down.example/app{number}:1" for number in range(10)), f"{HOST}/app:1")
    assert [type(one) for one in results] == [Unresolved] * 10 + [Resolved]
    assert sum(1 for one in world.seen if one.host == "down.example") == ATTEMPTS
    assert error_of(results[9]).message.startswith("down.example/app9:1: down.example cannot be connected to")


@pytest.mark.parametrize(
    ("host", "error", "tries"),
    [
        ("127.0.0.1:5000", caused_by(ConnectionRefusedError(111, "refused")), 2),
        ("localhost:5000", caused_by(ConnectionRefusedError(111, "refused")), 2),
        ("[::1]:5000", caused_by(ConnectionRefusedError(111, "refused")), 2),
        ("127.0.0.1:5000", caused_by(ConnectionResetError(104, "reset")), ATTEMPTS),
        ("localhost.example:5000", caused_by(ConnectionRefusedError(111, "refused")), ATTEMPTS),
    ],
)
def test_a_closed_port_of_loopback_is_tried_twice(host: str, error: Exception, tries: int) -> None:  # RATE-15
    world = World(hosts={host: always(error)})
    assert "cannot be connected to" in error_of(resolve(world, f"{host}/app:1")[0]).message
    assert len(world.seen) == tries


def test_a_host_that_keeps_failing_is_probed_once_after_a_pause_and_then_left_alone() -> None:  # RATE-05
    world = World(hosts={HOST: always(failure(500)), "good.example": open_registry()})
    count = FAILURES_TO_BREAK + 4
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(count)), "good.example/app:1")
    errors = [error_of(one) for one in results[:count]]
    assert {type(one) for one in errors} == {UnreachableError}
    assert isinstance(results[count], Resolved)
    assert sum(one.host == HOST for one in world.seen) == FAILURES_TO_BREAK * ATTEMPTS + 1
    assert max(world.stop.pauses) > BROKEN_SECONDS - 1
    # The first failure is the reason for all that were not asked any more.
    reason = f"{HOST} answered 500 to 5 tries of HEAD: UNKNOWN: no (9 times in a row, and again after a pause; "
    assert errors[-1].message.startswith(f"{HOST}/app{count - 1}:1: {reason.replace(': UNKNOWN: no', '')}")


def test_a_host_that_is_well_again_after_the_pause_is_asked_on() -> None:  # RATE-05
    bad = iter([failure(500)] * (FAILURES_TO_BREAK * ATTEMPTS))
    world = World(hosts={HOST: lambda _request: next(bad, None) or image()})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(FAILURES_TO_BREAK + 4)))
    assert [type(one) for one in results] == [Unresolved] * FAILURES_TO_BREAK + [Resolved] * 4


def test_a_silent_host_breaks_at_once_and_is_probed_by_a_single_try() -> None:  # RATE-05: every try costs 15 seconds
    world = World(hosts={HOST: always(httpx.ReadTimeout("nothing came"))})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(6)))
    assert [type(one) for one in results] == [Unresolved] * 6
    assert len(world.seen) == ATTEMPTS_PAST_DEADLINE + 1


def test_one_slow_image_does_not_condemn_a_host_that_answers() -> None:  # RATE-05, RES-29
    def respond(request: httpx.Request) -> httpx.Response:
        if "slow" in request.url.path:
            raise httpx.ReadTimeout("nothing came")
        return image()

    texts = [f"{HOST}/{name}{number}:1" for number in range(4) for name in ("good", "slow")]
    results = resolve(World(hosts={HOST: respond}), *texts)
    assert [type(one) for one in results] == [Resolved, Unresolved] * 4


def test_one_slow_image_does_not_break_a_host_that_answers_others_meanwhile() -> None:  # RATE-05
    answered = threading.Event()

    def respond(request: httpx.Request) -> httpx.Response:
        if "slow" in request.url.path:
            assert answered.wait(60)
            raise httpx.ReadTimeout("nothing came")
        if "other" in request.url.path:
            answered.set()
        return image()

    world = World(hosts={HOST: respond})
    with world.resolver(jobs=3) as resolver:
        results = resolver.look_up(references(f"{HOST}/first:1", f"{HOST}/slow:1", f"{HOST}/other:1"))
        later = resolver.look_up(references(f"{HOST}/later:1"))
    assert [type(one) for one in (*results, *later)] == [Resolved, Unresolved, Resolved, Resolved]
    assert max(world.stop.pauses) < BROKEN_SECONDS - 1


def broken_gate() -> Gate:
    gate = Gate()
    gate.note_failure(UnreachableError("silent"), patience=100, is_silent=True)
    assert gate.left() > BROKEN_SECONDS - 1
    return gate


def test_of_many_workers_one_probes_a_broken_host_and_the_others_wait() -> None:  # RATE-05
    gate = broken_gate()
    gate.enter(lambda: None, nullcontext)
    others = [threading.Thread(target=gate.enter, args=(lambda: None, nullcontext), daemon=True) for _ in range(3)]
    for one in others:
        one.start()
    assert gate.is_probed_by_me
    assert all(one.is_alive() for one in others)
    gate.note_success()
    for one in others:
        one.join(60)
    assert not any(one.is_alive() for one in others)


def test_a_probe_that_learns_nothing_is_handed_on() -> None:  # RATE-05: its answer was none of the host's health
    gate = broken_gate()
    gate.enter(lambda: None, nullcontext)
    gate.leave()
    probes: list[bool] = []

    def enter() -> None:
        gate.enter(lambda: None, nullcontext)
        probes.append(gate.is_probed_by_me)

    other = threading.Thread(target=enter, daemon=True)
    other.start()
    other.join(60)
    assert probes == [True]


def test_who_waits_for_a_probe_is_told_when_the_run_ends() -> None:  # RATE-05, RATE-10
    gate = broken_gate()
    prober = threading.Thread(target=gate.enter, args=(lambda: None, nullcontext), daemon=True)
    prober.start()
    prober.join(60)

    def over() -> None:
        raise UnreachableError("interrupted")

    with pytest.raises(UnreachableError, match="interrupted"):
        gate.enter(over, nullcontext)


def test_a_run_that_cannot_afford_the_pause_ends_the_host_at_once() -> None:  # RATE-05, NET-10
    world = World(hosts={HOST: always(httpx.ReadTimeout("nothing came"))})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(6)), timeout=BROKEN_SECONDS - 1)
    assert len(world.seen) == ATTEMPTS_PAST_DEADLINE
    assert "no time left" in error_of(results[5]).message


def test_a_silent_try_among_others_is_no_silence() -> None:  # RATE-01: two silent tries are the end, five in all
    world = World(hosts={HOST: after(failure(500), httpx.ReadTimeout("slow"), failure(502), httpx.ReadError("reset"))})
    assert isinstance(resolve(world)[0], Resolved)
    assert len(world.seen) == ATTEMPTS


def test_a_document_that_ends_too_early_is_asked_for_again() -> None:  # RATE-15
    cut_off = image(INDEX, content_length="")
    cut_off.stream = httpx.ByteStream(INDEX[:-9])
    world = World(hosts={HOST: after(cut_off)})
    with world.resolver(jobs=1) as resolver:
        (result,) = resolver.describe(references(f"{HOST}/app:1"))
    assert isinstance(result, Resolved)
    assert world.count("GET") == 2


def test_a_document_that_always_ends_too_early_is_no_image() -> None:  # RATE-15
    world = World(hosts={HOST: always(httpx.Response(200, content=INDEX[:-9]))})
    with world.resolver(jobs=1) as resolver:
        (result,) = resolver.describe(references(f"{HOST}/app:1"))
    assert isinstance(error_of(result), IntegrityError)
    assert world.count("GET") == ATTEMPTS


def test_one_good_answer_ends_the_count_of_failures() -> None:  # RATE-05
    def respond(request: httpx.Request) -> httpx.Response:
        return failure(500) if "bad" in request.url.path else image()

    texts = [f"{HOST}/{name}{number}:1" for number in range(4) for name in ("bad", "good")]
    world = World(hosts={HOST: respond})
    results = resolve(world, *texts)
    assert [type(one) for one in results] == [Unresolved, Resolved] * 4


def test_a_short_wait_is_kept() -> None:  # RATE-02
    world = World(hosts={HOST: after(failure(429, retry_after="7"))})
    assert isinstance(resolve(world)[0], Resolved)
    assert max(world.stop.pauses) >= 6.5


@pytest.mark.parametrize("wait", ["21600", "61"])
def test_a_long_wait_fails_the_host_at_once_and_leaves_others_alone(wait: str) -> None:  # RATE-03, SEC-24
    world = World(hosts={HOST: always(failure(429, retry_after=wait)), "other.example": open_registry()})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(10)), "other.example/app:1")
    errors = [error_of(one) for one in results[:10]]
    assert {type(one) for one in errors} == {RateLimitedError}
    assert [getattr(one, "seconds", None) for one in errors] == [float(wait)] * 10
    until = {one.until for one in errors if isinstance(one, RateLimitedError)}
    assert len(until) == 1
    (moment,) = until
    assert moment is not None
    assert abs(moment - datetime.now(UTC) - timedelta(seconds=float(wait))) < timedelta(minutes=1)
    assert f"until {moment:%Y-%m-%d %H:%M} UTC" in errors[0].message
    assert isinstance(results[10], Resolved)
    assert sum(1 for one in world.seen if one.host == HOST) == 1
    assert float(wait) > LONGEST_PAUSE
    assert world.stop.pauses == []


def test_a_wait_gets_a_little_jitter_so_that_workers_do_not_wake_together() -> None:  # RATE-02
    gate = Gate()
    gate.close(30)
    waits = {gate.left() for _ in range(50)}
    assert len(waits) > 25
    assert all(29 < one <= 33.1 for one in waits)
    gate.close(0.01)
    assert gate.left() > 29  # a shorter wait does not shorten a longer one


def test_a_wait_longer_than_the_run_is_refused() -> None:  # RATE-03
    world = World(hosts={HOST: always(failure(503, retry_after="30"))})
    assert isinstance(error_of(resolve(world, timeout=10)[0]), RateLimitedError)


def test_a_limit_without_a_wait_is_tried_five_times_and_then_ends_the_host() -> None:  # RATE-03
    world = World(hosts={HOST: always(failure(429, "TOOMANYREQUESTS", "slow down"))})
    results = resolve(world, f"{HOST}/a:1", f"{HOST}/b:1")
    assert {type(error_of(one)) for one in results} == {RateLimitedError}
    assert "TOOMANYREQUESTS" not in error_of(results[0]).message  # a HEAD has no body
    assert len(world.seen) == ATTEMPTS


def test_a_limit_in_the_words_of_a_403_is_a_limit() -> None:  # RATE-17, GHCR
    def respond(request: httpx.Request) -> httpx.Response:
        return failure(403, "DENIED", "You have exceeded a secondary rate limit")

    error = error_of(resolve(World(hosts={HOST: respond}))[0])
    assert isinstance(error, RateLimitedError)
    assert "secondary rate limit" in error.message


def test_a_limited_get_of_docker_hub_keeps_what_head_said() -> None:  # docs/decisions/0001
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return failure(429, "TOOMANYREQUESTS", "You have reached your pull rate limit")
        return image()

    world = World(hosts={HUB: respond})
    with world.resolver(jobs=1) as resolver:
        results = resolver.describe(references("nginx:1", "redis:7", "postgres:16"))
    assert [(type(one), getattr(one, "how", ""), getattr(one, "platforms", ())) for one in results] == [
        (Resolved, "head", None)
    ] * 3
    assert (world.count("HEAD"), world.count("GET")) == (3, 1)


def test_a_missing_tag_is_not_hidden_by_its_neighbours() -> None:
    results = resolve(World(hosts={HOST: open_registry()}), f"{HOST}/a:1", f"{HOST}/a:missing", f"{HOST}/a:2")
    assert [type(one) for one in results] == [Resolved, Unresolved, Resolved]
    assert isinstance(error_of(results[1]), NotFoundError)


def test_a_run_whose_time_is_used_up_asks_nothing() -> None:  # NET-10
    world = World(hosts={HOST: open_registry()})
    error = error_of(resolve(world, timeout=0)[0])
    assert isinstance(error, UnreachableError)
    assert "the time limit of 0 seconds was used up" in error.message
    assert "--timeout" in (error.hint or "")
    assert world.seen == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DeadlineExceeded("slow"), "did not finish its answer within the time limit of 900 seconds"),
        (httpx.ReadTimeout("slow"), "did not finish its answer within the time limit of 900 seconds"),
        (httpx.ConnectTimeout("slow"), "cannot be connected to within the time limit of 900 seconds"),
    ],
)
def test_the_time_limit_that_ended_an_exchange_is_the_one_told(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # NET-10
    monotonic = time.monotonic

    def respond(_request: httpx.Request) -> httpx.Response:
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 1000)
        raise error

    result = error_of(resolve(World(hosts={HOST: respond}), timeout=900)[0])
    assert words in result.message
    assert "--timeout" in (result.hint or "")


def test_a_stopped_run_asks_nothing_more() -> None:  # RATE-10
    world = World(hosts={HOST: always(failure(500))})
    world.stop.set()
    assert "interrupted" in error_of(resolve(world)[0]).message
    assert world.seen == []
