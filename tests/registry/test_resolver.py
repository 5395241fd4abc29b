"""The fan-out: order, memory, progress, cancelling, and what is a bug stays one."""

from __future__ import annotations

import threading

import httpx
import pytest

from pinner.errors import ConfigError, HelperError, InternalError, UnreachableError
from pinner.oci.reference import Reference
from pinner.registry import resolver as resolver_module
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved, Resolver, Unresolved
from tests.registry.fakes import Keyring, World, failure, image, open_registry, references, token_registry

HOST = "registry.example"


def test_it_is_a_resolver() -> None:
    resolver: Resolver = RegistryResolver()
    assert resolver.look_up(()) == ()


def test_results_stand_in_the_order_of_the_questions() -> None:
    world = World(hosts={HOST: open_registry(), "b.example": lambda _request: failure(404)})
    texts = [f"{HOST if number % 3 else 'b.example'}/app:{number}" for number in range(20)]
    with world.resolver() as resolver:
        results = resolver.look_up(references(*texts))
    assert [one.reference.written for one in results] == texts
    assert [isinstance(one, Unresolved) for one in results] == [number % 3 == 0 for number in range(20)]


def test_every_error_names_its_reference() -> None:  # RES-29
    world = World()
    with world.resolver() as resolver:
        results = resolver.look_up(references("down.example/a:1", "down.example/b", "docker.io/library/x:2"))
    messages = [one.error.message for one in results if isinstance(one, Unresolved)]
    assert messages[0].startswith("down.example/a:1: down.example ")
    assert messages[1].startswith("down.example/b:latest: down.example ")
    assert messages[2].startswith("docker.io/library/x:2: registry-1.docker.io ")


def test_progress_counts_distinct_questions() -> None:
    steps: list[tuple[int, int]] = []
    world = World(hosts={HOST: open_registry()})
    with world.resolver(on_progress=lambda done, total: steps.append((done, total)), jobs=4) as resolver:
        resolver.look_up(references(f"{HOST}/a:1", f"{HOST}/a:1", f"{HOST}/a:2"))
        assert steps == [(1, 2), (2, 2)]
        steps.clear()
        resolver.look_up(references(f"{HOST}/a:2", f"{HOST}/a:2", f"{HOST}/a:3"))
        assert steps == [(1, 2), (2, 2)]


def test_looking_up_and_describing_are_two_questions() -> None:
    world = World(hosts={HOST: open_registry()})
    with world.resolver() as resolver:
        resolver.look_up(references(f"{HOST}/a:1"))
        resolver.describe(references(f"{HOST}/a:1"))
    assert [one.method for one in world.seen] == ["HEAD", "GET"]


def test_hosts_take_turns() -> None:  # RATE-08
    world = World(hosts={"a.example": open_registry(), "b.example": open_registry()})
    with world.resolver(jobs=1) as resolver:
        resolver.look_up(references(*(f"a.example/x:{n}" for n in range(3)), *(f"b.example/x:{n}" for n in range(3))))
    assert [one.host[0] for one in world.seen] == ["a", "b", "a", "b", "a", "b"]


def _broken(_request: httpx.Request) -> httpx.Response:
    raise ZeroDivisionError("by\x1b[31m zero")


def test_a_bug_is_the_failure_of_one_reference() -> None:  # RES-29
    with World(hosts={HOST: _broken, "b.example": open_registry()}).resolver() as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/a:1", "b.example/a:1"))
    assert isinstance(bad, Unresolved)
    assert isinstance(bad.error, InternalError)
    assert bad.error.exit_code == 70
    assert bad.error.message == f"{HOST}/a:1: a bug in pinner: ZeroDivisionError: by[31m zero"
    assert isinstance(bad.error.__cause__, ZeroDivisionError)
    assert isinstance(good, Resolved)


def test_a_bug_is_raised_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINNER_DEBUG", "1")
    with World(hosts={HOST: _broken}).resolver() as resolver, pytest.raises(ZeroDivisionError):
        resolver.look_up(references(f"{HOST}/a:1"))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_ends_the_run(kind: type[BaseException]) -> None:
    def respond(_request: httpx.Request) -> httpx.Response:
        raise kind

    with World(hosts={HOST: respond}).resolver() as resolver, pytest.raises(kind):
        resolver.look_up(references(f"{HOST}/a:1"))


def test_a_broken_configuration_is_the_failure_of_those_who_need_it() -> None:  # RES-29, AUTH-22
    class Broken(Keyring):
        def get(self, registry: str, repository: str | None = None) -> None:
            raise ConfigError("config.json:1:1: not JSON", hint="mend it")

    world = World(hosts={HOST: token_registry(), "b.example": open_registry()})
    with world.resolver(credentials=Broken()) as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/a:1", "b.example/a:1"))
    assert isinstance(bad, Unresolved)
    assert (bad.error.message, bad.error.hint) == (f"{HOST}/a:1: config.json:1:1: not JSON", "mend it")
    assert (bad.error.exit_code, bad.error.code) == (2, "misconfigured")
    assert isinstance(good, Resolved)


def test_a_helper_that_fails_is_a_failed_look_up_of_its_references() -> None:
    class Broken(Keyring):
        def get(self, registry: str, repository: str | None = None) -> None:
            raise HelperError("the credential helper 'docker-credential-x' failed")

    world = World(hosts={HOST: token_registry(), "b.example": open_registry()})
    with world.resolver(credentials=Broken()) as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/a:1", "b.example/a:1"))
    assert isinstance(bad, Unresolved)
    assert isinstance(bad.error, HelperError)
    assert bad.error.message.startswith(f"{HOST}/a:1: ")
    assert isinstance(good, Resolved)


def test_ctrl_c_stops_all_workers() -> None:  # RATE-10
    started = threading.Event()
    world = World()

    def slow(_request: httpx.Request) -> httpx.Response:
        started.set()
        threading.Event.wait(world.stop, 60)
        return image()

    world.hosts[HOST] = slow
    resolver = world.resolver(jobs=2)

    def interrupt(_futures: object) -> None:
        assert started.wait(60)
        raise KeyboardInterrupt

    resolver._wait = interrupt  # type: ignore[method-assign, assignment]  # as Ctrl-C would
    with pytest.raises(KeyboardInterrupt):
        resolver.look_up(references(*(f"{HOST}/a:{number}" for number in range(50))))
    assert world.stop.is_set()
    assert len(world.seen) <= 4
    assert resolver._schedule.join(60)


def test_who_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-10: two seconds in all
    resolver = World().resolver()
    waits: list[float] = []
    monkeypatch.setattr(resolver._schedule, "join", waits.append)
    resolver.cancel()
    resolver.close()
    assert waits == [1.0, 0.0]


def test_a_worker_that_never_comes_back_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:  # NET-10
    monkeypatch.setattr(resolver_module, "_GRACE", 0.05)
    release = threading.Event()

    def stuck(_request: httpx.Request) -> httpx.Response:
        release.wait(60)
        return image()

    with World(hosts={HOST: stuck}).resolver(jobs=1, timeout=0.1) as resolver:
        results = resolver.look_up(references(f"{HOST}/a:1", f"{HOST}/a:2"))
        release.set()
    assert all(isinstance(one, Unresolved) for one in results)
    assert isinstance(results[0], Unresolved)
    assert isinstance(results[0].error, UnreachableError)
    assert "the time limit of 0.1 seconds was used up" in results[0].error.message


def test_followers_of_a_leader_that_never_comes_back_are_told() -> None:  # AUTH-19
    release = threading.Event()

    def stuck(_request: httpx.Request) -> httpx.Response:
        release.wait(60)
        return image()

    with World(hosts={HOST: stuck}).resolver(jobs=3, timeout=0.2) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/a:{number}" for number in range(3))))
        release.set()
    assert sum(isinstance(one, Unresolved) for one in results) >= 2


def test_a_leader_that_fails_hands_over_to_the_next() -> None:  # AUTH-19
    def respond(request: httpx.Request) -> httpx.Response:
        return failure(409) if "first" in request.url.path else image()

    with World(hosts={HOST: respond}).resolver(jobs=4) as resolver:
        results = resolver.look_up(references(f"{HOST}/first:1", f"{HOST}/a:1", f"{HOST}/b:1"))
    assert [type(one) for one in results] == [Unresolved, Resolved, Resolved]


def test_an_untagged_reference_means_latest_and_a_digest_itself() -> None:
    world = World(hosts={HOST: open_registry()})
    with world.resolver(jobs=1) as resolver:
        index = resolver.look_up([Reference.parse(f"{HOST}/a")])[0]
        assert isinstance(index, Resolved)
        resolver.look_up([Reference.parse(f"{HOST}/a@{index.descriptor.digest}")])
    assert [one.path.rpartition("/")[2] for one in world.seen] == ["latest", str(index.descriptor.digest)]
