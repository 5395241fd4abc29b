"""Redirects to a host that asks for a token itself: an anonymous one at most, fetched once (SEC-06, RES-23)."""

from __future__ import annotations

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import BlockedError, NotFoundError, ResolutionError
from pinner.registry.connections import Route
from pinner.registry.reach import Reach
from pinner.registry.transport import ROUTE
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, open_registry, references, token_registry

HOST = "registry.k8s.io"
TARGET = "europe-west4-docker.pkg.dev"
PROJECT = "k8s-artifacts-prod/images"
EVIL = "evil.example"
ALICE = Credential(username="alice", secret="s3cret", source="keyring")
RING = Keyring(logins={HOST: ALICE, TARGET: ALICE, EVIL: ALICE})


def to_target(request: httpx.Request) -> httpx.Response:
    path = request.url.path.replace("/v2/", f"/v2/{PROJECT}/")
    return httpx.Response(307, headers={"location": f"https://{TARGET}{path}"})


def world(target: Respond, home: Respond = to_target) -> World:
    return World(hosts={HOST: home, TARGET: target, EVIL: token_registry(EVIL)})


def resolve(world: World, *texts: str, jobs: int = 1) -> list[Resolution]:
    with world.resolver(jobs=jobs, credentials=RING) as resolver:
        return list(resolver.look_up(references(*(texts or (f"{HOST}/pause:3.9",)))))


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def test_a_target_that_is_open_is_asked_for_no_token() -> None:
    asked = world(open_registry())
    assert isinstance(resolve(asked)[0], Resolved)
    assert [one.host for one in asked.seen] == [HOST, TARGET]


def test_a_target_gets_an_anonymous_token_for_its_own_repository() -> None:  # SEC-06
    asked = world(token_registry(TARGET))
    assert isinstance(resolve(asked)[0], Resolved)
    scope = f"repository:{PROJECT}/pause:pull"
    assert [(one.host, one.path, one.authorization) for one in asked.seen] == [
        (HOST, "/v2/pause/manifests/3.9", None),
        (TARGET, f"/v2/{PROJECT}/pause/manifests/3.9", None),
        (TARGET, "/token", None),
        (TARGET, f"/v2/{PROJECT}/pause/manifests/3.9", f"Bearer t-{scope}"),
    ]
    assert asked.seen[2].query == {"service": "svc", "scope": scope}


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_target_gives_one_401_and_one_token_a_repository(jobs: int) -> None:  # AUTH-18, AUTH-19
    asked = world(token_registry(TARGET))
    texts = [f"{HOST}/app{number % 3}:{number}" for number in range(30)]
    assert all(isinstance(one, Resolved) for one in resolve(asked, *texts, jobs=jobs))
    assert sum(one.path == "/token" for one in asked.seen) == 3
    assert sum(one.host == TARGET and one.authorization is None for one in asked.seen) == 1 + 3
    assert len(asked.seen) == 30 + 30 + 1 + 3


def test_the_registrys_own_token_does_not_follow() -> None:  # SEC-04
    asked = world(token_registry(TARGET), token_registry(HOST, inside=to_target))
    assert isinstance(resolve(asked)[0], Resolved)
    shown = {one.authorization for one in asked.seen if one.host == TARGET}
    assert shown == {None, f"Bearer t-repository:{PROJECT}/pause:pull"}


@pytest.mark.parametrize("status", [400, 401])
def test_a_token_of_a_target_that_has_worn_out_is_replaced_once(status: int) -> None:  # AUTH-07
    used: set[str] = set()
    given: list[str] = []

    def target(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            given.append(f"t{len(given)}")
            return httpx.Response(200, json={"token": given[-1], "expires_in": 3600})
        shown = request.headers.get("authorization", "")
        if shown and shown not in used:
            used.add(shown)
            return image()
        return failure(status if shown else 401, www_authenticate=f'Bearer realm="https://{TARGET}/token"')

    asked = world(target)
    results = resolve(asked, f"{HOST}/a:1", f"{HOST}/a:2", f"{HOST}/a:3")
    assert all(isinstance(one, Resolved) for one in results)
    assert len(given) == 3


def refusing(challenge: str, token_status: int = 200) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(token_status, json={"token": "useless"})
        return failure(401, www_authenticate=challenge)

    return respond


BEARER = f'Bearer realm="https://{TARGET}/token",service="s"'


@pytest.mark.parametrize(
    ("target", "requests"),
    [
        pytest.param(refusing('Basic realm="x"'), 2, id="Basic gets nothing"),
        pytest.param(refusing(""), 2, id="no challenge gets nothing"),
        pytest.param(refusing(BEARER), 4, id="an anonymous token does not open it"),
        pytest.param(refusing(BEARER, 401), 3, id="its token server says 401"),
        pytest.param(refusing(BEARER, 403), 3, id="its token server says 403"),
    ],
)
def test_a_target_that_wants_credentials_is_named_and_gets_none(target: Respond, requests: int) -> None:  # SEC-06
    asked = world(target)
    error = error_of(resolve(asked)[0])
    assert type(error) is BlockedError
    assert f"{HOST} redirects to {TARGET}, which asks for credentials" in error.message
    assert {one.authorization for one in asked.seen} <= {None, "Bearer useless"}
    assert len(asked.seen) == requests


@pytest.mark.parametrize("realm", ["http://evil.example/token", "https://u:p@evil.example/", "file:///etc/passwd"])
def test_a_targets_realm_is_held_to_the_same_rules(realm: str) -> None:  # SEC-06, SEC-03
    asked = world(refusing(f'Bearer realm="{realm}"'))
    error = error_of(resolve(asked)[0])
    assert type(error) is BlockedError
    assert TARGET in error.message
    assert [one.host for one in asked.seen] == [HOST, TARGET]


@pytest.mark.parametrize("stands", [Reach.PUBLIC, Reach.PRIVATE])
@pytest.mark.parametrize("realm", [TARGET, EVIL])
def test_a_targets_realm_stands_no_further_inside_than_the_registry(stands: Reach, realm: str) -> None:  # SEC-02
    routes: dict[str, Route] = {}

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            routes[request.url.host] = request.extensions[ROUTE]
            return httpx.Response(200, json={"token": "t"})
        if "authorization" in request.headers:
            return image()
        return failure(401, www_authenticate=f'Bearer realm="https://{realm}/token"')

    asked = World(hosts={HOST: to_target, TARGET: respond, EVIL: respond})
    with asked.resolver() as resolver:
        resolver._network.addresses.note(HOST, stands)
        (result,) = resolver.look_up(references(f"{HOST}/a:1"))
    assert isinstance(result, Resolved)
    assert routes[realm].reach is stands


def test_what_a_target_does_not_have_is_not_found() -> None:
    missing: Respond = lambda _request: failure(404, "MANIFEST_UNKNOWN")  # noqa: E731 - one line says it
    assert isinstance(error_of(resolve(world(token_registry(TARGET, inside=missing)))[0]), NotFoundError)


def test_a_registry_that_sends_us_away_and_back_refuses_nobodys_credentials() -> None:  # RATE-06
    def home(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/back" or "authorization" not in request.headers:
            return failure(401, www_authenticate='Basic realm="x"')
        return to_target(request) if "/away/" in request.url.path else image()

    def target(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": f"https://{HOST}/back"})

    results = resolve(world(target, home), f"{HOST}/away:1", f"{HOST}/fine:1")
    assert type(error_of(results[0])) is BlockedError
    assert isinstance(results[1], Resolved)
