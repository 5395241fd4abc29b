"""Exact request counts: no fewer are possible (REQ-02, REQ-03)."""

from __future__ import annotations

from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved
from tests.registry.fakes import World, open_registry, references, token_registry


def _thirty(host: str) -> list[str]:
    return [f"{host}/team/app{number % 3}:{number}" for number in range(30)]


def _kinds(resolver: RegistryResolver) -> dict[str, int]:
    return dict(resolver.stats.counts)


def test_no_references_ask_nothing() -> None:
    world = World()
    with world.resolver() as resolver:
        assert resolver.look_up([]) == ()
    assert world.seen == []


def test_an_open_host_costs_one_request_a_reference() -> None:  # REQ-02, REQ-04
    world = World(hosts={"registry.example": open_registry()})
    with world.resolver() as resolver:
        results = resolver.look_up(references(*_thirty("registry.example")))
        assert all(isinstance(one, Resolved) for one in results)
        assert _kinds(resolver) == {"head": 30}
        assert resolver.stats.requests == 30
    assert world.count("HEAD") == len(world.seen) == 30


def test_a_token_host_costs_one_401_and_a_token_a_repository() -> None:  # REQ-02, AUTH-18, AUTH-19: 1 + R + N
    world = World(hosts={"registry.example": token_registry()})
    with world.resolver() as resolver:
        results = resolver.look_up(references(*_thirty("registry.example")))
        assert all(isinstance(one, Resolved) for one in results)
        assert _kinds(resolver) == {"head": 31, "token": 3}
    assert len(world.seen) == 34
    assert not any(one.path == "/v2/" for one in world.seen)


def test_a_few_repositories_take_turns_so_that_nobody_waits_for_one_token() -> None:  # REQ-01, REQ-03
    world = World(hosts={"registry.example": token_registry()})
    texts = [f"registry.example/app{number // 3}:{number % 3}" for number in range(18)]
    with world.resolver(jobs=1) as resolver:
        results = resolver.look_up(references(*texts))
    asked = [one.path.split("/")[2] for one in world.seen if one.method == "HEAD"]
    # The first one is asked again, with its token.
    assert asked[1:] == [f"app{one}" for one in (0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 4, 5, 4, 5)]
    assert [one.reference.written for one in results] == texts


def test_describing_costs_one_get_a_reference_where_gets_are_free() -> None:
    world = World(hosts={"registry.example": open_registry()})
    with world.resolver() as resolver:
        results = resolver.describe(references(*_thirty("registry.example")))
        assert all(isinstance(one, Resolved) and one.how == "get" for one in results)
        assert _kinds(resolver) == {"get": 30}


def test_the_same_question_is_asked_once_a_run_however_often_it_comes() -> None:  # RATE-08, REQ-03
    world = World(hosts={"registry.example": open_registry()})
    with world.resolver() as resolver:
        first = resolver.look_up(references("registry.example/a:1", "registry.example/a:1"))
        again = resolver.look_up(references("registry.example/a:1", "REGISTRY.example:443/a:1"))
    assert len(world.seen) == 1
    assert [one.reference.written for one in again] == ["registry.example/a:1", "REGISTRY.example:443/a:1"]
    assert first[0] == first[1]


def test_docker_hub_is_described_by_head_and_then_get_by_digest() -> None:
    hub = "registry-1.docker.io"
    world = World(hosts={hub: open_registry()})
    with world.resolver() as resolver:
        (result,) = resolver.describe(references("nginx:1.27"))
    assert isinstance(result, Resolved)
    assert [(one.method, one.path) for one in world.seen] == [
        ("HEAD", "/v2/library/nginx/manifests/1.27"),
        ("GET", f"/v2/library/nginx/manifests/{result.descriptor.digest}"),
    ]


def test_a_thousand_references_cost_no_more_than_the_floor() -> None:  # REQ-03
    world = World(hosts={"registry.example": token_registry()})
    texts = [f"registry.example/app{number % 20}:{number // 20 % 45}" for number in range(1000)]
    with world.resolver() as resolver:
        resolver.look_up(references(*texts))
        assert _kinds(resolver) == {"head": 901, "token": 20}
