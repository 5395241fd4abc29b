"""Challenges answered: tokens, Basic, what goes where and what is never tried twice."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx
import pytest

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.errors import (
    AmbiguousAccessError,
    AuthenticationError,
    BlockedError,
    DeniedError,
    ResolutionError,
    UnauthorizedError,
    UnreachableError,
)
from pinner.registry.settings import parse_registries
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
SECRET = "s3cret:with:colon"
ALICE = Credential(username="alice", secret=SECRET, source="keyring")
BASIC = "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()


def keyring(login: Login, host: str = HOST) -> Keyring:
    return Keyring(logins={host: login})


def basic_registry(*, accepts: str = BASIC) -> Respond:
    serve = open_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == accepts:
            return serve(request)
        return failure(401, www_authenticate='Basic realm="x"')

    return respond


def resolve(world: World, *texts: str, **settings: object) -> list[Resolution]:
    with world.resolver(jobs=1, **settings) as resolver:
        return list(resolver.look_up(references(*(texts or (f"{HOST}/app:1",)))))


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    error = result.error
    for cause in (error, error.__cause__, error.__context__):
        assert SECRET not in f"{cause!r} {cause} {getattr(cause, 'hint', '')}"  # AUTH-23, SEC-29
    return error


def test_an_open_host_never_makes_us_look_for_credentials() -> None:  # AUTH-25
    ring = keyring(ALICE)
    assert isinstance(resolve(World(hosts={HOST: open_registry()}), credentials=ring)[0], Resolved)
    assert ring.asked == []


def test_a_token_is_asked_for_anonymously_without_credentials() -> None:  # AUTH-03
    world = World(hosts={HOST: token_registry()})
    assert isinstance(resolve(world)[0], Resolved)
    asked = world.seen[1]
    assert (asked.method, asked.path, asked.authorization) == ("GET", "/token", None)
    assert asked.query == {"service": "svc", "scope": "repository:app:pull"}


def test_credentials_go_to_the_token_server_as_basic_and_never_to_the_registry() -> None:  # AUTH-03, AUTH-10, AUTH-14
    world = World(hosts={HOST: token_registry()})
    assert isinstance(resolve(world, credentials=keyring(ALICE))[0], Resolved)
    assert [one.authorization for one in world.seen] == [None, BASIC, "Bearer t-repository:app:pull"]
    assert world.seen[1].query["account"] == "alice"
    assert world.seen[1].query["client_id"] == "pinner"


def test_a_token_is_not_kept_for_the_next_run() -> None:  # AUTH-17
    world = World(hosts={HOST: token_registry()})
    for _ in range(2):
        assert isinstance(resolve(world)[0], Resolved)
    assert [one.path for one in world.seen].count("/token") == 2


def test_the_realms_own_query_is_kept_and_a_missing_service_is_left_out() -> None:  # AUTH-03, AUTH-27 row 6
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "x"})
        if "authorization" in request.headers:
            return image()
        return failure(401, www_authenticate='Bearer realm="/token?group=a&empty="')

    world = World(hosts={HOST: respond})
    assert isinstance(resolve(world)[0], Resolved)
    assert world.seen[1].query == {"group": "a", "empty": "", "scope": "repository:app:pull"}


def test_an_identity_token_is_changed_by_post() -> None:  # AUTH-04
    world = World(hosts={HOST: token_registry()})
    ring = keyring(IdentityToken(secret="refresh me", source="keyring"))
    with world.resolver(credentials=ring) as resolver:
        resolver.look_up(references(f"{HOST}/app:1"))
    asked = world.seen[1]
    assert (asked.method, asked.authorization, asked.query) == ("POST", None, {})
    assert dict(httpx.QueryParams(asked.body.decode())) == {
        "grant_type": "refresh_token",
        "client_id": "pinner",
        "service": "svc",
        "scope": "repository:app:pull",
        "refresh_token": "refresh me",
    }


def test_a_server_that_takes_no_identity_token_is_named() -> None:  # AUTH-04
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(405) if request.url.path == "/token" else token_registry()(request)

    ring = keyring(IdentityToken(secret=SECRET, source="keyring"))
    error = error_of(resolve(World(hosts={HOST: respond}), credentials=ring)[0])
    assert type(error) is AuthenticationError
    assert "does not take the identity token from keyring (405)" in error.message


def test_a_registry_token_is_shown_as_it_is() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == "Bearer ready":
            return image()
        return failure(401, www_authenticate='Bearer realm="https://registry.example/token"')

    world = World(hosts={HOST: respond})
    assert isinstance(resolve(world, credentials=keyring(RegistryToken(secret="ready", source="k")))[0], Resolved)
    assert [one.path for one in world.seen] == ["/v2/app/manifests/1"] * 2


def test_a_registry_token_that_fits_no_header_is_refused() -> None:  # AUTH-09
    ring = keyring(RegistryToken(secret="a\r\nb", source="k"))
    error = error_of(resolve(World(hosts={HOST: token_registry()}), credentials=ring)[0])
    assert isinstance(error, UnauthorizedError)


def test_basic_is_shown_after_a_basic_challenge_and_from_then_on() -> None:  # AUTH-14
    world = World(hosts={HOST: basic_registry()})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(5)), credentials=keyring(ALICE))
    assert all(isinstance(one, Resolved) for one in results)
    assert [one.authorization for one in world.seen] == [None, *[BASIC] * 5]


def test_refused_basic_credentials_are_shown_once() -> None:  # RATE-06
    world = World(hosts={HOST: basic_registry(accepts="other")})
    results = resolve(world, *(f"{HOST}/app{number}:1" for number in range(5)), credentials=keyring(ALICE))
    errors = [error_of(one) for one in results]
    assert {type(one) for one in errors} == {UnauthorizedError}
    assert [one.authorization for one in world.seen] == [None, BASIC]
    assert all("refused the credentials from keyring" in one.message for one in errors)
    assert errors[4].message.startswith(f"{HOST}/app4:1: ")


def test_refused_credentials_are_shown_once_by_many_workers_too() -> None:  # RATE-06, AUTH-19
    world = World(hosts={HOST: basic_registry(accepts="other")})
    with world.resolver(jobs=8, credentials=keyring(ALICE)) as resolver:
        resolver.look_up(references(*(f"{HOST}/app{number}:1" for number in range(30))))
    assert sum(1 for one in world.seen if one.authorization == BASIC) == 1


def test_a_private_image_without_credentials_says_where_we_looked() -> None:  # AUTH-20
    world = World(hosts={HOST: basic_registry()})
    ring = Keyring(names=("DOCKER_AUTH_CONFIG", "~/.docker/config.json"))
    error = error_of(resolve(world, credentials=ring)[0])
    assert isinstance(error, AmbiguousAccessError)
    assert f"{HOST}/app:1: does not exist, or is private" in error.message
    assert "(looked in: DOCKER_AUTH_CONFIG, ~/.docker/config.json)" in error.message
    assert f"docker login {HOST}" in (error.hint or "")
    assert error.exit_code == 4


def _private(*, token_status: int = 200) -> Respond:
    """A registry that gives a token to everybody and then lets nobody in, as Docker Hub does."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            if token_status == 200:
                return httpx.Response(200, json={"token": "empty"})
            return httpx.Response(token_status, json={"details": "incorrect username or password"})
        return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token",service="s"')

    return respond


def test_a_401_to_a_new_anonymous_token_is_ambiguous_and_asked_once_a_repository() -> None:  # AUTH-20, Docker Hub
    world = World(hosts={HOST: _private()})
    results = resolve(world, f"{HOST}/app:1", f"{HOST}/app:2", f"{HOST}/app:3")
    assert {type(error_of(one)) for one in results} == {AmbiguousAccessError}
    assert len(world.seen) == 3


def test_a_401_to_a_new_token_of_ours_is_about_this_repository() -> None:  # AUTH-20
    world = World(hosts={HOST: _private()})
    results = resolve(world, f"{HOST}/a:1", f"{HOST}/b:1", credentials=keyring(ALICE))
    assert {type(error_of(one)) for one in results} == {UnauthorizedError}
    assert len(world.seen) == 5


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_server_that_refuses_anonymous_requests_is_ambiguous(status: int) -> None:  # GHCR
    assert isinstance(error_of(resolve(World(hosts={HOST: _private(token_status=status)}))[0]), AmbiguousAccessError)


def test_credentials_that_the_token_server_refuses_are_shown_once() -> None:  # RATE-06
    world = World(hosts={HOST: _private(token_status=401)})
    with world.resolver(jobs=8, credentials=keyring(ALICE)) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app{number}:1" for number in range(20))))
    errors = [error_of(one) for one in results]
    assert {type(one) for one in errors} == {UnauthorizedError}
    assert all("incorrect username or password" in one.message for one in errors)
    assert len(world.seen) == 2


def test_a_403_to_credentials_is_about_the_repository_until_the_tenth() -> None:  # RATE-06: GitLab blocks addresses
    world = World(hosts={HOST: _private(token_status=403)})
    texts = [f"{HOST}/app{number}:1" for number in range(25)]
    assert {type(error_of(one)) for one in resolve(world, *texts, credentials=keyring(ALICE))} == {DeniedError}
    assert sum(1 for one in world.seen if one.path == "/token") == 10


def test_refused_credentials_do_not_hide_public_images_of_docker_hub() -> None:  # AUTH-21
    registry = token_registry(realm="https://auth.docker.io/token")

    def token_server(request: httpx.Request) -> httpx.Response:
        return failure(401) if "authorization" in request.headers else registry(request)

    world = World(hosts={"registry-1.docker.io": registry, "auth.docker.io": token_server})
    with world.resolver(credentials=keyring(ALICE, "docker.io"), jobs=4) as resolver:
        results = resolver.look_up(references("nginx:1", "redis:7", "postgres:16"))
        assert any("public images are asked for without them" in one for one in resolver.warnings)
    assert all(isinstance(one, Resolved) for one in results)
    assert sum(1 for one in world.seen if one.authorization == BASIC) == 1


def test_refused_credentials_are_still_the_reason_for_private_images_of_docker_hub() -> None:  # AUTH-21
    def token_server(request: httpx.Request) -> httpx.Response:
        return failure(401) if "authorization" in request.headers else httpx.Response(200, json={"token": "x"})

    registry = token_registry(realm="https://auth.docker.io/token")
    world = World(hosts={"registry-1.docker.io": registry, "auth.docker.io": token_server})
    error = error_of(resolve(world, "acme/private:1", credentials=keyring(ALICE, "docker.io"))[0])
    assert isinstance(error, UnauthorizedError)
    assert "refused the credentials from keyring" in error.message


def _tokens_that_wear_out(status: int, challenge: str | None) -> tuple[Respond, list[str]]:
    """A registry that lets each token in once."""
    given: list[str] = []
    used: set[str] = set()
    first = [True]

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            given.append(f"t{len(given)}")
            return httpx.Response(200, json={"token": given[-1], "expires_in": 3600})
        shown = request.headers.get("authorization", "")
        if shown and shown not in used:
            used.add(shown)
            return image()
        header = f'Bearer realm="https://{HOST}/token",service="s"' if first[0] else challenge
        first[0] = False
        return (
            failure(status if shown else 401, www_authenticate=header) if header else failure(status if shown else 401)
        )

    return respond, given


@pytest.mark.parametrize(
    ("status", "challenge"),
    [
        pytest.param(401, 'Bearer realm="https://authn.evil.example/token"', id="AUTH-07 nvcr changes its realm"),
        pytest.param(401, None, id="AUTH-07 dhi.io gives no challenge"),
        pytest.param(400, None, id="AUTH-07 ECR public says 400"),
    ],
)
def test_a_token_that_has_worn_out_is_replaced_once_from_the_first_realm(status: int, challenge: str | None) -> None:
    respond, given = _tokens_that_wear_out(status, challenge)
    world = World(hosts={HOST: respond})
    results = resolve(world, f"{HOST}/app:1", f"{HOST}/app:2", f"{HOST}/app:3")
    assert all(isinstance(one, Resolved) for one in results)
    assert len(given) == 3


def test_a_token_server_that_gives_the_worn_out_token_again_is_asked_once_more() -> None:  # AUTH-07
    answers = iter([401, 200, 401, 401])

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": "same", "expires_in": 3600})
        is_good = next(answers) == 200
        return image() if is_good else failure(401, www_authenticate='Bearer realm="/token",service="s"')

    world = World(hosts={HOST: respond})
    good, bad = resolve(world, f"{HOST}/app:1", f"{HOST}/app:2")
    assert isinstance(good, Resolved)
    assert isinstance(error_of(bad), AmbiguousAccessError)
    assert sum(one.path == "/token" for one in world.seen) == 2


def test_credentials_never_go_to_a_foreign_realm() -> None:  # SEC-01, AUTH-28
    evil = "evil.example"
    world = World(hosts={HOST: token_registry(realm=f"https://{evil}/token"), evil: token_registry(evil)})
    assert isinstance(resolve(world, credentials=keyring(ALICE))[0], Resolved)
    asked = [one for one in world.seen if one.host == evil]
    assert [one.authorization for one in asked] == [None]
    assert "account" not in asked[0].query


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_foreign_realm_that_wants_credentials_is_blocked_and_named(status: int) -> None:  # AUTH-28
    evil = "evil.example"

    def token_server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"token": "useless"})

    world = World(hosts={HOST: token_registry(realm=f"https://{evil}/token"), evil: token_server})
    error = error_of(resolve(world, credentials=keyring(ALICE))[0])
    assert isinstance(error, BlockedError)
    assert f"{HOST} asks for its credentials to be sent to {evil}" in error.message
    assert f'trusted-realms = ["{evil}"]' in (error.hint or "")


def test_a_realm_that_the_user_trusts_gets_the_credentials() -> None:  # AUTH-28
    registries = parse_registries(f'[registries."{HOST}"]\ntrusted-realms = ["auth.corp.example"]', "registries.toml")
    auth = "auth.corp.example"
    world = World(hosts={HOST: token_registry(realm=f"https://{auth}/token"), auth: token_registry(auth)})
    assert isinstance(resolve(world, credentials=keyring(ALICE), registries=registries)[0], Resolved)
    assert [one.authorization for one in world.seen if one.host == auth] == [BASIC]


@pytest.mark.parametrize("realm", ["http://registry.example/token", "file:///etc/passwd", "https://u:p@h/"])
def test_a_realm_that_is_not_allowed_is_never_asked(realm: str) -> None:  # AUTH-27 row 14, SEC-03
    world = World(hosts={HOST: token_registry(realm=realm)})
    assert isinstance(error_of(resolve(world, credentials=keyring(ALICE))[0]), BlockedError)
    assert len(world.seen) == 1


def _scopes(quirk: str, accepts: Callable[[str], bool]) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            scope = request.url.params["scope"]
            return httpx.Response(200, json={"token": "t"}) if accepts(scope) else httpx.Response(400)
        if "authorization" in request.headers:
            return image()
        return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token",service="s",scope="{quirk}"')

    return respond


def test_gitea_gets_its_star_after_a_400() -> None:  # AUTH-12
    world = World(hosts={HOST: _scopes("*", lambda scope: scope == "*")})
    assert isinstance(resolve(world)[0], Resolved)
    assert [one.query["scope"] for one in world.seen if one.path == "/token"] == ["repository:app:pull", "*"]


def test_one_token_of_ecr_public_is_good_for_all_repositories() -> None:  # AUTH-12
    world = World(hosts={HOST: _scopes("aws", lambda scope: scope == "aws")})
    results = resolve(world, f"{HOST}/a:1", f"{HOST}/b:1", f"{HOST}/c:1")
    assert all(isinstance(one, Resolved) for one in results)
    assert sum(1 for one in world.seen if one.path == "/token") == 1


def test_an_unexpected_answer_of_the_token_server_is_named() -> None:
    world = World(hosts={HOST: _scopes("", lambda _scope: False)})
    error = error_of(resolve(world)[0])
    assert isinstance(error, UnreachableError)
    assert f"the token server {HOST} answered 400" in error.message


def test_a_token_server_that_redirects_is_not_followed() -> None:  # AUTH-08
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(307, headers={"location": "https://evil.example/token"})
        return token_registry()(request)

    assert isinstance(error_of(resolve(World(hosts={HOST: respond}), credentials=keyring(ALICE))[0]), BlockedError)


def test_a_token_that_cannot_be_used_is_told_without_showing_it() -> None:  # AUTH-09
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": f"{SECRET}\r\n"})
        return token_registry()(request)

    error = error_of(resolve(World(hosts={HOST: respond}))[0])
    assert "gave no usable token" in error.message


def test_a_401_without_a_challenge_is_asked_about_once() -> None:  # AUTH-27 row 13
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path in {"/v2/", "/token"} or "authorization" in request.headers:
            if request.url.path == "/v2/":
                return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token"')
            return httpx.Response(200, json={"token": "t"}) if request.url.path == "/token" else image()
        return failure(401)

    world = World(hosts={HOST: respond})
    assert isinstance(resolve(world)[0], Resolved)
    assert [one.path for one in world.seen][1] == "/v2/"


def test_a_401_that_never_says_what_it_wants_is_an_error() -> None:  # AUTH-27 row 13
    error = error_of(resolve(World(hosts={HOST: lambda _request: failure(401)}))[0])
    assert isinstance(error, UnreachableError)
    assert "without saying which kind" in error.message


def test_a_private_repository_on_an_open_host_is_still_let_in() -> None:
    private = token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        is_private = "/private/" in request.url.path or request.url.path == "/token"
        return private(request) if is_private else image()

    world = World(hosts={HOST: respond})
    results = resolve(world, f"{HOST}/public:1", f"{HOST}/private:1")
    assert all(isinstance(one, Resolved) for one in results)


def test_another_realm_for_another_repository_is_followed_once() -> None:  # AUTH-29, Artifactory
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/token/"):
            return httpx.Response(200, json={"token": request.url.path.rpartition("/")[2]})
        name = request.url.path.split("/")[2]
        if request.headers.get("authorization") == f"Bearer {name}":
            return image()
        return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token/{name}",service="s"')

    world = World(hosts={HOST: respond})
    assert all(isinstance(one, Resolved) for one in resolve(world, f"{HOST}/a:1", f"{HOST}/b:1"))


def test_credentials_do_not_follow_a_redirect_to_another_host() -> None:  # RES-23, SEC-04
    other = "storage.example"

    def redirecting(request: httpx.Request) -> httpx.Response:
        return httpx.Response(307, headers={"location": f"https://{other}{request.url.path}"})

    world = World(hosts={HOST: token_registry(inside=redirecting), other: open_registry()})
    assert isinstance(resolve(world, credentials=keyring(ALICE))[0], Resolved)
    assert [one.authorization for one in world.seen if one.host == other] == [None]


def test_credentials_stay_on_a_redirect_within_the_origin() -> None:  # RES-23
    serve = token_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/old/manifests/1" and "authorization" in request.headers:
            return httpx.Response(301, headers={"location": "/moved"})
        return image() if request.url.path == "/moved" else serve(request)

    world = World(hosts={HOST: respond})
    assert isinstance(resolve(world, f"{HOST}/old:1")[0], Resolved)
    assert world.seen[-1].authorization == "Bearer t-repository:old:pull"


@pytest.mark.parametrize(
    ("location", "kind", "words"),
    [
        ("http://registry.example/x", BlockedError, "from https to plain http"),
        ("file:///etc/passwd", BlockedError, "not allowed"),
        ("https://u:p@other.example/", BlockedError, "not allowed"),
        ("/again", BlockedError, "redirects more than 5 times"),
        (None, UnreachableError, "without saying where to"),
    ],
)
def test_redirects_that_lead_astray_are_refused(  # SEC-04, SEC-05
    location: str | None, kind: type[ResolutionError], words: str
) -> None:
    headers = {} if location is None else {"location": location}
    world = World(hosts={HOST: lambda _request: httpx.Response(302, headers=headers)})
    error = error_of(resolve(world)[0])
    assert type(error) is kind
    assert words in error.message
    assert len(world.seen) <= 6


def test_a_challenge_of_a_redirects_target_gets_nothing() -> None:  # SEC-06
    other = "storage.example"
    world = World(
        hosts={
            HOST: lambda _request: httpx.Response(307, headers={"location": f"https://{other}/x"}),
            other: lambda _request: failure(401, www_authenticate='Basic realm="x"'),
        }
    )
    error = error_of(resolve(world, credentials=keyring(ALICE))[0])
    assert isinstance(error, BlockedError)
    assert other in error.message
    assert all(one.authorization is None for one in world.seen)


def test_a_user_name_with_a_colon_is_refused_before_it_is_sent() -> None:  # AUTH-14
    ring = keyring(Credential(username="a:b", secret="x", source="keyring"))
    world = World(hosts={HOST: basic_registry()})
    assert isinstance(error_of(resolve(world, credentials=ring)[0]), UnauthorizedError)
    assert len(world.seen) == 1
