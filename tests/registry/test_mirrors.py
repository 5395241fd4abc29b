"""Mirrors are asked first and in order, the registry at last; and which scheme a host is asked by."""

from __future__ import annotations

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import (
    AmbiguousAccessError,
    DeniedError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
    UnreachableError,
)
from pinner.oci.digest import Digest
from pinner.registry.settings import Registries, parse_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import (
    INDEX,
    Keyring,
    Respond,
    World,
    failure,
    image,
    open_registry,
    references,
    token_registry,
)

HUB = "registry-1.docker.io"
FIRST, SECOND = "first.example", "second.example:5000"
TLS_PORT = httpx.Response(400, text="The plain HTTP request was sent to HTTPS port")


def mirrored() -> Registries:
    text = f'[registries."docker.io"]\nmirrors = ["https://{FIRST}", "https://{SECOND}/proxy/hub"]\n'
    return parse_registries(text, "registries.toml")


def resolve(world: World, text: str = "nginx:1.27", **settings: object) -> Resolution:
    with world.resolver(jobs=1, **settings) as resolver:
        return resolver.look_up(references(text))[0]


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def test_without_mirrors_the_registry_answers() -> None:
    result = resolve(World(hosts={HUB: open_registry()}))
    assert isinstance(result, Resolved)
    assert result.mirror is None


def test_the_first_mirror_that_has_it_answers() -> None:
    world = World(hosts={FIRST: open_registry(), SECOND: open_registry(), HUB: open_registry()})
    result = resolve(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror == f"https://{FIRST}"
    assert result.reference.written == "nginx:1.27"
    assert [one.url for one in world.seen] == [f"https://{FIRST}/v2/library/nginx/manifests/1.27"]


def test_a_path_of_a_mirror_stands_before_the_repository() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: open_registry()})
    result = resolve(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror == f"https://{SECOND}/proxy/hub"
    assert world.seen[-1].url == f"https://{SECOND}/v2/proxy/hub/library/nginx/manifests/1.27"


def test_a_mirrors_not_found_is_not_the_last_word() -> None:  # RES-28
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: lambda _r: failure(404), HUB: open_registry()})
    result = resolve(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror is None


def test_the_error_names_the_registry_and_its_mirrors() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), HUB: lambda _request: failure(404)})
    error = error_of(resolve(world, registries=mirrored()))
    assert isinstance(error, NotFoundError)
    assert error.message.startswith(f"docker.io/library/nginx:1.27: {HUB} has no such tag")
    assert f"mirror https://{FIRST}: {FIRST} has no such tag" in error.message
    assert f"mirror https://{SECOND}/proxy/hub: {SECOND} cannot be connected to" in error.message


REFUSED = failure(403, "DENIED", "no", content_type="application/json")
UNKNOWN = failure(404, "MANIFEST_UNKNOWN")
LIMITED = failure(429, "TOOMANYREQUESTS", "slow down", retry_after="3600")
BROKEN = failure(505)


def says(answer: httpx.Response | None) -> Respond:
    """Give this answer to everything; without one, ask for a token that nobody gives."""
    if answer is None:
        return lambda _request: failure(401, www_authenticate='Basic realm="x"')
    return lambda request: httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.mark.parametrize(
    ("first", "second", "kind", "words", "hint"),
    [
        pytest.param(None, BROKEN, AmbiguousAccessError, f"mirror https://{FIRST}: does not exist", "log in", id="401"),
        pytest.param(REFUSED, BROKEN, DeniedError, f"{FIRST} answered 403", "rights", id="403"),
        pytest.param(UNKNOWN, BROKEN, NotFoundError, f"{FIRST} has no such tag", "deleted", id="404"),
        pytest.param(LIMITED, BROKEN, RateLimitedError, f"{FIRST} limits the rate", "later", id="429"),
        pytest.param(UNKNOWN, LIMITED, RateLimitedError, f"{SECOND} limits the rate", "later", id="404-429"),
        pytest.param(LIMITED, REFUSED, DeniedError, f"{SECOND} answered 403", "rights", id="429-403"),
        pytest.param(UNKNOWN, None, AmbiguousAccessError, "does not exist, or is private", "log in", id="404-401"),
        pytest.param(BROKEN, BROKEN, UnreachableError, f"{HUB} cannot be connected to", "network", id="none"),
    ],
)
def test_behind_a_registry_out_of_reach_a_definite_mirror_is_the_reason(  # RES-28
    first: httpx.Response | None,
    second: httpx.Response | None,
    kind: type[ResolutionError],
    words: str,
    hint: str,
) -> None:
    error = error_of(resolve(World(hosts={FIRST: says(first), SECOND: says(second)}), registries=mirrored()))
    assert type(error) is kind
    assert error.message.startswith("docker.io/library/nginx:1.27: ")
    assert words in error.message.partition(";")[0]
    for one in (f"mirror https://{FIRST}: ", f"mirror https://{SECOND}/proxy/hub: ", f"{HUB} cannot be connected to"):
        assert error.message.count(one) == 1
    assert hint in (error.hint or "")
    assert getattr(error, "seconds", None) == (3600 if kind is RateLimitedError else None)


def test_a_registry_that_answers_decides_whatever_its_mirrors_say() -> None:  # RES-28
    hosts = {FIRST: says(REFUSED), SECOND: says(UNKNOWN), HUB: says(LIMITED)}
    error = error_of(resolve(World(hosts=hosts), registries=mirrored()))
    assert isinstance(error, RateLimitedError)
    assert error.seconds == 3600
    assert error.message.startswith(f"docker.io/library/nginx:1.27: {HUB} limits the rate")
    assert f"mirror https://{FIRST}: {FIRST} answered 403" in error.message


def test_a_mirror_that_serves_other_bytes_is_told_loudly() -> None:
    digest = Digest.of(INDEX)
    world = World(
        hosts={FIRST: lambda _request: image(b"{}", "application/json"), HUB: open_registry()},
    )
    error = error_of(resolve(world, f"nginx@{digest}", registries=mirrored()))
    assert isinstance(error, IntegrityError)
    assert f"mirror https://{FIRST}" in error.message


def test_a_mirror_gets_its_own_credentials_and_never_those_of_the_registry() -> None:  # NET-04
    alice = Credential(username="alice", secret="hub", source="keyring")
    bob = Credential(username="bob", secret="mirror", source="keyring")
    ring = Keyring(logins={"docker.io": alice, FIRST: bob})
    world = World(hosts={FIRST: token_registry(FIRST), HUB: open_registry()})
    assert isinstance(resolve(world, registries=mirrored(), credentials=ring), Resolved)
    assert ring.asked == [FIRST]
    assert world.seen[1].query["account"] == "bob"


def test_describing_through_a_mirror_of_docker_hub_is_one_get() -> None:
    world = World(hosts={FIRST: open_registry(), HUB: open_registry()})
    with world.resolver(registries=mirrored()) as resolver:
        resolver.describe(references("nginx:1.27"))
    assert [one.method for one in world.seen] == ["GET"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ghcr.io/a/b:1", "https://ghcr.io/v2/a/b/manifests/1"),
        ("10.0.0.5:5000/a:1", "https://10.0.0.5:5000/v2/a/manifests/1"),
        ("foo.localhost:5000/a:1", "https://foo.localhost:5000/v2/a/manifests/1"),
        ("localhost/a:1", "https://localhost/v2/a/manifests/1"),
        ("localhost:443/a:1", "https://localhost/v2/a/manifests/1"),
        ("localhost:5000/a:1", "http://localhost:5000/v2/a/manifests/1"),
        ("127.0.0.1:5000/a:1", "http://127.0.0.1:5000/v2/a/manifests/1"),
        ("[::1]:5000/a:1", "http://[::1]:5000/v2/a/manifests/1"),
        ("plain.example:5000/a:1", "http://plain.example:5000/v2/a/manifests/1"),
        ("nginx", "https://registry-1.docker.io/v2/library/nginx/manifests/latest"),
        ("registry.hub.docker.com/a/b:1", "https://registry-1.docker.io/v2/a/b/manifests/1"),
    ],
)
def test_plain_http_is_for_loopback_and_for_those_the_user_named(text: str, url: str) -> None:  # NET-06, REF-03
    registries = parse_registries('[registries."plain.example:5000"]\nplain-http = true', "registries.toml")
    world = World()
    resolve(world, text, registries=registries)
    assert world.seen[0].url == url


def test_a_loopback_port_that_wants_tls_is_asked_by_https_and_remembered() -> None:  # NET-06
    def respond(request: httpx.Request) -> httpx.Response:
        return TLS_PORT if request.url.scheme == "http" else image()

    world = World(hosts={"127.0.0.1:5000": respond})
    with world.resolver(jobs=4) as resolver:
        results = resolver.look_up(references(*(f"127.0.0.1:5000/a:{number}" for number in range(5))))
    assert all(isinstance(one, Resolved) for one in results)
    assert [f"{one.method} {one.url[:5]}" for one in world.seen] == ["HEAD http:", "GET http:", *["HEAD https"] * 5]


def test_no_other_host_is_ever_moved_to_another_scheme() -> None:  # NET-06
    world = World(hosts={"registry.example:5000": lambda _request: TLS_PORT})
    resolve(world, "registry.example:5000/a:1")
    assert {one.url.partition(":")[0] for one in world.seen} == {"https"}


def test_a_loopback_registry_behind_tls_may_ask_for_a_token() -> None:
    host = "127.0.0.1:5000"
    serve = token_registry(host)

    def respond(request: httpx.Request) -> httpx.Response:
        return TLS_PORT if request.url.scheme == "http" else serve(request)

    assert isinstance(resolve(World(hosts={host: respond}), f"{host}/a:1"), Resolved)
