"""Credentials over plain http: never, but on this machine and where the user says so (NET-07)."""

from __future__ import annotations

import base64
import ssl
import threading
from contextlib import suppress

import httpx
import pytest

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.errors import BlockedError
from pinner.registry.registries_conf import parse_registries_conf
from pinner.registry.settings import Registries, parse_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, open_registry, references, token_registry

HOST = "registry.corp.com:5000"
LOOPBACK = "127.0.0.1:5000"
ALICE = Credential(username="alice", secret="s3cret", source="keyring")
BASIC = "Basic " + base64.b64encode(b"alice:s3cret").decode()


def closed(challenge: str) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": "inside" if "authorization" in request.headers else "outside"})
        is_in = request.headers.get("authorization") in {BASIC, "Bearer inside", "Bearer s3cret"}
        return image() if is_in else failure(401, www_authenticate=challenge)

    return respond


BASIC_CHALLENGE = 'Basic realm="x"'
TOKEN_CHALLENGE = 'Bearer realm="/token",service="s"'


def resolve(
    respond: Respond, login: Login, *, host: str = HOST, setting: str = ""
) -> tuple[Resolution, World, Keyring]:
    ring = Keyring(logins={host: login})
    world = World(hosts={host: respond})
    registries = parse_registries(f'[registries."{host}"]\nplain-http = true\n{setting}', "registries.toml")
    with world.resolver(credentials=ring, registries=registries) as resolver:
        (result,) = resolver.look_up(references(f"{host}/app:1"))
    return result, world, ring


def test_an_open_registry_on_plain_http_needs_no_setting() -> None:
    assert isinstance(resolve(open_registry(), ALICE)[0], Resolved)


def test_an_anonymous_token_may_travel_by_plain_http() -> None:
    result, world, ring = resolve(token_registry(HOST, realm=f"http://{HOST}/token"), ALICE)
    assert isinstance(result, Resolved)
    assert [one.authorization for one in world.seen] == [None, None, "Bearer t-repository:app:pull"]
    assert ring.asked == []


@pytest.mark.parametrize("challenge", [BASIC_CHALLENGE, TOKEN_CHALLENGE])
@pytest.mark.parametrize(
    "login",
    [ALICE, IdentityToken(secret="s3cret", source="keyring"), RegistryToken(secret="s3cret", source="keyring")],
    ids=["password", "identity token", "registry token"],
)
def test_credentials_do_not_travel_by_plain_http(login: Login, challenge: str) -> None:  # NET-07
    result, world, ring = resolve(closed(challenge), login)
    assert isinstance(result, Unresolved)
    assert isinstance(result.error, BlockedError)
    assert f"{HOST} asks for credentials, which do not travel over plain http" in result.error.message
    assert f'[registries."{HOST}"] allow-insecure-auth = true' in (result.error.hint or "")
    assert {one.authorization for one in world.seen} <= {None, "Bearer outside"}
    assert ring.asked == []


@pytest.mark.parametrize("challenge", [BASIC_CHALLENGE, TOKEN_CHALLENGE])
def test_credentials_travel_by_plain_http_where_the_user_says_so(challenge: str) -> None:  # NET-07
    result, world, _ = resolve(closed(challenge), ALICE, setting="allow-insecure-auth = true")
    assert isinstance(result, Resolved)
    assert BASIC in {one.authorization for one in world.seen}
    assert all(one.url.startswith("http://") for one in world.seen)


def test_credentials_travel_on_this_machine() -> None:  # NET-07
    result, _, _ = resolve(closed(BASIC_CHALLENGE), ALICE, host=LOOPBACK)
    assert isinstance(result, Resolved)


@pytest.mark.parametrize("setting", ["", "allow-insecure-auth = true"])
def test_a_token_server_elsewhere_on_plain_http_needs_the_same_setting(setting: str) -> None:  # NET-07
    auth = "auth.corp.com:5001"
    text = f'[registries."{LOOPBACK}"]\ntrusted-realms = ["{auth}"]\n{setting}'
    world = World(hosts={LOOPBACK: closed(f'Bearer realm="http://{auth}/token"'), auth: closed("")})
    ring = Keyring(logins={LOOPBACK: ALICE})
    with world.resolver(credentials=ring, registries=parse_registries(text, "registries.toml")) as resolver:
        (result,) = resolver.look_up(references(f"{LOOPBACK}/app:1"))
    shown = {one.authorization for one in world.seen if one.host == auth}
    if setting:
        assert isinstance(result, Resolved)
        assert shown == {BASIC}
    else:
        assert isinstance(result, Unresolved)
        assert isinstance(result.error, BlockedError)
        assert f"credentials to be sent to {auth} by plain http" in result.error.message
        assert "allow-insecure-auth = true" in (result.error.hint or "")
        assert shown == {None}


@pytest.mark.parametrize("login", [ALICE, RegistryToken(secret="s3cret", source="keyring")], ids=["basic", "token"])
def test_a_host_that_has_spoken_tls_does_not_move_a_login_to_plain_http(login: Login) -> None:  # NET-07, SEC-03
    """Whoever stands between us lets the first answer through, breaks TLS then, and waits in plain http."""
    is_waiting = threading.Barrier(2, timeout=5)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https" and "authorization" in request.headers:
            with suppress(threading.BrokenBarrierError):
                is_waiting.wait(0.2)
            broken = ssl.SSLError(1, "wrong version")
            broken.reason = "WRONG_VERSION_NUMBER"
            raise httpx.ConnectError("no TLS") from broken
        return failure(401, www_authenticate=BASIC_CHALLENGE)

    world = World(hosts={HOST: respond})
    insecure = parse_registries_conf([("r.conf", f'[[registry]]\nlocation = "{HOST}"\ninsecure = true\n')])
    ring = Keyring(logins={HOST: login})
    with world.resolver(credentials=ring, registries=Registries(guides=(insecure,)), jobs=8) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app{number}:1" for number in range(6))))
    assert all(isinstance(one, Unresolved) for one in results)
    assert [one.authorization for one in world.seen if one.url.startswith("http://")] == []
