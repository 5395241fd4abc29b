"""What a hostile or broken host answers is its own failure: other hosts' results are still there (RES-29)."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from pinner.credentials.base import Credential, IdentityToken, Login
from pinner.errors import BlockedError, InvalidReferenceError, UnauthorizedError, UnreachableError, UnsupportedError
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.registry.access import FORBIDDEN_TO_STOP
from pinner.registry.connections import Addresses
from pinner.registry.origin import split_port
from pinner.registry.reach import Reach
from pinner.registry.tokens import FAILURES_TO_END
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import (
    MANIFEST,
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
GOOD = "good.example"
ALICE = Credential(username="alice", secret="s3cret", source="keyring")
BOB = Credential(username="bob", secret="s3cret", source="keyring")


def error_of(resolution: Resolution) -> Exception:
    assert isinstance(resolution, Unresolved)
    return resolution.error


def beside_a_good_host(respond: Respond) -> Exception:
    """Return the error of a host, after the other host of the run was resolved."""
    world = World(hosts={HOST: respond, GOOD: open_registry()})
    with world.resolver() as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/a:1", f"{GOOD}/a:1"))
    assert isinstance(good, Resolved)
    return error_of(bad)


ADDRESSES = [
    pytest.param("http://[", id="half a bracket"),
    pytest.param("http://[::1", id="half an address"),
    pytest.param("http://a\u2100.example/", id="a letter that NFKC takes apart"),
    pytest.param("http://127.0.0.1:00000199999/", id="zeros before a port"),
    pytest.param("http://127.0.0.1:080/", id="a zero before a port"),
    pytest.param("http://127.0.0.1:65536/", id="a port too large"),
    pytest.param("http://127.0.0.1:٨٠/", id="digits of another script"),
    pytest.param("http://x:" + "9" * 1500, id="a port without end"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_redirect_that_is_no_address_is_refused(address: str) -> None:  # SEC-21, RES-23
    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers=[(b"location", address.encode())])

    assert isinstance(beside_a_good_host(respond), BlockedError)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_realm_that_is_no_address_is_refused(address: str) -> None:  # SEC-21, SEC-01
    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, headers=[(b"www-authenticate", f'Bearer realm="{address}",service="s"'.encode())])

    assert isinstance(beside_a_good_host(respond), BlockedError | UnreachableError)


@pytest.mark.parametrize("port", ["0", "080", "65536", "00000199999", "9" * 5000, "", "٨٠"])
def test_a_port_is_a_number_without_zeros_before_it(port: str) -> None:  # REF-10
    with pytest.raises(ValueError, match="is not a port"):
        split_port(f"a.example:{port}")


def test_a_reference_with_zeros_before_its_port_is_none() -> None:  # REF-10
    with pytest.raises(InvalidReferenceError, match="is not a port"):
        Reference.parse("127.0.0.1:00000199999/a/b:1")


def test_a_name_that_cannot_be_asked_for_is_asked_for_once(world_of_names: World) -> None:  # RATE-15
    with world_of_names.resolver() as resolver:
        error = error_of(resolver.look_up(references(f"{HOST}/a:1"))[0])
        assert resolver.stats.counts.get("retry", 0) == 0
    assert "cannot be resolved" in str(error)


@pytest.fixture
def world_of_names() -> World:
    def respond(request: httpx.Request) -> httpx.Response:
        reason = UnicodeError("label too long")
        raise httpx.ConnectError("the name cannot be resolved", request=request) from reason

    return World(hosts={HOST: respond})


def test_a_host_that_moves_between_two_looks_keeps_its_weakest_claim() -> None:  # SEC-02
    addresses = Addresses()
    addresses.note("[moving.example]", Reach.PUBLIC)
    addresses.note("moving.example", Reach.LOOPBACK)
    assert addresses.reach_from("moving.example") is Reach.PUBLIC


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"os": "lin\x1b[31mux\n::error::"}, id="os"),
        pytest.param({"architecture": "\u202egpj"}, id="architecture"),
        pytest.param({"os": "\ud800"}, id="half a letter"),
        pytest.param({"os": ["linux"]}, id="no text"),
    ],
)
def test_a_configuration_names_a_platform_in_plain_letters_or_none(changes: dict[str, object]) -> None:  # SEC-15
    config = json.dumps({"os": "linux", "architecture": "amd64", **changes}).encode()
    manifest = MANIFEST.replace(json.loads(MANIFEST)["config"]["digest"].encode(), str(Digest.of(config)).encode())

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=config) if "/blobs/" in request.url.path else image(manifest)

    with World(hosts={HOST: respond}).resolver(platform=Platform("linux", "amd64")) as resolver:
        error = error_of(resolver.look_up(references(f"{HOST}/a:1"))[0])
    assert isinstance(error, UnsupportedError)
    assert str(error).isprintable()


def test_a_variant_in_odd_letters_counts_as_none() -> None:  # SEC-15
    config = json.dumps({"os": "linux", "architecture": "amd64", "variant": "v1\n"}).encode()
    manifest = MANIFEST.replace(json.loads(MANIFEST)["config"]["digest"].encode(), str(Digest.of(config)).encode())

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=config) if "/blobs/" in request.url.path else image(manifest)

    with World(hosts={HOST: respond}).resolver(platform=Platform("linux", "amd64")) as resolver:
        assert isinstance(resolver.look_up(references(f"{HOST}/a:1"))[0], Resolved)


def private(forbidden: Callable[[str], bool], serve: Respond | None = None) -> Respond:
    """A token registry that says 403 to credentials for some repositories."""
    registry = token_registry(HOST, inside=serve)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and forbidden(request.url.params["scope"].split(":")[1]):
            return failure(403, "DENIED")
        return registry(request)

    return respond


def test_a_few_forbidden_repositories_hide_no_others() -> None:  # RATE-06
    world = World(hosts={HOST: private(lambda repository: repository.startswith("secret"))})
    texts = [f"{HOST}/secret/{number % 3}:{number}" for number in range(30)]
    texts += [f"{HOST}/open/{number}:1" for number in range(50)]
    with world.resolver(credentials=Keyring(logins={HOST: ALICE})) as resolver:
        results = resolver.look_up(references(*texts))
    assert sum(isinstance(one, Resolved) for one in results) == 50
    assert [one.query["scope"] for one in world.seen if "secret/1" in one.query.get("scope", "")] == [
        "repository:secret/1:pull"
    ]


def test_forbidden_repositories_count_anew_after_a_success() -> None:  # RATE-06
    world = World(hosts={HOST: private(lambda repository: "open" not in repository)})
    texts = [
        f"{HOST}/{'open' if number % FORBIDDEN_TO_STOP == 0 else 'secret'}/{number}:1"
        for number in range(3 * FORBIDDEN_TO_STOP)
    ]
    with world.resolver(jobs=1, credentials=Keyring(logins={HOST: ALICE})) as resolver:
        results = resolver.look_up(references(*texts))
    assert sum(isinstance(one, Resolved) for one in results) == 3


class ByPath(Keyring):
    """Logins for paths, as podman has them."""

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        self.asked.append(registry)
        return self.logins.get((repository or "").partition("/")[0])


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_a_refused_login_of_one_path_does_not_hide_another(scheme: str) -> None:  # RATE-06, AUTH-30
    basic = {"basic": "Basic " + "Ym9iOnMzY3JldA==", "bearer": "Bearer good"}[scheme]

    def respond(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization", "")
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": "good"}) if "Ym9i" in shown else failure(401)
        if shown == basic:
            return image()
        wanted = 'Basic realm="x"' if scheme == "basic" else f'Bearer realm="https://{HOST}/token",service="s"'
        return failure(401, www_authenticate=wanted)

    world = World(hosts={HOST: respond})
    with world.resolver(jobs=1, credentials=ByPath(logins={"a": ALICE, "b": BOB})) as resolver:
        results = resolver.look_up(references(f"{HOST}/a/x:1", f"{HOST}/a/y:1", f"{HOST}/b/x:1", f"{HOST}/b/y:1"))
    assert [type(one) for one in results] == [Unresolved, Unresolved, Resolved, Resolved]
    assert all(isinstance(error_of(one), UnauthorizedError) for one in results[:2])
    assert sum("YWxpY2U" in (one.authorization or "") for one in world.seen) == 1


@pytest.mark.parametrize(
    "useless",
    [
        pytest.param(lambda: httpx.Response(200, json={"nothing": 1}), id="200 without a token"),
        pytest.param(lambda: failure(404), id="404"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 8])
def test_a_token_server_that_is_none_is_asked_a_few_times(  # AUTH-18, AUTH-32
    useless: Callable[[], httpx.Response], jobs: int
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return useless()
        return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token",service="s"')

    world = World(hosts={HOST: respond})
    with world.resolver(jobs=jobs) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app{number % 10}:{number}" for number in range(200))))
    assert all(isinstance(error_of(one), UnreachableError) for one in results)
    most = FAILURES_TO_END + jobs - 1  # what was under way when the third one failed
    assert sum(one.path == "/token" for one in world.seen) <= most


@pytest.mark.parametrize(
    "login",
    [
        Credential(username="u", secret="p\ud800w", source="keyring"),
        Credential(username="u\udfff", secret="pw", source="keyring"),
        IdentityToken(secret="p\ud800w", source="keyring"),
    ],
)
def test_half_a_letter_in_a_login_is_a_login_that_is_refused(login: Login) -> None:  # AUTH-14, AUTH-23
    world = World(hosts={HOST: token_registry(), GOOD: open_registry()})
    with world.resolver(credentials=Keyring(logins={HOST: login})) as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/a:1", f"{GOOD}/a:1"))
    error = error_of(bad)
    assert isinstance(good, Resolved)
    assert isinstance(error, UnauthorizedError)
    assert "keyring" in str(error)
    assert "\\ud800" not in repr(error.__cause__)
