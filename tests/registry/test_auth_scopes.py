"""Tokens for several repositories, where the user allows them: fewer requests, and given up at the first trouble."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import AmbiguousAccessError, DeniedError, UnauthorizedError
from pinner.registry.scopes import ScopeGroups
from pinner.registry.settings import Registries, parse_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, references

HOST = "registry.example"
ALICE = Credential(username="alice", secret="s3cret", source="keyring")
Denies = Callable[[frozenset[str]], httpx.Response | None]


def merging(scopes: int) -> Registries:
    return parse_registries(f'[registries."{HOST}"]\nscopes-per-token = {scopes}', "registries.toml")


def registry(at_tokens: Denies = lambda _names: None, at_registry: Denies = lambda _names: None) -> Respond:
    """A registry whose tokens spell what they are good for; what `at_…` returns for a token's repositories is said."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            scopes = (
                request.url.params.get_list("scope") or httpx.QueryParams(request.content.decode())["scope"].split()
            )
            names = [scope.split(":")[1] for scope in scopes]
            return at_tokens(frozenset(names)) or httpx.Response(
                200, json={"token": "+".join(names), "expires_in": 300}
            )
        name = request.url.path.removeprefix("/v2/").partition("/manifests/")[0]
        good_for = request.headers.get("authorization", "").removeprefix("Bearer ").split("+")
        if name in good_for:
            return at_registry(frozenset(good_for)) or image()
        return failure(401, www_authenticate=f'Bearer realm="/token",service="s",scope="repository:{name}:pull"')

    return respond


def resolve(
    world: World,
    registries: Registries,
    *,
    repositories: int = 3,
    tags: int = 10,
    ring: Keyring | None = None,
    jobs: int = 8,
) -> list[Resolution]:
    texts = [f"{HOST}/team/app{number}:{tag}" for tag in range(tags) for number in range(repositories)]
    with world.resolver(registries=registries, credentials=ring, jobs=jobs) as resolver:
        return list(resolver.look_up(references(*texts)))


def tokens(world: World) -> list[tuple[str, ...]]:
    return [tuple(httpx.URL(one.url).params.get_list("scope")) for one in world.seen if one.path == "/token"]


def test_without_the_setting_every_repository_has_its_own_token() -> None:  # REQ-01
    world = World(hosts={HOST: registry()})
    assert all(isinstance(one, Resolved) for one in resolve(world, Registries()))
    assert sorted(map(len, tokens(world))) == [1, 1, 1]
    assert len(world.seen) == 34


@pytest.mark.parametrize(("most", "sizes"), [(25, [3]), (3, [3]), (2, [1, 2]), (1, [1, 1, 1])])
def test_repositories_share_tokens_as_far_as_the_user_says(most: int, sizes: list[int]) -> None:  # REQ-01
    world = World(hosts={HOST: registry()})
    assert all(isinstance(one, Resolved) for one in resolve(world, merging(most)))
    assert sorted(map(len, tokens(world))) == sizes
    assert len(world.seen) == 1 + len(sizes) + 30


def test_scopes_are_repeated_not_joined() -> None:  # AUTH-13
    world = World(hosts={HOST: registry()})
    resolve(world, merging(25))
    assert tokens(world) == [tuple(f"repository:team/app{number}:pull" for number in range(3))]


def says(response: Callable[[], httpx.Response]) -> Denies:
    """Refuse whatever is merged."""
    return lambda names: response() if len(names) > 1 else None


INSUFFICIENT = 'Bearer realm="/token",service="s",error="insufficient_scope"'
REFUSALS = [
    pytest.param(lambda: failure(400), id="400"),
    pytest.param(lambda: failure(401), id="401"),
    pytest.param(lambda: failure(403), id="403"),
    pytest.param(lambda: failure(431), id="431, the header is too long"),
    pytest.param(lambda: failure(401, www_authenticate=INSUFFICIENT), id="401 insufficient_scope"),
    pytest.param(lambda: failure(403, www_authenticate=INSUFFICIENT), id="403 insufficient_scope"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("place", ["token server", "registry"])
@pytest.mark.parametrize("jobs", [1, 8])
def test_a_merged_token_that_is_refused_is_split_for_good(  # REQ-01
    refusal: Callable[[], httpx.Response], place: str, jobs: int
) -> None:
    denies = says(refusal)
    world = World(hosts={HOST: registry(denies) if place == "token server" else registry(at_registry=denies)})
    assert all(isinstance(one, Resolved) for one in resolve(world, merging(25), repositories=5, jobs=jobs))
    sizes = [len(one) for one in tokens(world)]
    assert sizes.count(5) == 1
    assert sizes.count(1) == 5
    assert len(sizes) == 6


def test_one_denied_repository_does_not_poison_the_others() -> None:  # REQ-01
    world = World(hosts={HOST: registry(lambda names: failure(403) if "team/app1" in names else None)})
    results = resolve(world, merging(25), repositories=4, tags=2)
    assert [isinstance(one, Resolved) for one in results] == [True, False, True, True] * 2
    assert all(isinstance(one.error, AmbiguousAccessError) for one in results if isinstance(one, Unresolved))


def test_a_server_that_honours_the_first_scope_only_costs_one_split() -> None:  # REQ-01
    inner = registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            first = request.url.params.get_list("scope")[0].split(":")[1]
            return httpx.Response(200, json={"token": first, "expires_in": 300})
        return inner(request)

    world = World(hosts={HOST: respond})
    assert all(isinstance(one, Resolved) for one in resolve(world, merging(25), jobs=1))
    assert [len(one) for one in tokens(world)] == [3, 1, 1, 1]


def test_a_denied_repository_is_told_as_denied_after_the_split() -> None:  # REQ-01
    inner = registry()

    def respond(request: httpx.Request) -> httpx.Response:
        return failure(403) if "/app1/" in request.url.path and "authorization" in request.headers else inner(request)

    results = resolve(World(hosts={HOST: respond}), merging(25), tags=1)
    assert [isinstance(one, Resolved) for one in results] == [True, False, True]
    assert isinstance(results[1], Unresolved)
    assert isinstance(results[1].error, DeniedError)


def test_a_401_to_credentials_is_about_them_and_not_about_the_scopes() -> None:  # REQ-01, RATE-06
    world = World(hosts={HOST: registry(lambda _names: failure(401))})
    results = resolve(world, merging(25), ring=Keyring(logins={HOST: ALICE}))
    assert {type(one.error) for one in results if isinstance(one, Unresolved)} == {UnauthorizedError}
    assert len(tokens(world)) == 1


@pytest.mark.parametrize("code", ["DENIED", "insufficient_scope"])
def test_a_401_to_credentials_that_speaks_of_scopes_is_about_those(code: str) -> None:  # REQ-01
    world = World(hosts={HOST: registry(says(lambda: failure(401, code)))})
    results = resolve(world, merging(25), ring=Keyring(logins={HOST: ALICE}))
    assert all(isinstance(one, Resolved) for one in results)
    assert sorted(len(one) for one in tokens(world)) == [1, 1, 1, 3]


def test_groups_are_made_of_what_is_new_and_never_change() -> None:  # REQ-01
    groups = ScopeGroups(2)
    groups.want("abc")
    groups.want("cde")
    assert [groups.group_of(one) for one in "abcdef"] == [
        ("a", "b"),
        ("a", "b"),
        ("c",),
        ("d", "e"),
        ("d", "e"),
        ("f",),
    ]
    groups.split()
    groups.want("abgh")
    assert {groups.group_of(one) for one in "abgh"} == {("a",), ("b",), ("g",), ("h",)}
