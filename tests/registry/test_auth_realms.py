"""Token servers on other hosts: how far inside they may stand, who owns them, and what is said when they change."""

from __future__ import annotations

import base64

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import BlockedError
from pinner.registry.connections import Route
from pinner.registry.reach import Reach
from pinner.registry.settings import Registries, parse_registries
from pinner.registry.transport import ROUTE
from pinner.resolution import Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, references, token_registry

HOST = "registry.corp.com"
AUTH = "auth.corp.com"
FOREIGN = "auth.other.org"
ALICE = Credential(username="alice", secret="s3cret", source="keyring")
BASIC = "Basic " + base64.b64encode(b"alice:s3cret").decode()


def trusting(host: str) -> Registries:
    return parse_registries(f'[registries."{HOST}"]\ntrusted-realms = ["{host}"]', "registries.toml")


def test_a_realm_of_the_same_owner_gets_the_credentials() -> None:  # AUTH-40
    world = World(hosts={HOST: token_registry(realm=f"https://{AUTH}/token"), AUTH: token_registry()})
    with world.resolver(credentials=Keyring(logins={HOST: ALICE})) as resolver:
        (result,) = resolver.look_up(references(f"{HOST}/app:1"))
    assert isinstance(result, Resolved)
    assert [(one.host, one.authorization) for one in world.seen] == [
        (HOST, None),
        (AUTH, BASIC),
        (HOST, "Bearer t-repository:app:pull"),
    ]


@pytest.mark.parametrize(
    ("stands", "realm", "registries", "reach"),
    [
        pytest.param(Reach.PUBLIC, FOREIGN, Registries(), Reach.PUBLIC, id="a public registry, no private realm"),
        pytest.param(Reach.PUBLIC, AUTH, Registries(), Reach.PUBLIC, id="nor where they have one owner"),
        pytest.param(Reach.PRIVATE, FOREIGN, Registries(), Reach.PRIVATE, id="a private registry, a private realm"),
        pytest.param(Reach.LOOPBACK, FOREIGN, Registries(), Reach.LOOPBACK, id="a registry on loopback"),
        pytest.param(Reach.FORBIDDEN, FOREIGN, Registries(), Reach.LOOPBACK, id="metadata, whoever asks for it"),
        pytest.param(Reach.PUBLIC, FOREIGN, trusting(FOREIGN), None, id="named by the user"),
        pytest.param(Reach.PUBLIC, HOST, Registries(), None, id="the registry's own host"),
    ],
)
def test_a_realm_stands_no_further_inside_than_its_registry(  # SEC-02, AUTH-28
    stands: Reach, realm: str, registries: Registries, reach: Reach | None
) -> None:
    routes: dict[str, Route] = {}

    def token_server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            routes[request.url.netloc.decode()] = request.extensions[ROUTE]
        return token_registry(realm=f"https://{realm}/token")(request)

    world = World(hosts=dict.fromkeys((HOST, AUTH, FOREIGN), token_server))
    with world.resolver(registries=registries) as resolver:
        resolver._network.addresses.note(HOST, stands)
        resolver.look_up(references(f"{HOST}/app:1"))
    assert routes[realm].reach is reach


def moving(second: str) -> Respond:
    """A registry whose repository `b` has another token server than the others."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": request.url.host})
        realm = second if "/b/" in request.url.path else HOST
        if request.headers.get("authorization") == f"Bearer {realm}":
            return image()
        return failure(401, www_authenticate=f'Bearer realm="https://{realm}/token",service="s"')

    return respond


@pytest.mark.parametrize("second", [HOST, AUTH, FOREIGN])
def test_another_token_server_is_said_and_held_to_the_same_rules(second: str) -> None:  # AUTH-29, SEC-01
    world = World(hosts=dict.fromkeys((HOST, AUTH, FOREIGN), moving(second)))
    with world.resolver(jobs=1, credentials=Keyring(logins={HOST: ALICE})) as resolver:
        results = resolver.look_up(references(f"{HOST}/a:1", f"{HOST}/b:1", f"{HOST}/b:2"))
        warnings = resolver.warnings
    assert all(isinstance(one, Resolved) for one in results)
    said = f"{HOST} names another token server than before: https://{second}, first https://{HOST}"
    assert warnings == (() if second == HOST else (said,))
    shown = [one.authorization for one in world.seen if one.host == second and one.path == "/token"]
    assert shown[-1] == (None if second == FOREIGN else BASIC)


def test_a_realm_that_changes_to_plain_http_is_blocked() -> None:  # AUTH-29, SEC-03
    first = token_registry(HOST)

    def respond(request: httpx.Request) -> httpx.Response:
        if "/b/" in request.url.path:
            return failure(401, www_authenticate=f'Bearer realm="http://{HOST}/token",service="s"')
        return first(request)

    world = World(hosts={HOST: respond})
    with world.resolver(jobs=1, credentials=Keyring(logins={HOST: ALICE})) as resolver:
        good, bad = resolver.look_up(references(f"{HOST}/a:1", f"{HOST}/b:1"))
    assert isinstance(good, Resolved)
    assert isinstance(bad, Unresolved)
    assert isinstance(bad.error, BlockedError)
    assert not any(one.url.startswith("http:") for one in world.seen)


def test_a_registry_that_asks_a_token_server_for_nonsense_ends_it_for_no_other() -> None:  # AUTH-16, AUTH-32
    def token_server(request: httpx.Request) -> httpx.Response:
        is_bad = request.url.params["service"] == "bad"
        return failure(400) if is_bad else httpx.Response(200, json={"token": "t"})

    def asking_for(service: str) -> Respond:
        challenge = f'Bearer realm="https://{FOREIGN}/token",service="{service}"'
        return lambda request: (
            image() if "authorization" in request.headers else failure(401, www_authenticate=challenge)
        )

    hosts = {"bad.example": asking_for("bad"), "good.example": asking_for("good"), FOREIGN: token_server}
    with World(hosts=hosts).resolver(jobs=1) as resolver:
        *bad, good = resolver.look_up(
            references(*(f"bad.example/app{one}:1" for one in range(5)), "good.example/app:1")
        )
    assert all(isinstance(one, Unresolved) for one in bad)
    assert isinstance(good, Resolved)
