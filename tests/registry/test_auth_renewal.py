"""Logins that have run out: a helper is asked once more, and nothing refused is shown a second time (AUTH-15)."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field

import httpx
import pytest

from pinner.credentials.base import Credential, IdentityToken, Login
from pinner.errors import AuthenticationError, DeniedError, ResolutionError, UnauthorizedError
from pinner.registry.logins import BACK_OFF_SECONDS
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import (
    Keyring,
    Respond,
    World,
    failure,
    image,
    open_registry,
    references,
    token_registry,
)

HOST = "registry.example"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


def alice(secret: str) -> Credential:
    return Credential(username="alice", secret=secret, source="docker-credential-h")


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"alice:{secret}".encode()).decode()


@dataclass
class Helper(Keyring):
    """A source that gives one secret after the other, a new one only when it is asked for it."""

    secrets: tuple[str, ...] = ("one", "two")
    renewals: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        return alice(self.secrets[min(self.renewals, len(self.secrets) - 1)])

    def renewed(self, registry: str, repository: str | None, refused: Login) -> Login | None:
        with self.lock:
            self.renewals += 1
        now = self.get(registry)
        return None if now == refused else now


def basic_registry(*good: str, status: int = 401, said: str = "no", challenge: bool = True) -> Respond:
    """A registry that takes some passwords, and answers others with `status`."""
    serve = open_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization")
        if shown in map(basic, good):
            return serve(request)
        is_first = shown is None
        headers = {"www_authenticate": 'Basic realm="x"'} if is_first or challenge else {}
        return failure(401 if is_first else status, "DENIED", said, **headers)

    return respond


def resolve(world: World, helper: Keyring, host: str = HOST, *, jobs: int = 1, images: int = 3) -> list[Resolution]:
    texts = [f"{host}/app{number}:1" for number in range(images)]
    with world.resolver(jobs=jobs, credentials=helper) as resolver:
        return list(resolver.look_up(references(*texts)))


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def shown(world: World) -> list[str]:
    return [one.authorization for one in world.seen if one.authorization is not None]


def test_a_login_that_gets_in_is_not_renewed() -> None:
    helper = Helper()
    world = World(hosts={HOST: basic_registry("one")})
    assert all(isinstance(one, Resolved) for one in resolve(world, helper))
    assert helper.renewals == 0
    assert world.stop.pauses == []


@pytest.mark.parametrize("jobs", [1, 8])
def test_the_same_login_again_counts_as_refused(jobs: int) -> None:  # AUTH-15, RATE-06
    helper = Helper(secrets=("one",))
    world = World(hosts={HOST: basic_registry("two")})
    results = resolve(world, helper, jobs=jobs, images=20)
    assert {type(error_of(one)) for one in results} == {UnauthorizedError}
    assert shown(world) == [basic("one")]
    assert helper.renewals == 1
    assert world.stop.pauses == []


@pytest.mark.parametrize(
    ("host", "status", "challenge"),
    [
        pytest.param(HOST, 401, True, id="401 with its challenge"),
        pytest.param(HOST, 401, False, id="401 without challenge"),
        pytest.param(HOST, 400, False, id="400 without challenge"),
        pytest.param(ECR, 400, False, id="ECR says 400"),
        pytest.param(ECR, 403, False, id="ECR says 403"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 8])
def test_a_login_that_has_run_out_is_replaced_after_a_pause(  # AUTH-15, AUTH-24
    host: str,
    status: int,
    challenge: bool,  # noqa: FBT001 - a table
    jobs: int,
) -> None:
    helper = Helper()
    world = World(hosts={host: basic_registry("two", status=status, challenge=challenge)})
    assert all(isinstance(one, Resolved) for one in resolve(world, helper, host, jobs=jobs, images=20))
    assert shown(world) == [basic("one"), *[basic("two")] * 20]
    assert helper.renewals == 1
    assert BACK_OFF_SECONDS in world.stop.pauses


@pytest.mark.parametrize("jobs", [1, 8])
def test_two_refused_logins_are_shown_once_each(jobs: int) -> None:  # RATE-06, AUTH-24
    helper = Helper(secrets=("one", "two"))
    world = World(hosts={HOST: basic_registry("three")})
    results = resolve(world, helper, jobs=jobs, images=20)
    assert {type(error_of(one)) for one in results} == {UnauthorizedError}
    assert shown(world) == [basic("one"), basic("two")]


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_login_that_the_token_server_refuses_is_replaced_too(jobs: int) -> None:  # AUTH-15
    registry = token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        is_old = request.url.path == "/token" and request.headers.get("authorization") != basic("two")
        return failure(401) if is_old else registry(request)

    helper = Helper()
    world = World(hosts={HOST: respond})
    assert all(isinstance(one, Resolved) for one in resolve(world, helper, jobs=jobs, images=20))
    assert [one for one in shown(world) if one == basic("one")] == [basic("one")]
    assert helper.renewals == 1


def test_a_403_of_ecr_to_some_repositories_hides_no_others() -> None:  # AUTH-15, RATE-06
    def respond(request: httpx.Request) -> httpx.Response:
        if "authorization" not in request.headers:
            return failure(401, www_authenticate='Basic realm="x"')
        return (
            failure(403, "DENIED", "not authorized to perform: ecr:BatchGetImage")
            if "0/" in request.url.path
            else image()
        )

    results = resolve(World(hosts={ECR: respond}), Helper(secrets=("one",)), ECR)
    assert [type(one) for one in results] == [Unresolved, Resolved, Resolved]
    error = error_of(results[0])
    assert isinstance(error, DeniedError)
    assert "with the credentials from docker-credential-h" in error.message


def test_a_helper_is_asked_once_more_however_often_ecr_says_403() -> None:  # AUTH-15, AUTH-24
    helper = Helper(secrets=("one",))
    world = World(hosts={ECR: basic_registry(status=403, challenge=False)})
    assert {type(error_of(one)) for one in resolve(world, helper, ECR)} == {DeniedError}
    assert helper.renewals == 1


def test_a_403_of_ecr_that_says_expired_is_about_the_login() -> None:  # AUTH-15, RATE-06
    said = "Your authorization token has expired. Reauthenticate and try again."
    world = World(hosts={ECR: basic_registry(status=403, said=said, challenge=False)})
    results = resolve(world, Helper(secrets=("one",)), ECR, images=10)
    assert {type(error_of(one)) for one in results} == {UnauthorizedError}
    assert "has expired" in error_of(results[9]).message
    assert [one.method for one in world.seen if one.authorization] == ["HEAD", "GET"]  # only a GET has the words


def test_a_400_of_a_registry_whose_head_is_broken_is_not_about_the_login() -> None:  # RES-30
    serve = basic_registry("one")

    def respond(request: httpx.Request) -> httpx.Response:
        is_broken = request.method == "HEAD" and "authorization" in request.headers
        return httpx.Response(400) if is_broken else serve(request)

    assert all(isinstance(one, Resolved) for one in resolve(World(hosts={HOST: respond}), Helper(secrets=("one",))))


class ByPath(Keyring):
    """A good login for one path and a bad one for the others, as podman has them."""

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        return alice("one" if (repository or "").startswith("good") else "bad")


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_a_bad_login_is_shown_once_by_many_workers_of_a_known_host(scheme: str) -> None:  # RATE-06, AUTH-30
    inner = basic_registry("one") if scheme == "basic" else token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and request.headers.get("authorization") != basic("one"):
            return failure(401)
        return inner(request)

    world = World(hosts={HOST: respond})
    texts = [f"{HOST}/good/a:1", *(f"{HOST}/other/app{number}:1" for number in range(40))]
    with world.resolver(jobs=16, credentials=ByPath()) as resolver:
        good, *others = resolver.look_up(references(*texts))
    assert isinstance(good, Resolved)
    assert {type(error_of(one)) for one in others} == {UnauthorizedError}
    assert shown(world).count(basic("bad")) == 1


class HelperBeside(Helper):
    """A helper, and a login of its own for one path."""

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        return alice("good") if (repository or "").startswith("good") else super().get(registry)


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_a_login_of_a_known_host_is_replaced_once_for_many_workers(scheme: str) -> None:  # AUTH-15, RATE-06
    inner = basic_registry("good", "two") if scheme == "basic" else token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        is_wrong = request.headers.get("authorization") == basic("one")
        return failure(401) if request.url.path == "/token" and is_wrong else inner(request)

    world = World(hosts={HOST: respond})
    helper = HelperBeside()
    texts = [f"{HOST}/good/a:1", *(f"{HOST}/other/app{number}:1" for number in range(40))]
    with world.resolver(jobs=16, credentials=helper) as resolver:
        results = resolver.look_up(references(*texts))
    assert all(isinstance(one, Resolved) for one in results)
    assert shown(world).count(basic("one")) == 1
    assert helper.renewals == 1


@pytest.mark.parametrize("realm", ["a", "b"])
def test_basic_credentials_are_not_shown_again_for_another_realms_name(realm: str) -> None:  # RATE-06
    answers = iter("ab")

    def respond(_request: httpx.Request) -> httpx.Response:
        return failure(401, www_authenticate=f'Basic realm="{next(answers, realm)}"')

    world = World(hosts={HOST: respond})
    resolve(world, Helper(secrets=("one",)), images=1)
    assert shown(world) == [basic("one")]


IDENTITY = IdentityToken(secret="refresh", source="config.json")
BOTH = IdentityToken(secret="refresh", source="config.json", beside=alice("one"))


def no_refresh_tokens(status: int) -> Respond:
    registry = token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(status)
        if request.url.path == "/token" and request.headers.get("authorization") != basic("one"):
            return failure(401)
        return registry(request)

    return respond


@pytest.mark.parametrize("status", [400, 401, 404, 405])
@pytest.mark.parametrize("jobs", [1, 8])
def test_the_password_beside_an_identity_token_is_used_where_that_is_not_taken(status: int, jobs: int) -> None:
    world = World(hosts={HOST: no_refresh_tokens(status)})  # AUTH-04
    results = resolve(world, Keyring(logins={HOST: BOTH}), jobs=jobs, images=20)
    assert all(isinstance(one, Resolved) for one in results)
    assert world.count("POST") == 1
    assert sum(one.path == "/token" and one.method == "GET" for one in world.seen) == 20


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, AuthenticationError), (401, UnauthorizedError), (404, AuthenticationError), (405, AuthenticationError)],
)
def test_an_identity_token_alone_is_shown_once(status: int, error: type[ResolutionError]) -> None:  # AUTH-04, RATE-06
    world = World(hosts={HOST: no_refresh_tokens(status)})
    results = resolve(world, Keyring(logins={HOST: IDENTITY}), jobs=8, images=20)
    assert {type(error_of(one)) for one in results} == {error}
    assert "config.json" in error_of(results[19]).message
    assert len(world.seen) == 2


def test_a_registry_without_tokens_gets_the_password_beside_an_identity_token() -> None:  # AUTH-04
    world = World(hosts={HOST: basic_registry("one")})
    assert all(isinstance(one, Resolved) for one in resolve(world, Keyring(logins={HOST: BOTH})))
    assert shown(world) == [basic("one")] * 3


def test_a_registry_without_tokens_gets_no_identity_token() -> None:  # AUTH-04
    world = World(hosts={HOST: basic_registry("one")})
    error = error_of(resolve(world, Keyring(logins={HOST: IDENTITY}))[0])
    assert type(error) is AuthenticationError
    assert f"{HOST} asks for a user name and a password, and config.json has an identity token" in error.message
    assert shown(world) == []


@pytest.mark.parametrize("login", [alice("one"), IDENTITY, None])
def test_an_offline_token_is_never_asked_for(login: Login | None) -> None:  # AUTH-03
    world = World(hosts={HOST: token_registry()})
    resolve(world, Keyring(logins={HOST: login} if login else {}))
    for asked in (one for one in world.seen if one.path == "/token"):
        assert "offline_token" not in asked.query | dict(httpx.QueryParams(asked.body.decode()))
        assert ("account" in asked.query) is isinstance(login, Credential)
        assert ("client_id" in asked.query) is isinstance(login, Credential)
