"""`--stats`: what a run asked of registries, on standard error, and what is left of their limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pinner.commands.network import Network
from pinner.demo.registry import DemoRegistry
from pinner.registry import schedule
from pinner.registry.resolver import RegistryResolver
from pinner.registry.stats import CACHE, RETRY, Stats
from pinner.report.traffic import render_low_budgets, render_traffic
from tests.registry.fakes import World, image
from tests.support.program import run
from tests.support.sources import compose_text
from tests.support.trees import write

NOTHING = "0 requests, 0 connections, 0 second tries, 0 answers from the cache\n"


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry() as running:
        running.push_image("acme/api", "1", marker="api")
        running.push_image("acme/tool", "1", marker="tool")
        yield running


def write_tree(root: Path, *images: str) -> Path:
    write(root, pinner_toml="version = 1\n", compose_yaml=compose_text(*images))
    return root


@pytest.mark.parametrize("verb", ["pin", "update"])
def test_a_run_that_looks_nothing_up_asks_nothing(verb: str, tmp_path: Path) -> None:  # REQ-04
    root = write_tree(tmp_path, "${IMAGE}")
    said = run(verb, "--stats", cwd=root)
    assert said.code == 0
    assert NOTHING in said.stderr
    assert said.stdout == b""
    assert "requests" not in run(verb, cwd=root).stderr


@pytest.mark.enable_socket
def test_every_request_is_counted_by_kind_and_host(
    registry: DemoRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # REQ-04
    # On a busy machine a second worker would take over from one that takes long, with a connection of its own.
    monkeypatch.setattr(schedule, "PATIENCE", 300.0)
    names = [f"{registry.address}/acme/{name}:1" for name in ("api", "tool")]
    root = write_tree(tmp_path, *names)
    registry.fail("acme/tool", "1", status=500, times=1)
    pinned = run("pin", "-q", "--jobs", "1", cwd=root, environ={"PINNER_STATS": "1"})
    assert pinned.code == 0
    asked = len(registry.requests)
    assert pinned.stderr == (
        f"{asked} requests (4 get, 2 token), 1 connection, 1 second try, 0 answers from the cache\n"
        f"  {asked} to {registry.address}\n"
    )
    before = len(registry.requests)
    assert NOTHING in run("pin", "--stats", cwd=root).stderr
    assert len(registry.requests) == before

    updated = run("update", "--stats", "--jobs", "1", cwd=root).stderr
    assert "5 requests (3 head, 2 token), 1 connection, 0 second tries" in updated

    resolved = run("resolve", "--stats", "--jobs", "1", names[0], cwd=root)
    assert "3 requests (2 head, 1 token), 1 connection, 0 second tries" in resolved.stderr
    assert resolved.out.count("sha256:") == resolved.out.count("\n") == 1


def hub(left: int) -> World:
    def respond(_request: httpx.Request) -> httpx.Response:
        return image(ratelimit_limit="100;w=21600", ratelimit_remaining=f"{left};w=21600")

    return World(hosts={"registry-1.docker.io": respond})


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """Answer for Docker Hub with the world that a test puts into the list."""
    worlds: list[World] = []
    real = RegistryResolver.__init__

    def begin(self: RegistryResolver, **settings: object) -> None:
        (world,) = worlds
        real(self, **settings, transport_factory=lambda: httpx.MockTransport(world.respond))  # type: ignore[arg-type]  # the flags vary

    monkeypatch.setattr(RegistryResolver, "__init__", begin)
    return worlds


@pytest.mark.parametrize(
    ("flags", "left", "said"),
    [
        pytest.param([], 76, "", id="plenty, not asked"),
        pytest.param([], 20, "docker.io: 20 of 100 pulls left, within 6 hours\n", id="little, not asked"),
        pytest.param(["--stats"], 76, "docker.io: 76 of 100 pulls left, within 6 hours\n", id="plenty, asked"),
        pytest.param(["--stats"], 20, "docker.io: 20 of 100 pulls left, within 6 hours\n", id="little, asked"),
    ],
)
def test_what_is_left_of_pulls_is_said(
    asks: list[World], flags: list[str], left: int, said: str, tmp_path: Path
) -> None:  # RATE-04
    asks.append(hub(left))
    ran = run("resolve", *flags, "nginx:1", cwd=tmp_path)
    assert ran.code == 0
    assert ran.stderr.endswith(said)
    assert ran.stderr.count("pulls left") == bool(said)


def test_who_wants_no_notes_gets_none(asks: list[World], tmp_path: Path) -> None:  # RATE-04
    asks.append(hub(12))
    assert run("pin", "-q", cwd=write_tree(tmp_path, "nginx:1")).stderr == ""


def test_counts_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:  # REQ-04
    stats = Stats()
    assert render_traffic(stats) == NOTHING
    for host, kind in (("b.example", "head"), ("a.example", "get"), ("b.example", "blob"), ("\x1b[2J", "tags")):
        stats.count_request(kind, host)
    for kind in (RETRY, RETRY, CACHE):
        stats.count(kind)
    stats.count_connection()
    assert render_traffic(stats).splitlines() == [
        "4 requests (1 blob, 1 get, 1 head, 1 tags), 1 connection, 2 second tries, 1 answer from the cache",
        "  2 to b.example",
        "  1 to \\x1b[2J",
        "  1 to a.example",
    ]
    assert stats.requests == 4
    assert render_low_budgets(stats) == ""


def test_all_resolvers_of_a_run_count_together() -> None:  # REQ-04
    network = Network(environ={})
    with network.open_resolver() as first, network.open_resolver() as second:
        assert isinstance(first, RegistryResolver)
        assert isinstance(second, RegistryResolver)
        assert first.stats is second.stats is network.stats
