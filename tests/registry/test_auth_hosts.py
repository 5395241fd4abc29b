"""Each known registry's exchange, played as its users report it: what is asked, in which order, and what gets in."""

from __future__ import annotations

import base64

import httpx
import pytest

from pinner.credentials.base import Credential, Login
from pinner.errors import AmbiguousAccessError, DeniedError, ResolutionError, UnauthorizedError
from pinner.oci.hosts import traits_of
from pinner.registry.access import FORBIDDEN_TO_STOP
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, references

ALICE = Credential(username="alice", secret="s3cret", source="keyring")
BASIC = "Basic " + base64.b64encode(b"alice:s3cret").decode()


def resolve(world: World, *texts: str, login: Login | None = None, jobs: int = 1) -> list[Resolution]:
    wanted = references(*texts)
    ring = Keyring(logins={wanted[0].registry: login} if login else {})
    with world.resolver(credentials=ring, jobs=jobs) as resolver:
        return list(resolver.look_up(wanted))


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def journey(world: World) -> list[tuple[str, str, str | None]]:
    return [(one.host, one.path, one.authorization) for one in world.seen]


def bearer(challenge: str, token: str = "t") -> Respond:
    """A registry that takes one token and asks everybody else for it."""

    def respond(request: httpx.Request) -> httpx.Response:
        is_in = request.headers.get("authorization") == f"Bearer {token}"
        return image() if is_in else failure(401, "UNAUTHORIZED", www_authenticate=challenge)

    return respond


def giving(token: str = "t") -> Respond:
    return lambda _request: httpx.Response(200, json={"token": token, "expires_in": 300})


def either(path: str, token_server: Respond, registry: Respond) -> Respond:
    return lambda request: (token_server if request.url.path == path else registry)(request)


def test_docker_hub_has_its_token_server_on_another_host() -> None:  # AUTH-27 row 1
    challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:x:pull"'
    world = World(hosts={"registry-1.docker.io": bearer(challenge), "auth.docker.io": giving()})
    assert isinstance(resolve(world, "nginx:1", login=ALICE)[0], Resolved)
    assert [(host, shown) for host, _, shown in journey(world)] == [
        ("registry-1.docker.io", None),
        ("auth.docker.io", BASIC),
        ("registry-1.docker.io", "Bearer t"),
    ]
    assert world.seen[1].query["service"] == "registry.docker.io"
    assert world.seen[1].query["scope"] == "repository:library/nginx:pull"


@pytest.mark.parametrize("status", [401, 403])
def test_ghcr_refuses_a_token_for_what_is_missing_or_private(status: int) -> None:  # AUTH-08, AUTH-20
    challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"'
    world = World(hosts={"ghcr.io": either("/token", lambda _: failure(status, "DENIED"), bearer(challenge))})
    first, second = resolve(world, "ghcr.io/acme/app:1", "ghcr.io/acme/app:2")
    assert isinstance(error_of(first), AmbiguousAccessError)
    assert isinstance(error_of(second), AmbiguousAccessError)
    assert len(world.seen) == 2  # one 401, one token: the repository is not asked about again


def ghcr(private: str) -> Respond:
    """Answers 403 to credentials that may not see a package, as it does to invalid ones; public ones need none."""
    challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"'

    def token_server(request: httpx.Request) -> httpx.Response:
        is_private = private in request.url.params["scope"]
        is_refused = is_private or "authorization" in request.headers
        return failure(403, "DENIED", "invalid token") if is_refused else giving()(request)

    return either("/token", token_server, bearer(challenge))


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_403_of_ghcr_does_not_hide_public_images(jobs: int) -> None:  # AUTH-21
    world = World(hosts={"ghcr.io": ghcr("secret")})
    texts = [f"ghcr.io/acme/app{number}:{tag}" for number in range(20) for tag in range(2)]
    with world.resolver(credentials=Keyring(logins={"ghcr.io": ALICE}), jobs=jobs) as resolver:
        results = resolver.look_up(references(*texts, "ghcr.io/acme/secret:1"))
        warnings = resolver.warnings
    *public, private = results
    assert all(isinstance(one, Resolved) for one in public)
    error = error_of(private)
    assert isinstance(error, DeniedError)
    assert "refused the credentials from keyring" in error.message
    assert len(warnings) == 1
    assert "public images are asked for without them" in warnings[0]
    most = FORBIDDEN_TO_STOP + jobs - 1  # what was under way when the tenth was denied
    assert sum(one.authorization == BASIC for one in world.seen) <= most


@pytest.mark.parametrize("registry", ["quay.example", "registry.example:5000"])
def test_only_large_open_registries_are_asked_without_refused_credentials(registry: str) -> None:  # AUTH-21
    assert not traits_of(registry).is_public
    challenge = f'Bearer realm="https://{registry}/token",service="s"'

    def token_server(request: httpx.Request) -> httpx.Response:
        return failure(401) if "authorization" in request.headers else giving()(request)

    world = World(hosts={registry: either("/token", token_server, bearer(challenge))})
    assert isinstance(error_of(resolve(world, f"{registry}/app:1", login=ALICE)[0]), UnauthorizedError)
    assert [one.authorization for one in world.seen] == [None, BASIC]


@pytest.mark.parametrize(
    "registry",
    ["docker.io", "gcr.io", "ghcr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io", "registry.k8s.io"],
)
def test_large_open_registries_are_asked_without_refused_credentials(registry: str) -> None:  # AUTH-21
    assert traits_of(registry).is_public
    host = {"docker.io": "registry-1.docker.io"}.get(registry, registry)

    def token_server(request: httpx.Request) -> httpx.Response:
        return failure(401) if "authorization" in request.headers else giving()(request)

    challenge = f'Bearer realm="https://{host}/token",service="s"'
    world = World(hosts={host: either("/token", token_server, bearer(challenge))})
    assert isinstance(resolve(world, f"{registry}/acme/app:1", login=ALICE)[0], Resolved)
    assert [one.authorization for one in world.seen] == [None, BASIC, None, "Bearer t"]


def test_quay_is_asked_for_pull_and_nothing_more() -> None:  # AUTH-11
    challenge = 'Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:acme/app:pull,push"'
    world = World(hosts={"quay.io": either("/v2/auth", giving(), bearer(challenge))})
    robot = Credential(username="acme+robot", secret="s3cret", source="keyring")
    assert isinstance(resolve(world, "quay.io/acme/app:1", login=robot)[0], Resolved)
    assert world.seen[1].query == {
        "service": "quay.io",
        "scope": "repository:acme/app:pull",
        "account": "acme+robot",
        "client_id": "pinner",
    }


def test_ecr_takes_basic_and_has_no_token_server() -> None:  # AUTH-14, AUTH-27 row 11
    host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    challenge = f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'
    aws = Credential(username="AWS", secret="p" * 2000, source="docker-credential-ecr-login")

    def respond(request: httpx.Request) -> httpx.Response:
        return image() if "authorization" in request.headers else failure(401, www_authenticate=challenge)

    world = World(hosts={host: respond})
    assert isinstance(resolve(world, f"{host}/app:1", login=aws)[0], Resolved)
    assert len(world.seen) == 2


def test_ecr_public_says_400_to_a_token_that_has_run_out() -> None:  # AUTH-07, AUTH-12
    challenge = 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'
    given: list[str] = []
    used: set[str] = set()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token/":
            given.append(f"t{len(given)}")
            return giving(given[-1])(request)
        shown = request.headers.get("authorization")
        if shown is None:
            return failure(401, www_authenticate=challenge)
        if shown in used:
            return failure(400, "DENIED", "Your Authorization Token has expired")
        used.add(shown)
        return image()

    world = World(hosts={"public.ecr.aws": respond})
    results = resolve(world, "public.ecr.aws/a/a:1", "public.ecr.aws/b/b:1", "public.ecr.aws/c/c:1")
    assert all(isinstance(one, Resolved) for one in results)
    assert [one.query["scope"] for one in world.seen if one.path == "/token/"] == ["aws"] * 3


def test_nvcr_has_no_service_and_changes_its_realm_to_a_partner() -> None:  # AUTH-07, AUTH-27 row 6
    given: list[str] = []
    used: set[str] = set()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/proxy_auth":
            given.append(f"t{len(given)}")
            return giving(given[-1])(request)
        shown = request.headers.get("authorization")
        if shown is not None and shown not in used:
            used.add(shown)
            return image()
        realm = "https://nvcr.io/proxy_auth" if shown is None else "https://authn.nvidia.com/token"
        return failure(401, www_authenticate=f'Bearer realm="{realm}"')

    world = World(hosts={"nvcr.io": respond, "authn.nvidia.com": lambda _: failure(403)})
    results = resolve(world, "nvcr.io/nvidia/cuda:1", "nvcr.io/nvidia/cuda:2", "nvcr.io/nvidia/cuda:3")
    assert all(isinstance(one, Resolved) for one in results)
    assert "authn.nvidia.com" not in {one.host for one in world.seen}
    assert all("service" not in one.query for one in world.seen)


def test_dhi_says_401_without_challenge_to_a_token_that_has_run_out() -> None:  # AUTH-07
    used: set[str] = set()

    def respond(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization")
        if shown is None:
            return failure(401, www_authenticate='Bearer realm="https://dhi.io/token",service="registry.docker.io"')
        if shown in used:
            return failure(401)
        used.add(shown)
        return image()

    tokens = iter("abc")

    def token_server(request: httpx.Request) -> httpx.Response:
        return giving(next(tokens))(request)

    world = World(hosts={"dhi.io": either("/token", token_server, respond)})
    results = resolve(world, "dhi.io/python:3", "dhi.io/python:3.1", login=ALICE)
    assert all(isinstance(one, Resolved) for one in results)


class Harbor:
    """Answers Basic to any `Authorization` that it does not like, and gives tokens to wrong passwords too."""

    HOST = "harbor.corp.com"

    def __init__(self, good: str | None = None) -> None:
        self._good = good

    def __call__(self, request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization")
        if request.url.path == "/service/token":
            return giving("rights" if shown == self._good else "none")(request)
        if shown == "Bearer rights":
            return image()
        if shown is not None:
            return failure(401, "UNAUTHORIZED", www_authenticate='Basic realm="harbor"')
        realm = f"https://{self.HOST}/service/token"
        return failure(401, "UNAUTHORIZED", www_authenticate=f'Bearer realm="{realm}",service="harbor-registry"')


@pytest.mark.parametrize("jobs", [1, 8])
def test_harbor_gets_no_basic_although_it_asks_for_it(jobs: int) -> None:  # AUTH-14, RATE-06
    world = World(hosts={Harbor.HOST: Harbor()})
    texts = [f"{Harbor.HOST}/project/app{number}:1" for number in range(30)]
    results = resolve(world, *texts, login=ALICE, jobs=jobs)
    assert {type(error_of(one)) for one in results} == {UnauthorizedError}
    assert "Harbor gives a token to wrong credentials too" in error_of(results[0]).message
    assert {one.path for one in world.seen if one.authorization == BASIC} == {"/service/token"}
    shown = sum(one.authorization == BASIC for one in world.seen)
    assert FORBIDDEN_TO_STOP <= shown <= FORBIDDEN_TO_STOP + jobs - 1


def test_harbor_lets_good_credentials_in() -> None:
    world = World(hosts={Harbor.HOST: Harbor(good=BASIC)})
    texts = [f"{Harbor.HOST}/project/app{number}:1" for number in range(3)]
    assert all(isinstance(one, Resolved) for one in resolve(world, *texts, login=ALICE))
    assert [one.authorization for one in world.seen][:3] == [None, BASIC, "Bearer rights"]


def test_gitea_gets_its_own_scope_first_and_a_star_after_a_400() -> None:  # AUTH-12, AUTH-27 row 2
    realm = "https://codeberg.org/v2/token"
    challenge = f'Bearer realm="{realm}",service="container_registry",scope="*",Basic realm="https://codeberg.org/v2"'

    def token_server(request: httpx.Request) -> httpx.Response:
        return giving()(request) if request.url.params["scope"] == "*" else httpx.Response(400)

    world = World(hosts={"codeberg.org": either("/v2/token", token_server, bearer(challenge))})
    assert isinstance(resolve(world, "codeberg.org/forgejo/forgejo:9")[0], Resolved)
    asked = [one.query["scope"] for one in world.seen if one.path == "/v2/token"]
    assert asked == ["repository:forgejo/forgejo:pull", "*"]


def test_artifactory_names_no_scope_and_gets_ours() -> None:  # AUTH-12
    host, path = "corp.jfrog.io", "/artifactory/api/docker/docker-local/v2/token"
    challenge = f'Bearer realm="https://{host}{path}",service="{host}"'
    world = World(hosts={host: either(path, giving(), bearer(challenge))})
    assert isinstance(resolve(world, f"{host}/docker-local/app:1", login=ALICE)[0], Resolved)
    assert world.seen[1].query["scope"] == "repository:docker-local/app:pull"


def test_gitlab_has_its_token_server_on_another_host() -> None:  # AUTH-28
    challenge = 'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry",scope="repository:a/b:pull"'
    world = World(hosts={"registry.gitlab.com": bearer(challenge), "gitlab.com": giving()})
    assert isinstance(resolve(world, "registry.gitlab.com/a/b:1", login=ALICE)[0], Resolved)
    assert [one.authorization for one in world.seen if one.host == "gitlab.com"] == [BASIC]


def test_nexus_takes_basic_in_capitals() -> None:  # AUTH-27 row 4
    def respond(request: httpx.Request) -> httpx.Response:
        challenge = 'BASIC realm="Sonatype Nexus Repository Manager"'
        return image() if request.headers.get("authorization") == BASIC else failure(401, www_authenticate=challenge)

    world = World(hosts={"nexus.corp.com:8082": respond})
    assert isinstance(resolve(world, "nexus.corp.com:8082/app:1", login=ALICE)[0], Resolved)
    assert [one.authorization for one in world.seen] == [None, BASIC]
