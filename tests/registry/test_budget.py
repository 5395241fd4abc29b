"""What a registry says is left of its pulls, and what pinner leaves to others (RATE-04)."""

from __future__ import annotations

import threading

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import RateLimitedError
from pinner.oci.platform import Platform
from pinner.registry.budget import RESERVE, Budget, Budgets, read_budget
from pinner.registry.stats import Stats
from pinner.resolution import Resolved, Unresolved
from tests.registry.fakes import Keyring, Respond, World, failure, image, references

HUB = "registry-1.docker.io"
AMD64 = Platform("linux", "amd64")


@pytest.mark.parametrize(
    ("remaining", "limit", "expected"),
    [
        pytest.param(None, None, None, id="nothing said: no limit"),
        pytest.param(None, "100;w=21600", None, id="a limit alone"),
        pytest.param("", "", None, id="empty"),
        pytest.param("many;w=21600", "100", None, id="a word"),
        pytest.param("-5;w=21600", "100", None, id="negative"),
        pytest.param("9" * 12, "100", None, id="absurd"),
        pytest.param("٧٦", "100", None, id="digits of another script"),
        pytest.param("76;w=21600", "100;w=21600", (76, 100, 21600), id="as Docker Hub says it"),
        pytest.param("76", "100", (76, 100, None), id="without a window"),
        pytest.param("76", "100;w=21600", (76, 100, 21600), id="the window of the limit"),
        pytest.param("76;W=21600", "100;W=21600", (76, 100, 21600), id="capitals"),
        pytest.param(" 76 ; w = 21600 ", None, (76, None, 21600), id="blanks, and no limit"),
        pytest.param("76;w=21600, 3;w=60", "100;w=21600, 10;w=60", (3, 10, 60), id="several: the tightest"),
        pytest.param("76, x, 3", "100, 10", (3, 100, None), id="several, one odd"),
        pytest.param("0;w=21600", "100;w=21600", (0, 100, 21600), id="none left"),
        pytest.param("7;w=1" + " " * 300, "100", None, id="SEC-16 too long to be meant"),
    ],
)
def test_what_is_left_is_read(
    remaining: str | None, limit: str | None, expected: tuple[int, int | None, int | None] | None
) -> None:  # RATE-04
    given = {"RateLimit-Remaining": remaining, "RATELIMIT-LIMIT": limit}
    sent = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    budget = read_budget(httpx.Headers(sent), HUB, "")
    found = None if budget is None else (budget.remaining, budget.limit, budget.seconds)
    assert found == expected
    assert budget is None or budget.host == "docker.io"


@pytest.mark.parametrize(
    ("budget", "text", "is_little"),
    [
        (
            Budget(host="docker.io", remaining=76, limit=100, seconds=21600),
            "docker.io: 76 of 100 pulls left, within 6 hours",
            False,
        ),
        (Budget(host="docker.io", remaining=20, limit=100), "docker.io: 20 of 100 pulls left", True),
        (Budget(host="docker.io", remaining=11), "docker.io: 11 pulls left", False),
        (
            Budget(host="docker.io", payer="config.json", remaining=10, seconds=90),
            "docker.io with the credentials from config.json: 10 pulls left, within 90 seconds",
            True,
        ),
    ],
)
def test_what_is_left_is_said(budget: Budget, text: str, *, is_little: bool) -> None:  # RATE-04
    assert str(budget) == text
    assert budget.is_little is is_little


def metered(left: int) -> Respond:
    """Docker Hub: every GET costs one of what is left, HEADs are free."""
    lock = threading.Lock()
    pulls = [left]

    def respond(request: httpx.Request) -> httpx.Response:
        with lock:
            if request.method == "GET":
                if pulls[0] == 0:
                    return failure(429, "TOOMANYREQUESTS", "You have reached your pull rate limit")
                pulls[0] -= 1
            return image(ratelimit_limit="100;w=21600", ratelimit_remaining=f"{pulls[0]};w=21600")

    return respond


@pytest.mark.parametrize("jobs", [1, 8])
def test_the_last_pulls_are_left_to_others(jobs: int) -> None:  # RATE-04
    world = World(hosts={HUB: metered(RESERVE + 5)})
    with world.resolver(jobs=jobs) as resolver:
        results = resolver.describe(references(*(f"app{number}:1" for number in range(20))))
        assert all(isinstance(one, Resolved) for one in results)
        assert [str(one) for one in resolver.stats.budgets.latest] == [
            "docker.io: 10 of 100 pulls left, within 6 hours"
        ]
    assert (world.count("HEAD"), world.count("GET")) == (20, 5)
    hows = [one.how for one in results if isinstance(one, Resolved)]
    assert (hows.count("get"), hows.count("head")) == (5, 15)


def test_a_pull_that_is_not_sent_says_why() -> None:  # RATE-04: with a platform there is no HEAD to fall back to
    world = World(hosts={HUB: metered(RESERVE + 1)})
    with world.resolver(jobs=1, platform=AMD64) as resolver:
        first, second = resolver.look_up(references("a:1", "b:1"))
    assert isinstance(first, Resolved)
    assert isinstance(second, Unresolved)
    assert isinstance(second.error, RateLimitedError)
    assert second.error.message == (
        "docker.io/library/b:1: docker.io: 10 of 100 pulls left, within 6 hours; pinner leaves the last 10 to others"
    )
    assert world.count("GET") == 1


def test_heads_and_other_hosts_are_never_refused_for_it() -> None:  # RATE-04
    def none_left(_request: httpx.Request) -> httpx.Response:
        return image(ratelimit_remaining="0;w=21600")

    world = World(hosts={HUB: none_left, "other.example": none_left})
    with world.resolver(jobs=1) as resolver:
        assert all(isinstance(one, Resolved) for one in resolver.look_up(references("a:1", "b:1", "c:1")))
        others = resolver.describe(references("other.example/a:1", "other.example/b:1"))
    assert [one.how for one in others if isinstance(one, Resolved)] == ["get", "get"]


def test_each_login_has_a_budget_of_its_own() -> None:  # RATE-04
    budgets = Budgets()
    said = httpx.Headers({"ratelimit-remaining": "3"})
    budgets.note(said, HUB, "keyring")
    with budgets.spent(HUB, ""), budgets.spent("docker.io", "other"):
        pass
    with (
        pytest.raises(RateLimitedError, match="with the credentials from keyring"),
        budgets.spent("docker.io", "keyring"),
    ):
        pytest.fail("the reserve was spent")


def test_what_is_under_way_counts_as_spent() -> None:  # RATE-04: many workers go no further than one
    budgets = Budgets()
    budgets.note(httpx.Headers({"ratelimit-remaining": str(RESERVE + 2)}), HUB, "")
    third = budgets.spent(HUB, "")
    with budgets.spent(HUB, ""), budgets.spent(HUB, ""), pytest.raises(RateLimitedError), third:
        pytest.fail("the reserve was spent")
    with budgets.spent(HUB, ""):
        pass


def test_a_budget_belongs_to_the_login_that_was_shown() -> None:  # RATE-04
    def respond(request: httpx.Request) -> httpx.Response:
        if "authorization" not in request.headers:
            return failure(401, www_authenticate='Basic realm="x"')
        return metered(RESERVE + 5)(request)

    login = Credential(username="alice", secret="s3cret", source="keyring")
    world = World(hosts={HUB: respond})
    with world.resolver(jobs=1, credentials=Keyring(logins={"docker.io": login})) as resolver:
        resolver.look_up(references("a:1"))
        assert [one.payer for one in resolver.stats.budgets.latest] == ["keyring"]


def test_one_run_remembers_over_all_its_resolvers() -> None:  # RATE-04: `update` has one for each platform
    stats = Stats()
    world = World(hosts={HUB: metered(RESERVE)})
    with world.resolver(jobs=1, stats=stats) as resolver:
        resolver.look_up(references("a:1"))
    with world.resolver(jobs=1, stats=stats, platform=AMD64) as resolver:
        (result,) = resolver.look_up(references("a:1"))
    assert isinstance(result, Unresolved)
    assert world.count("GET") == 0
    assert stats.requests == 1
