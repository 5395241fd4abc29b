"""Time, cookies, tokens and waits: what a hostile answer may not change for the rest of a run."""

from __future__ import annotations

import json

import pytest

from pinner.errors import AuthenticationError, IntegrityError, RateLimitedError, UnreachableError
from pinner.registry import exchange
from pinner.resolution import Resolved, Unresolved
from tests.hostile.answers import (
    DIGEST,
    bearer,
    guarded,
    image,
    redirect,
    refuse,
    reply,
    serve,
    token,
    without_body,
)
from tests.hostile.client import ALICE, BASIC, TOKEN, ask, assert_clean, assert_refused, keyring
from tests.hostile.conftest import Listen
from tests.hostile.sentinel import SENTINEL
from tests.hostile.server import Origin, Talk, says
from tests.registry.fakes import INDEX


def drip(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        talk.send(b"X-A: b\r\n")
        talk.pause(0.02)


@pytest.mark.parametrize("where", ["registry", "token server", "redirect"])
def test_one_exchange_ends_at_its_own_deadline_sec_09(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """And a host beside it is answered."""
    good, slow = listen(serve()), listen({})
    slow.routes |= {"/token": drip, "/far": drip, "*": serve()}
    assert ask(f"{slow.authority}/app:1").digest == DIGEST
    first = {"registry": drip, "token server": says(refuse(bearer("/token"))), "redirect": says(redirect("/far"))}[
        where
    ]
    slow.routes["*"] = first
    monkeypatch.setattr(exchange, "EXCHANGE_SECONDS", 1.0)
    outcome = ask(f"{slow.authority}/app:1", f"{good.authority}/app:1")
    bad, fine = outcome.results
    assert isinstance(fine, Resolved)
    assert isinstance(bad, Unresolved)
    assert type(bad.error) is UnreachableError
    assert_clean(bad.error.message)
    assert "did not finish its answer within 20 seconds" in bad.error.message  # and not the run's limit


def test_a_registry_that_waits_for_its_client_ends_too_sec_09(listen: Listen) -> None:
    registry = listen(lambda talk: talk.wait())
    assert_refused(ask(f"{registry.authority}/app:1", timeout=0.6), UnreachableError, "within the time limit")


@pytest.mark.parametrize("wait", ["1000000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "86400.5"])
@pytest.mark.parametrize("status", [429, 503])
def test_an_absurd_wait_ends_the_host_at_once_and_no_other_sec_24(listen: Listen, wait: str, status: int) -> None:
    good, bad = listen(serve()), listen(serve())
    names = [*(f"{bad.authority}/app{number}:1" for number in range(5)), f"{good.authority}/app:1"]
    assert ask(*names).digests == [DIGEST] * 6
    bad.requests.clear()
    bad.routes["*"] = says(reply(status, b"", f"Retry-After: {wait}"))
    outcome = ask(*names)
    *refused, fine = outcome.results
    assert isinstance(fine, Resolved)
    assert sum(outcome.pauses) < 60
    for one in refused:
        assert isinstance(one, Unresolved)
        assert isinstance(one.error, RateLimitedError | UnreachableError)
        assert_clean(one.error.message)
    if not wait.startswith("999"):  # a number that is none asks for nothing
        assert len(bad.requests) == 1


@pytest.mark.parametrize("wait", ["-1", "NaN", "1e999", "0x10", "soon", "", "1 1", "Fri, 99 Foo 0000", "\x1b[31m"])
def test_a_wait_that_is_none_is_no_wait_sec_24(listen: Listen, wait: str) -> None:
    registry = listen(says(reply(503, b"", f"Retry-After: {wait}")))
    outcome = ask(f"{registry.authority}/app:1")
    assert_refused(outcome, UnreachableError, "answered 503")
    assert sum(outcome.pauses) < 60


COOKIES = [
    "Set-Cookie: sid=1; Path=/",
    "Set-Cookie: sid=1; Domain=127.0.0.1; Path=/",
    "Set-Cookie: sid=1; Domain=.test; Path=/; Max-Age=99999999; SameSite=None",
    "Set-Cookie2: sid=1; Version=1",
    "Set-Cookie: \x01\x02; expires=Fri, 99 Foo 0000; path",
    "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    'Alt-Svc: h2="127.0.0.1:1"; ma=99999',
]


def test_nothing_is_remembered_for_the_next_request_sec_20(listen: Listen) -> None:
    other = listen(serve())
    registry = listen(serve())
    names = [f"{host.authority}/{name}:1" for name in "abc" for host in (registry, other)]
    assert ask(*names, verb="describe").digests == [DIGEST] * 6
    plain = [one.headers for one in registry.requests]
    registry.requests.clear()
    other.requests.clear()
    answer = image().replace(b"\r\n", b"\r\n" + "\r\n".join(COOKIES).encode() + b"\r\n", 1)
    registry.routes["*"] = says(answer)
    registry.routes["/v2/b/manifests/1"] = says(redirect(f"{other.url}/x", 307, *COOKIES))
    assert ask(*names, verb="describe").digests == [DIGEST] * 6
    for origin in (registry, other):
        assert all(set(one.headers) == set(plain[0]) for one in origin.requests)
        assert b"sid" not in origin.received


def token_host(listen: Listen, answer: bytes) -> Origin:
    registry = listen({"/token": says(answer)})
    registry.routes["*"] = guarded(bearer(f"{registry.url}/token"), f"Bearer {TOKEN}", serve())
    return registry


TOKENS: list[tuple[str, object]] = [
    ("a line break", f"{SENTINEL}\r\nX-Injected: 1"),
    ("a line feed", f"{SENTINEL}\nX: 1"),
    ("a NUL", f"{SENTINEL}\0"),
    ("a blank", f"{SENTINEL} x"),
    ("letters beyond ASCII", f"{SENTINEL}ü"),
    ("half a letter", f"{SENTINEL}\ud800"),
    ("an escape", f"\x1b[31m{SENTINEL}"),
    ("DEL", f"{SENTINEL}\x7f"),
    ("17 kilobytes", SENTINEL + "a" * 17_000),
    ("nothing", ""),
    ("a number", 5),
    ("a list", [SENTINEL]),
    ("an object", {"token": SENTINEL}),
]


@pytest.mark.parametrize("value", [pytest.param(row[1], id=row[0]) for row in TOKENS])
@pytest.mark.parametrize("key", ["token", "access_token"])
def test_a_token_that_no_header_can_carry_is_refused_unseen_sec_18(listen: Listen, key: str, value: object) -> None:
    registry = token_host(listen, reply(200, json.dumps({key: TOKEN}).encode()))
    reference = f"{registry.authority}/app:1"
    assert ask(reference, credentials=keyring(ALICE, registry.authority)).digest == DIGEST
    registry = token_host(listen, reply(200, json.dumps({key: value}).encode()))
    outcome = ask(f"{registry.authority}/app:1", credentials=keyring(ALICE, registry.authority))
    assert_refused(outcome, UnreachableError, "gave no usable token")
    assert b"X-Injected" not in registry.received
    assert len(registry.requests) == 2


LIVES: list[object] = [-1, 0, 1e999, -1e999, 10**12, 10**400, "600", "x", "1e5", None, True, [], {}, float("nan")]


@pytest.mark.parametrize("issued", ["2099-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "x", 5, None])
def test_an_absurd_lifetime_costs_nothing_sec_19(listen: Listen, issued: object) -> None:
    """The token is used for both questions: it was not thrown away at once."""
    for life in LIVES:
        registry = token_host(listen, token(TOKEN, expires_in=life, issued_at=issued))
        outcome = ask(f"{registry.authority}/app:1", f"{registry.authority}/app:2")
        assert outcome.digests == [DIGEST] * 2
        assert registry.paths().count("/token") == 1


def test_a_number_that_python_does_not_read_is_no_token_sec_19(listen: Listen) -> None:
    registry = token_host(listen, reply(200, b'{"token":"%b","expires_in":%b}' % (TOKEN.encode(), b"9" * 5000)))
    assert_refused(ask(f"{registry.authority}/app:1"), UnreachableError, "not JSON")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500])
@pytest.mark.parametrize("challenge", ['Basic realm="x"', "bearer"])
def test_a_registry_that_repeats_what_it_was_shown_tells_nobody_sec_29(
    listen: Listen, status: int, challenge: str
) -> None:
    """Debugging pages of proxies do so."""
    registry = listen({"/token": says(token(TOKEN))})
    asked = bearer(f"{registry.url}/token") if challenge == "bearer" else challenge

    def script(talk: Talk) -> None:
        shown = talk.request.headers.get("authorization")
        said = json.dumps({"errors": [{"code": "DENIED", "message": f"no: {shown} {SENTINEL} {TOKEN}"}]}).encode()
        talk.send(reply(status, said) if shown else refuse(asked))

    registry.routes["*"] = script
    outcome = ask(f"{registry.authority}/app:1", verb="describe", credentials=keyring(ALICE, registry.authority))
    assert registry.has_a_secret
    if challenge == "bearer":
        # Of the password, a registry that got a token knows nothing.
        return
    assert_refused(outcome, type(outcome.error))


@pytest.mark.parametrize("line", [b"%b", b"%b: x", b"X: %b\0", b"HTTP/1.1 %b"])
def test_a_header_that_is_none_is_not_quoted_sec_29(listen: Listen, line: bytes) -> None:
    def script(talk: Talk) -> None:
        shown = talk.request.headers.get("authorization", "")
        answer = refuse('Basic realm="x"')
        talk.send(b"HTTP/1.1 200 OK\r\n" + line % shown.encode() + b"\r\n\r\n" if shown else without_body(answer))

    registry = listen(script)
    outcome = ask(f"{registry.authority}/app:1", credentials=keyring(ALICE, registry.authority))
    assert_refused(outcome, UnreachableError, "broke off its answer")


WARNINGS = [
    pytest.param(['299 - "old"'], id="one"),
    pytest.param(['299 - "old"'] * 3000, id="the same without end"),
    pytest.param([f'299 - "old {number}"' for number in range(3000)], id="others without end"),
    pytest.param(['299 - "' + "x" * 60_000 + '"'], id="long"),
    pytest.param(['299 - "\x1b[31m::error::x\u202e\u200b"', '299 - "%0A::add-mask::x"'], id="forged"),
    pytest.param([f'299 - "you sent {BASIC} {SENTINEL}"'], id="with the login"),
    pytest.param(['299 - "', "110 x y", '299 - unquoted, 299 - "a" "b"', "\t", "299"], id="none"),
]


@pytest.mark.parametrize("warnings", WARNINGS)
def test_what_a_registry_warns_of_is_short_and_clean_sec_39(listen: Listen, warnings: list[str]) -> None:
    lines = [f"Warning: {one}".encode() for one in warnings]
    registry = listen(guarded('Basic realm="x"', BASIC, serve(INDEX, *lines)))
    names = [f"{registry.authority}/app:{number}" for number in range(3)]
    outcome = ask(*names, credentials=keyring(ALICE, registry.authority))
    assert outcome.digests == [DIGEST] * 3
    assert len(outcome.warnings) <= 10
    assert sum(map(len, outcome.warnings)) < 10 * 700
    for warning in outcome.warnings:
        assert warning.startswith(f"{registry.authority} says: ")
        assert_clean(warning)


def test_errors_keep_their_class_when_they_lose_their_causes_sec_29(listen: Listen) -> None:
    registry = listen(says(image(b"{")))
    error = ask(f"{registry.authority}/app:1", verb="describe").error
    assert type(error) is IntegrityError
    assert (error.__cause__, error.__context__, error.__traceback__) == (None, None, None)
    registry.routes["*"] = says(refuse('Basic realm="x"'))
    assert isinstance(ask(f"{registry.authority}/app:1", verb="describe").error, AuthenticationError)
