"""Many workers on one host whose tokens and passwords run out: exact counts, and nothing refused is shown twice."""

from __future__ import annotations

import base64
import random
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import httpx
import pytest

from pinner.credentials.base import Credential, Login
from pinner.errors import UnauthorizedError
from pinner.resolution import Resolved, Unresolved
from tests.registry.fakes import World, failure, image, references

HOST = "registry.example"
THREADS = 32
REFERENCES = 300
REPOSITORIES = 20
# The first four repositories have a login of their own that is wrong.
WRONG = 4
SEEDS = range(8)


@dataclass
class Registry:
    """Gives tokens that spell their repository; the first one of some repositories runs out after a while.

    Never before a worker that it let in has come back, whatever for: a client cannot know sooner that it was good.
    """

    random: random.Random
    lock: threading.Lock = field(default_factory=threading.Lock)
    expiring: dict[str, int] = field(default_factory=dict)
    let_in: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    known_good: set[str] = field(default_factory=set)
    tokens: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    expired: set[str] = field(default_factory=set)
    challenged: int = 0

    def __post_init__(self) -> None:
        for number in self.random.sample(range(WRONG, REPOSITORIES), 10):
            self.expiring[f"team/app{number}"] = self.random.choice((400, 401))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            # The transport is called in the worker's own thread.
            self.known_good |= self.let_in[threading.get_ident()]
            if request.url.path == "/token":
                return self._token(request)
            return self._manifest(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        header = request.headers["authorization"].removeprefix("Basic ")
        secret = base64.b64decode(header).decode().partition(":")[2]
        self.shown[secret] += 1
        if secret != "fresh":
            return failure(401)
        repository = request.url.params["scope"].split(":")[1]
        number = self.tokens[repository]
        self.tokens[repository] += 1
        return httpx.Response(200, json={"token": f"{repository}#{number}", "expires_in": 3600})

    def _manifest(self, request: httpx.Request) -> httpx.Response:
        repository = request.url.path.removeprefix("/v2/").partition("/manifests/")[0]
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            self.challenged += 1
            return failure(401, www_authenticate='Bearer realm="/token",service="s"')
        assert token.partition("#")[0] == repository  # AUTH-16
        if repository in self.expiring and token.endswith("#0") and token in self.known_good:
            self.expired.add(repository)
            return failure(self.expiring[repository])
        self.let_in[threading.get_ident()].add(token)
        return image()


@dataclass
class Logins:
    """A helper whose first answer is stale, and wrong logins for the first repositories."""

    names: tuple[str, ...] = ("helper",)
    warnings: tuple[str, ...] = ()
    renewals: Counter[str] = field(default_factory=Counter)
    secret: str = "stale"

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        number = int((repository or "").removeprefix("team/app"))
        secret = f"wrong{number}" if number < WRONG else self.secret
        return Credential(username="alice", secret=secret, source="helper")

    def renewed(self, registry: str, repository: str | None, refused: Login) -> Login | None:
        self.renewals[refused.secret] += 1
        if refused.secret != "stale":
            return None
        self.secret = "fresh"
        return self.get(registry, repository)


@pytest.mark.parametrize("seed", SEEDS)
def test_many_workers_fetch_what_one_would_and_repeat_no_refused_secret(seed: int) -> None:
    """AUTH-16, AUTH-18, AUTH-19, AUTH-15, RATE-06."""
    registry, logins = Registry(random.Random(seed)), Logins()
    world = World(hosts={HOST: registry})
    texts = [f"{HOST}/team/app{number % REPOSITORIES}:{number}" for number in range(REFERENCES)]
    random.Random(seed).shuffle(texts)
    with world.resolver(jobs=THREADS, credentials=logins) as resolver:
        results = resolver.look_up(references(*texts))
    for text, result in zip(texts, results, strict=True):
        number = int(text.partition("app")[2].partition(":")[0])
        if number < WRONG:
            assert isinstance(result, Unresolved), text
            assert isinstance(result.error, UnauthorizedError)
        else:
            assert isinstance(result, Resolved), result
    assert registry.challenged == 1
    wrong = {f"wrong{number}": 1 for number in range(WRONG)}
    good = REPOSITORIES - WRONG
    assert registry.tokens == {
        f"team/app{number}": 1 + (f"team/app{number}" in registry.expired) for number in range(WRONG, REPOSITORIES)
    }
    assert registry.shown == {**wrong, "stale": 1, "fresh": good + len(registry.expired)}
    assert logins.renewals == {**wrong, "stale": 1}
    assert registry.expired  # most of `expiring`, as the workers happen to come back
