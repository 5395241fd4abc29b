"""Token servers that a registry names: who is asked, who sees credentials, where they may stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from pinner.credentials.base import Login
from pinner.errors import BlockedError
from tests.hostile.answers import DIGEST, bearer, failure, guarded, refuse, serve, token
from tests.hostile.client import (
    ALICE,
    BASIC,
    IDENTITY,
    REGISTRY_TOKEN,
    TOKEN,
    Outcome,
    ask,
    assert_refused,
    keyring,
    settings_of,
)
from tests.hostile.conftest import Listen
from tests.hostile.internet import Internet
from tests.hostile.sentinel import SENTINEL, is_in
from tests.hostile.server import Origin, Talk, says

LOGINS = [
    pytest.param(ALICE, id="GET with a password"),
    pytest.param(IDENTITY, id="POST with an identity token"),
]


@pytest.fixture
def home(listen: Listen, trusted: Path, internet: Internet) -> Origin:
    """A registry that wants tokens from its own host, on https."""
    internet.place("a.test", "127.0.0.1")
    origin = listen({}, name="a.test", tls=True)
    origin.routes |= {
        "/token": says(token(TOKEN)),
        "*": guarded(bearer(f"{origin.url}/token?key={SENTINEL}"), f"Bearer {TOKEN}", serve()),
    }
    return origin


@pytest.fixture
def thief(listen: Listen, internet: Internet) -> Origin:
    """Somebody else, who gives tokens to everybody."""
    internet.place("b.test", "127.0.0.1")
    return listen(says(token("worthless")), name="b.test", tls=True)


def log_in(host: Origin, login: Login | None, **settings: Any) -> Outcome:
    if login is not None:
        settings["credentials"] = keyring(login, host.authority)
    return ask(f"{host.authority}/app:1", **settings)


def send_to(home: Origin, realm: str) -> None:
    """Let the registry name another token server."""
    home.routes["*"] = guarded(bearer(realm), f"Bearer {TOKEN}", serve())


@pytest.mark.parametrize("login", LOGINS)
def test_the_registrys_own_token_server_gets_the_login_sec_01(home: Origin, login: Login) -> None:
    assert log_in(home, login).digest == DIGEST
    (asked,) = (one for one in home.requests if one.path == "/token")
    form = parse_qs(asked.body.decode())
    assert asked.method == ("POST" if login is IDENTITY else "GET")
    assert asked.headers.get("authorization") == (BASIC if login is ALICE else None)
    assert form.get("refresh_token") == ([SENTINEL] if login is IDENTITY else None)


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("path", ["/token", "/token?account=alice"])
def test_a_token_server_on_a_foreign_host_gets_no_login_sec_01(
    home: Origin, thief: Origin, login: Login, path: str
) -> None:
    assert log_in(home, login).digest == DIGEST
    send_to(home, f"{thief.url}{path}")
    assert_refused(log_in(home, login), BlockedError, "asks for its credentials to be sent to", thief.authority)
    assert not thief.has_a_secret
    for one in thief.requests:
        assert (one.method, one.body, "authorization" in one.headers) == ("GET", b"", False)
        assert "client_id" not in one.query
        assert one.query.count("account") == path.count("account")


@pytest.mark.parametrize("login", LOGINS)
def test_another_port_of_the_same_host_is_a_foreign_token_server_on_http_sec_01(listen: Listen, login: Login) -> None:
    thief = listen(says(token("worthless")))
    home = listen({})
    home.routes["/token"] = says(token(TOKEN))
    send_to(home, f"{home.url}/token")
    assert log_in(home, login).digest == DIGEST
    send_to(home, f"{thief.url}/token")
    assert_refused(log_in(home, login), BlockedError, thief.authority)
    assert not thief.has_a_secret


@pytest.mark.parametrize("challenge", ['Basic realm="{thief}/token"', 'Bearer realm="{thief}/token",service="s"'])
def test_a_registry_token_goes_to_its_registry_whatever_the_challenge_says_sec_01(
    home: Origin, thief: Origin, challenge: str
) -> None:
    home.routes["*"] = guarded(challenge.format(thief=thief.url), f"Bearer {SENTINEL}", serve())
    outcome = log_in(home, REGISTRY_TOKEN)
    assert not thief.has_a_secret
    assert thief.is_untouched
    if challenge.startswith("Bearer"):
        assert outcome.digest == DIGEST


def test_a_basic_realm_is_a_name_and_never_an_address_sec_01(home: Origin, thief: Origin) -> None:
    home.routes["*"] = guarded(f'Basic realm="{thief.url}"', BASIC, serve())
    assert log_in(home, ALICE).digest == DIGEST
    assert thief.is_untouched


def test_a_second_challenge_that_names_a_thief_gets_no_login_sec_01(home: Origin, thief: Origin) -> None:
    """A registry that takes the token back and names another realm: once, and without the login (AUTH-29)."""
    home.routes["*"] = says(refuse(bearer(f"{thief.url}/token")))
    home.routes["/v2/app/manifests/1"] = lambda talk: talk.send(
        refuse(bearer(f"{(home if 'authorization' not in talk.request.headers else thief).url}/token"))
    )
    assert_refused(log_in(home, ALICE), BlockedError, thief.authority)
    assert home.has_a_secret
    assert not thief.has_a_secret


def test_a_realm_that_the_user_names_gets_the_login_sec_01(home: Origin, thief: Origin) -> None:
    thief.routes["*"] = says(token(TOKEN))
    send_to(home, f"{thief.url}/token")
    named = settings_of(f'[registries."{home.authority}"]\ntrusted-realms = ["{thief.authority}"]\n')
    assert log_in(home, ALICE, registries=named).digest == DIGEST
    assert thief.has_a_secret


def test_a_token_server_is_asked_on_https_where_the_registry_is_sec_03(
    home: Origin, listen: Listen, internet: Internet
) -> None:
    assert log_in(home, ALICE).digest == DIGEST
    open_line = listen(says(token(TOKEN)), name="a.test")
    for name in ("a.test", "127.0.0.1", "localhost"):
        send_to(home, f"http://{name}:{open_line.port}/token")
        assert_refused(log_in(home, ALICE), BlockedError, "by plain http")
    assert open_line.is_untouched


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("status", [302, 303, 307])
@pytest.mark.parametrize("to", ["thief", "home"])
def test_a_token_server_that_redirects_is_not_followed_res_23(
    home: Origin, thief: Origin, login: Login, status: int, to: str
) -> None:
    assert log_in(home, login).digest == DIGEST
    target = thief if to == "thief" else home
    answer = f"HTTP/1.1 {status} There\r\nContent-Length: 0\r\nLocation: {target.url}/other?key={SENTINEL}\r\n\r\n"
    home.routes["/token"] = says(answer.encode())
    assert_refused(log_in(home, login), BlockedError, "redirects")
    assert thief.is_untouched
    assert "/other" not in home.paths()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 418])
@pytest.mark.parametrize("login", LOGINS)
def test_a_token_server_that_fails_tells_nothing_sec_29(home: Origin, login: Login, status: int) -> None:
    """What it says may repeat what it was sent: header, form and query."""

    def script(talk: Talk) -> None:
        request = talk.request
        said = f"you sent {request.head.decode()} {request.body.decode()}".replace("\r\n", " ").replace("?", " ")
        talk.send(failure(status, said))

    assert log_in(home, login).digest == DIGEST
    home.routes["/token"] = script
    outcome = log_in(home, login)
    assert_refused(outcome, type(outcome.error))
    assert not is_in(str(outcome.error.hint))
