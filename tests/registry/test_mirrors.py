"""Who is asked: the registry for its tags, mirrors for digests and in its place; and by which scheme."""

from __future__ import annotations

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import (
    AmbiguousAccessError,
    BlockedError,
    DeniedError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
    UnreachableError,
    UnsupportedError,
)
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.registry import connections
from pinner.registry.settings import Registries, parse_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import (
    CHILD,
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
BY_DIGEST = f"nginx@{Digest.of(INDEX)}"


def mirrored(*lines: str, before: str = "") -> Registries:
    mirrors = f'mirrors = ["https://{FIRST}", "https://{SECOND}/proxy/hub"]'
    text = "\n".join([before, '[registries."docker.io"]', mirrors, *lines])
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


def test_a_tag_is_asked_of_the_registry_itself() -> None:  # RES-28, SEC-25
    world = World(hosts={FIRST: open_registry(), SECOND: open_registry(), HUB: open_registry()})
    result = resolve(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror is None
    assert [one.url for one in world.seen] == [f"https://{HUB}/v2/library/nginx/manifests/1.27"]


@pytest.mark.parametrize("answer", [None, failure(429, "TOOMANYREQUESTS", retry_after="3600"), failure(505)])
def test_a_mirror_stands_in_for_a_registry_that_cannot_be_asked(  # RES-28, SEC-25
    answer: httpx.Response | None,
) -> None:
    world = World(hosts={FIRST: open_registry(), **({HUB: says(answer)} if answer else {})})
    with world.resolver(jobs=1, registries=mirrored()) as resolver:
        results = resolver.look_up(references("nginx:1.27", "nginx:1.28"))
        (warning,) = resolver.warnings
    assert [one.mirror for one in results if isinstance(one, Resolved)] == [f"https://{FIRST}"] * 2
    assert [one.reference.written for one in results] == ["nginx:1.27", "nginx:1.28"]
    assert warning.startswith(f"docker.io could not be asked ({HUB} ")
    assert warning.endswith(f"; mirror https://{FIRST} answered, it may be stale")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(failure(404, "MANIFEST_UNKNOWN"), NotFoundError, id="404"),
        pytest.param(failure(403, "DENIED"), DeniedError, id="403"),
        pytest.param(None, AmbiguousAccessError, id="401"),
        pytest.param(failure(406), UnsupportedError, id="406"),
    ],
)
def test_what_a_registry_says_for_certain_no_mirror_overrules(  # RES-28, SEC-25
    answer: httpx.Response | None, kind: type[ResolutionError]
) -> None:
    world = World(hosts={FIRST: open_registry(), SECOND: open_registry(), HUB: says(answer)})
    error = error_of(resolve(world, registries=mirrored()))
    assert type(error) is kind
    assert error.message.startswith("docker.io/library/nginx:1.27: ")
    assert {one.host for one in world.seen} == {HUB}


def test_a_digest_is_asked_of_the_first_mirror_that_has_it() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: open_registry(), HUB: open_registry()})
    result = resolve(world, BY_DIGEST, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror == f"https://{SECOND}/proxy/hub"
    assert world.seen[-1].url == f"https://{SECOND}/v2/proxy/hub/library/nginx/manifests/{Digest.of(INDEX)}"
    assert world.count("HEAD", HUB) == 0


def test_a_mirrors_not_found_is_not_the_last_word() -> None:  # RES-28
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: lambda _r: failure(404), HUB: open_registry()})
    result = resolve(world, BY_DIGEST, registries=mirrored())
    assert isinstance(result, Resolved)
    assert result.mirror is None


def test_the_error_names_the_registry_and_its_mirrors() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), HUB: lambda _request: failure(404)})
    error = error_of(resolve(world, BY_DIGEST, registries=mirrored()))
    assert isinstance(error, NotFoundError)
    assert error.message.startswith(f"docker.io/library/nginx@{Digest.of(INDEX)}: {HUB} has no such tag")
    assert f"mirror https://{FIRST}: {FIRST} has no such tag" in error.message
    assert f"mirror https://{SECOND}/proxy/hub: {SECOND} cannot be connected to" in error.message


@pytest.mark.parametrize(
    "registries",
    [
        mirrored('mirror-tags = "first"'),
        mirrored(before='mirror-tags = "first"'),
        mirrored('mirror-tags = "first"', before='mirror-tags = "fallback"'),
    ],
    ids=["its own", "everybody's", "its own before everybody's"],
)
def test_a_user_may_let_mirrors_say_what_a_tag_means(registries: Registries) -> None:
    world = World(hosts={FIRST: open_registry(), HUB: open_registry()})
    with world.resolver(jobs=1, registries=registries) as resolver:
        (result,) = resolver.look_up(references("nginx:1.27"))
        assert resolver.warnings == ()
    assert isinstance(result, Resolved)
    assert result.mirror == f"https://{FIRST}"
    assert {one.host for one in world.seen} == {FIRST}


@pytest.mark.parametrize("text", ["nginx:1.27", BY_DIGEST])
def test_a_blocked_registry_is_never_asked(text: str) -> None:  # RES-28
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: says(UNKNOWN), HUB: open_registry()})
    error = error_of(resolve(world, text, registries=mirrored("blocked = true")))
    assert isinstance(error, NotFoundError)  # nobody else could know it
    assert f"mirror https://{FIRST}" in error.message
    assert {one.host for one in world.seen} == {FIRST, SECOND}


def test_behind_a_blocked_registry_a_mirror_that_is_down_may_have_it() -> None:  # RES-28
    world = World(hosts={FIRST: lambda _request: failure(404)})
    error = error_of(resolve(world, registries=mirrored("blocked = true")))
    assert isinstance(error, UnreachableError)
    assert f"{FIRST} has no such tag" in error.message


def test_a_blocked_registry_without_a_mirror_is_an_error_of_its_own() -> None:
    registries = parse_registries('[registries."ghcr.io"]\nblocked = true', "registries.toml")
    world = World(hosts={"ghcr.io": open_registry()})
    error = error_of(resolve(world, "ghcr.io/a/b:1", registries=registries))
    assert isinstance(error, BlockedError)
    assert error.message == "ghcr.io/a/b:1: ghcr.io may not be asked, and no mirror answers for its tags"
    assert "registries.toml" in (error.hint or "")
    assert world.seen == []


def test_a_mirror_is_told_the_registry_only_where_the_user_says_so() -> None:
    text = f'mirrors = ["https://{FIRST}", {{ url = "https://{SECOND}", ns = true }}]'
    registries = parse_registries(f'mirror-tags = "first"\n[registries."docker.io"]\n{text}', "registries.toml")
    world = World(hosts={FIRST: lambda _request: failure(404), SECOND: open_registry()})
    assert isinstance(resolve(world, registries=registries), Resolved)
    assert {(one.host, *one.query.items()) for one in world.seen} == {(FIRST,), (SECOND, ("ns", "docker.io"))}


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
        pytest.param(UNKNOWN, BROKEN, UnreachableError, f"{HUB} cannot be connected to", "network", id="404"),
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


def test_a_rate_limit_of_the_registry_decides_whatever_its_mirrors_say() -> None:  # RES-28
    hosts = {FIRST: says(REFUSED), SECOND: says(UNKNOWN), HUB: says(LIMITED)}
    error = error_of(resolve(World(hosts=hosts), registries=mirrored()))
    assert isinstance(error, RateLimitedError)
    assert error.seconds == 3600
    assert error.message.startswith(f"docker.io/library/nginx:1.27: {HUB} limits the rate")
    assert f"mirror https://{FIRST}: {FIRST} answered 403" in error.message


def test_a_mirror_that_serves_other_bytes_is_told_loudly() -> None:
    world = World(
        hosts={FIRST: lambda _request: image(b"{}", "application/json"), HUB: open_registry()},
    )
    error = error_of(resolve(world, BY_DIGEST, registries=mirrored()))
    assert isinstance(error, IntegrityError)
    assert f"mirror https://{FIRST}" in error.message
    assert world.count("HEAD", HUB) == 0


def test_a_mirror_gets_its_own_credentials_and_never_those_of_the_registry() -> None:  # NET-04
    alice = Credential(username="alice", secret="hub", source="keyring")
    bob = Credential(username="bob", secret="mirror", source="keyring")
    ring = Keyring(logins={"docker.io": alice, FIRST: bob})
    world = World(hosts={FIRST: token_registry(FIRST), HUB: open_registry()})
    assert isinstance(resolve(world, BY_DIGEST, registries=mirrored(), credentials=ring), Resolved)
    assert ring.asked == [FIRST]
    assert world.seen[1].query["account"] == "bob"


def describe(world: World, text: str = "nginx:1.27", **settings: object) -> Resolution:
    with world.resolver(jobs=1, **settings) as resolver:
        return resolver.describe(references(text))[0]


def test_docker_hub_says_what_a_tag_means_and_a_mirror_hands_it_over() -> None:  # RES-28
    world = World(hosts={FIRST: open_registry(), HUB: open_registry()})
    result = describe(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert (result.how, result.mirror, result.descriptor.size) == ("get", None, len(INDEX))
    assert [(one.method, one.host) for one in world.seen] == [("HEAD", HUB), ("GET", FIRST)]
    assert world.seen[1].path.endswith(str(Digest.of(INDEX)))


def test_a_platform_of_docker_hub_is_read_from_a_mirror() -> None:
    world = World(hosts={FIRST: open_registry(), HUB: open_registry()})
    result = describe(world, registries=mirrored(), platform=Platform("linux", "amd64"))
    assert isinstance(result, Resolved)
    assert (result.descriptor.digest, result.mirror) == (CHILD, None)
    assert [(one.method, one.host) for one in world.seen] == [("HEAD", HUB), ("GET", FIRST)]


def test_what_no_mirror_has_is_read_from_docker_hub() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), HUB: open_registry()})
    result = describe(world, registries=mirrored())
    assert isinstance(result, Resolved)
    assert (world.count("HEAD", HUB), world.count("GET", HUB)) == (1, 1)


def test_a_mirror_cannot_hand_over_another_document() -> None:  # SEC-10
    world = World(hosts={FIRST: lambda _request: image(b'{"schemaVersion": 2}', "x/y"), HUB: open_registry()})
    error = error_of(describe(world, registries=mirrored()))
    assert isinstance(error, IntegrityError)
    assert f"mirror https://{FIRST}" in error.message


def test_a_full_quota_leaves_the_word_of_docker_hub() -> None:
    def hub(request: httpx.Request) -> httpx.Response:
        return open_registry()(request) if request.method == "HEAD" else says(LIMITED)(request)

    result = describe(World(hosts={HUB: hub}), registries=mirrored())
    assert isinstance(result, Resolved)
    assert (result.how, result.platforms, result.mirror) == ("head", None, None)


def test_a_digest_on_docker_hub_is_asked_of_each_mirror_once() -> None:
    world = World(hosts={FIRST: lambda _request: failure(404), HUB: open_registry()})
    assert isinstance(describe(world, BY_DIGEST, registries=mirrored()), Resolved)
    assert world.count("GET", FIRST) == 1


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ghcr.io/a/b:1", "https://ghcr.io/v2/a/b/manifests/1"),
        ("10.0.0.5:5000/a:1", "https://10.0.0.5:5000/v2/a/manifests/1"),
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


@pytest.mark.parametrize(
    ("host", "addresses", "scheme"),
    [
        ("foo.localhost:5000", ["127.0.0.1", "::1"], "http"),
        ("foo.localhost:5000", ["127.0.0.1", "172.18.0.3"], "https"),
        ("foo.localhost:5000", [], "https"),
        ("foo.localhost", ["127.0.0.1"], "https"),
        ("foo.localhost:443", ["127.0.0.1"], "https"),
        ("evil.example:5000", ["127.0.0.1"], "https"),
    ],
)
def test_a_local_name_is_loopback_where_all_its_addresses_are(  # NET-06
    host: str, addresses: list[str], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_resolve", lambda _host, _port: addresses)
    world = World()
    resolve(world, f"{host}/a:1")
    assert world.seen[0].url.partition(":")[0] == scheme


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


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_login_that_one_place_of_a_host_refuses_is_shown_to_none(jobs: int) -> None:  # RATE-06
    upstreams = [f"{name}.example" for name in ("a", "b", "c", "d")]
    tables = (f'[registries."{one}"]\nblocked = true\nmirrors = ["https://{FIRST}/{one[0]}"]\n' for one in upstreams)
    world = World(hosts={FIRST: lambda _: failure(401, www_authenticate='Basic realm="x"')})
    ring = Keyring(logins={FIRST: Credential(username="alice", secret="wrong", source="keyring")})
    registries = parse_registries("".join(tables), "registries.toml")
    with world.resolver(jobs=jobs, credentials=ring, registries=registries) as resolver:
        results = resolver.look_up(references(*(f"{one}/app:1" for one in upstreams)))
    assert all(isinstance(one, Unresolved) for one in results)
    assert sum(one.authorization is not None for one in world.seen) == 1
