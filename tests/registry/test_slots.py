"""How many requests are under way with one host at a time: what it can take, and never more than the user allows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import UnreachableError
from pinner.registry.endpoint import Endpoint
from pinner.registry.places import Place
from pinner.registry.resolver import RegistryResolver
from pinner.registry.retry import Network
from pinner.registry.settings import Registries, parse_registries
from pinner.registry.slots import CLEAN_TO_GROW, FIRST_LIMIT, TOKEN_LIMIT, Limit, Slots
from pinner.resolution import Resolved
from tests.registry.fakes import StillEvent, World, failure, image, open_registry, references, token_registry
from tests.registry.server import serving
from tests.registry.test_transport import GOOD

HOST = "registry.example"


def allowing(host: str, number: int) -> Registries:
    return parse_registries(f'[registries."{host}"]\nmax-connections = {number}\n', "registries.toml")


def go_on() -> None:
    """Wait on."""


def give_up() -> None:
    raise UnreachableError("over")


class Crowd:
    """Counts who is inside; until `expected` have met once, everybody stays, and then a moment for one too many."""

    def __init__(self, expected: int) -> None:
        self._changed = threading.Condition()
        self._expected = expected
        self._inside = 0
        self.most = 0

    def visit(self) -> None:
        with self._changed:
            self._inside += 1
            has_met = self.most >= self._expected
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            if not has_met:
                self._changed.wait_for(lambda: self.most >= self._expected, timeout=60)
                self._changed.wait_for(lambda: self.most > self._expected, timeout=0.15)

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1


def is_first(target: str) -> bool:
    """Return whether this is the question that is asked alone, as nothing is known of its host yet (AUTH-19)."""
    return "/manifests/0" in target


@pytest.mark.enable_socket
@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_requests_are_under_way_than_the_user_allows(limit: int) -> None:  # RATE-07
    crowd = Crowd(limit)

    def serve(connection: socket.socket, head: str, _number: int) -> None:
        if not is_first(head):
            crowd.visit()
            crowd.leave()
        connection.sendall(GOOD)

    with serving(serve) as server:
        with RegistryResolver(jobs=8, registries=allowing(server.host, limit)) as resolver:
            results = resolver.look_up(references(*(f"{server.host}/app:{number}" for number in range(12))))
        assert len(server.heads) == 12
    assert all(isinstance(one, Resolved) for one in results)
    assert crowd.most == limit


def test_a_host_begins_with_eight_and_one_more_for_a_clean_answer_however_many_workers_there_are() -> None:  # RATE-07
    crowd = Crowd(FIRST_LIMIT + 1)

    def respond(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/first"):
            crowd.visit()
            crowd.leave()
        return image()

    with World(hosts={HOST: respond}).resolver(jobs=32) as resolver:
        tags = ("first", *range(FIRST_LIMIT + 2))
        results = resolver.look_up(references(*(f"{HOST}/app:{tag}" for tag in tags)))
    assert all(isinstance(one, Resolved) for one in results)
    assert crowd.most == FIRST_LIMIT + 1


def test_a_token_server_is_asked_four_questions_at_a_time() -> None:  # AUTH-08, RATE-07
    crowd = Crowd(TOKEN_LIMIT)
    registry = token_registry(HOST)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and "first" not in request.url.params["scope"]:
            crowd.visit()
            crowd.leave()
        return registry(request)

    with World(hosts={HOST: respond}).resolver(jobs=12) as resolver:
        texts = [f"{HOST}/first:1", *(f"{HOST}/app{number}:1" for number in range(12))]
        results = resolver.look_up(references(*texts))
    assert all(isinstance(one, Resolved) for one in results)
    assert crowd.most == TOKEN_LIMIT


def test_a_host_that_complains_is_asked_less_at_once() -> None:  # RATE-07
    crowd = Crowd(FIRST_LIMIT // 2)
    complaints = iter([failure(429)])

    def respond(request: httpx.Request) -> httpx.Response:
        if is_first(request.url.path):
            return next(complaints, None) or image()
        crowd.visit()
        crowd.leave()
        return image()

    with World(hosts={HOST: respond}).resolver(jobs=FIRST_LIMIT) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app:{number}" for number in range(CLEAN_TO_GROW))))
    assert all(isinstance(one, Resolved) for one in results)
    assert crowd.most == FIRST_LIMIT // 2


answers = st.lists(st.booleans(), max_size=400)


@given(most=st.integers(1, 64), complaints=answers)
def test_a_limit_stays_between_one_and_what_the_user_allows(most: int, complaints: list[bool]) -> None:  # RATE-07
    limit = Limit.beginning(most)
    assert limit.now == min(FIRST_LIMIT, most)
    for is_complaint in complaints:
        before = limit
        limit = limit.after_complaint(limit.era) if is_complaint else limit.after_clean()
        assert 1 <= limit.now <= most
        assert limit.now in ({max(before.now // 2, 1)} if is_complaint else {before.now, before.now + 1})


@given(most=st.integers(1, 64), count=st.integers(0, 400))
def test_a_limit_grows_with_every_clean_answer_until_the_first_complaint(most: int, count: int) -> None:  # RATE-07
    limit = Limit.beginning(most)
    for _ in range(count):
        limit = limit.after_clean()
    assert limit.now == min(most, FIRST_LIMIT + count)


@given(most=st.integers(1, 64), count=st.integers(0, 400))
def test_after_a_complaint_a_limit_grows_by_one_for_twenty_clean_answers(most: int, count: int) -> None:  # RATE-07
    limit = Limit.beginning(most).after_complaint(0)
    start = limit.now
    for _ in range(count):
        limit = limit.after_clean()
    assert limit.now == min(most, start + count // CLEAN_TO_GROW)


@given(late=st.integers(1, 64))
def test_requests_that_were_under_way_halve_a_limit_once(late: int) -> None:  # RATE-07
    limit = Limit(most=64, now=32)
    era = limit.era
    for _ in range(late):
        limit = limit.after_complaint(era)
    assert limit.now == 16


@given(capacity=st.integers(1, 40), seed=st.integers())
def test_a_limit_settles_around_what_a_host_can_take(capacity: int, seed: int) -> None:  # RATE-07
    # A host that complains about whatever is above its capacity; answers come back in any order.
    limit, under_way, chance = Limit.beginning(64), list[int](), Random(seed)
    complaints, late, total = 0, 0, 6000
    for number in range(total):
        while len(under_way) < limit.now:
            under_way.append(limit.era)
        is_complaint = len(under_way) > capacity
        era = under_way.pop(chance.randrange(len(under_way)))
        limit = limit.after_complaint(era) if is_complaint else limit.after_clean()
        complaints += is_complaint
        if number > total // 2:
            assert capacity // 2 <= limit.now <= capacity + 1
            late += is_complaint
    assert late <= total // 2 // CLEAN_TO_GROW


def test_tokens_and_redirects_of_the_same_host_get_by_with_one_slot() -> None:  # RATE-07
    inside = open_registry()

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/moved"):
            return httpx.Response(307, headers={"location": request.url.path.replace("/moved", "/1")})
        return inside(request)

    world = World(hosts={HOST: token_registry(HOST, inside=respond)})
    with world.resolver(jobs=6, registries=allowing(HOST, 1)) as resolver:
        results = resolver.describe(references(*(f"{HOST}/app{number}:moved" for number in range(6))))
    assert all(isinstance(one, Resolved) for one in results)


def test_two_hosts_do_not_share_their_slots() -> None:
    slots = Slots(allowing(HOST, 1))
    with slots.held(HOST, check=go_on), slots.held("other.example", check=go_on):
        pass


def test_a_slot_is_free_again_after_a_failure_and_for_every_name_of_docker_hub() -> None:
    slots = Slots(allowing("docker.io", 1))
    for host in ("docker.io", "registry-1.docker.io", "index.docker.io", "docker.io:443"):
        with pytest.raises(ZeroDivisionError), slots.held(host, check=go_on):
            raise ZeroDivisionError
    second = slots.held("registry-1.docker.io", check=give_up)
    with slots.held("docker.io", check=go_on), pytest.raises(UnreachableError), second:
        pytest.fail("a second slot of the same host")


@pytest.mark.parametrize("is_stopped", [False, True])
def test_whoever_waits_for_a_slot_is_told_when_the_run_ends(*, is_stopped: bool) -> None:  # RATE-07, RATE-10, NET-10
    registries = allowing(HOST, 1)
    network = Network(
        seconds=300 if is_stopped else 0.3,
        registries=registries,
        transport_factory=lambda: httpx.MockTransport(lambda _request: image()),
    )
    with network._slots.held(HOST, check=go_on):
        if is_stopped:
            threading.Timer(0.05, network.abort).start()
        with pytest.raises(UnreachableError, match="interrupted" if is_stopped else "the time limit of 0.3 seconds"):
            network.send(Endpoint(Place(host=HOST), registries).ask("head", "next"))
    network.close()


def test_who_waited_for_a_slot_of_a_host_that_asks_us_to_wait_meanwhile_waits_on() -> None:  # RATE-02, RATE-07
    stop, waits = StillEvent(), threading.Event()
    asked_after: list[float] = []

    def respond(_request: httpx.Request) -> httpx.Response:
        asked_after.append(max(stop.pauses, default=0))
        return image()

    @contextmanager
    def aside() -> Iterator[None]:
        waits.set()
        yield

    registries = allowing(HOST, 1)
    network = Network(
        seconds=100,
        registries=registries,
        transport_factory=lambda: httpx.MockTransport(respond),
        stop=stop,
        aside=aside,
    )
    ask = Endpoint(Place(host=HOST), registries).ask("head", "next")
    with network._slots.held(HOST, check=go_on):
        asking = threading.Thread(target=network.send, args=(ask,))
        asking.start()
        assert waits.wait(60)
        network._gate(ask.lane).close(30)
    asking.join(60)
    assert [one > 29 for one in asked_after] == [True]
    network.close()
