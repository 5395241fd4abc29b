"""A registry that is down, silent or in trouble: exit 3, and nothing that was known is lost."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from pinner.demo.registry import DemoRegistry
from tests.lab.images import KINDS, annotated, push, push_tiny
from tests.lab.nginx_process import NginxProcess, running_limit
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import contents, without_digests, write_images
from tests.support.program import tree_hash

ATTEMPTS: Final = 5


@pytest.fixture
def half_pinned(own_registry: RegistryProcess, tmp_path: Path) -> Path:
    """Give a tree with one image that is pinned and one that is not; the registry is stopped."""
    push_tiny(own_registry.url, [("outages/old", "1"), ("outages/new", "1")])
    names = [f"{own_registry.address}/outages/old:1", f"{own_registry.address}/outages/new:1"]
    root = write_images(tmp_path / "tree", names[:1], path="a/compose.yaml")
    assert pinner("pin", cwd=root).code == 0
    write_images(root, names, path="b/compose.yaml")
    own_registry.stop()
    return root


@pytest.mark.parametrize("jobs", [1, 8])
def test_one_host_that_is_down_takes_no_other_with_it(
    jobs: int, registry: RegistryProcess, own_registry: RegistryProcess, silent_host: str, tmp_path: Path
) -> None:  # RATE-08, RATE-18, RES-29
    tags = [str(number) for number in range(10)]
    digests = push_tiny(registry.url, [("down/app", tag) for tag in tags])
    gone = own_registry.address
    own_registry.stop()
    with DemoRegistry(token_auth=False) as third:
        other = third.push_image("team/app", "1", marker="other")
        names = [f"{host}/down/app:{tag}" for tag in tags for host in (silent_host, gone, registry.address)]
        for seconds in ("8", "25"):  # a busy machine needs longer; the silent host would hold a run for 30 seconds
            root = write_images(tmp_path / seconds, [*names, f"{third.address}/team/app:1"])
            ran = pinner("pin", "--jobs", str(jobs), "--timeout", seconds, cwd=root)
            text = (root / "compose.yaml").read_text(encoding="utf-8")
            if text.count("@sha256:") > len(tags):
                break
    assert ran.code == 3
    assert all(f"{registry.address}/down/app:{tag}@{digests['down/app', tag]}\n" in text for tag in tags)
    assert f"{third.address}/team/app:1@{other}\n" in text
    assert text.count("@sha256:") == len(tags) + 1
    assert ran.stderr.count("error[unreachable]") == 2 * len(tags)


@pytest.fixture
def silent_host() -> Iterator[str]:
    """Listen on a port, take connections and never say a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_registry_that_is_down_changes_nothing_that_is_known(
    half_pinned: Path, own_registry: RegistryProcess
) -> None:
    # The image that the lock knows is pinned without the registry, the other one is reported.
    before = contents(half_pinned)
    lock = (half_pinned / "pinner.lock").read_bytes()
    ran = pinner("pin", cwd=half_pinned)
    assert ran.code == 3
    assert "b/compose.yaml:5:12: error[unreachable]" in ran.stderr
    assert own_registry.address in ran.stderr
    assert (half_pinned / "pinner.lock").read_bytes() == lock
    after = contents(half_pinned)
    assert after["a/compose.yaml"] == before["a/compose.yaml"]
    assert without_digests(after)["b/compose.yaml"] == before["b/compose.yaml"]
    assert f"{own_registry.address}/outages/new:1\n".encode() in after["b/compose.yaml"]


@pytest.mark.parametrize("verb", ["pin", "update"])
def test_a_registry_that_is_down_leaves_files_and_lock_untouched(
    verb: str, half_pinned: Path, own_registry: RegistryProcess
) -> None:
    (half_pinned / "b" / "compose.yaml").write_text(
        f"services:\n  n:\n    image: {own_registry.address}/outages/new:1\n", encoding="utf-8"
    )
    before = tree_hash(half_pinned)
    ran = pinner(verb, "--timeout", "2", cwd=half_pinned)
    assert ran.code == 3, ran.stderr
    place = "b/compose.yaml:3:12" if verb == "pin" else "a/compose.yaml:3:12"
    assert f"{place}: error[unreachable]" in ran.stderr
    assert tree_hash(half_pinned) == before


def test_a_registry_that_never_answers_is_given_up_in_time(silent_host: str, tmp_path: Path) -> None:  # NET: deadline
    root = write_images(tmp_path / "tree", [f"{silent_host}/team/app{number}:1" for number in range(3)])
    before = tree_hash(root)
    ran = pinner("pin", "--timeout", "3", cwd=root)
    assert ran.code == 3
    assert ran.stderr.count("error[unreachable]") == 3
    assert "--timeout" in ran.stderr or "time" in ran.stderr
    assert tree_hash(root) == before


@pytest.mark.parametrize(
    ("status", "headers"),
    [(500, {}), (502, {}), (503, {"Retry-After": "1"}), (429, {"Retry-After": "1"})],
    ids=["500", "502", "503-retry-after", "429-retry-after"],
)
def test_a_passing_fault_is_waited_out(
    status: int, headers: dict[str, str], tmp_path: Path
) -> None:  # RATE-01, RATE-03
    with DemoRegistry(token_auth=False) as registry:
        digests = {number: registry.push_image(f"team/app{number}", "1", marker=str(number)) for number in range(4)}
        registry.fail("team/app0", "1", status=status, times=2, headers=headers)
        names = [f"{registry.address}/team/app{number}:1" for number in digests]
        root = write_images(tmp_path / "tree", names)
        ran = pinner("pin", cwd=root)
        assert ran.code == 0, ran.stderr
        text = (root / "compose.yaml").read_text(encoding="utf-8")
        assert all(f"{name}@{digest}\n" in text for name, digest in zip(names, digests.values(), strict=True))
        assert [one.path for one in registry.requests].count("/v2/team/app0/manifests/1") == 3
        assert len(registry.requests) == len(digests) + 2
        assert registry.crashes == []


def test_a_lasting_fault_is_not_hammered_at(tmp_path: Path) -> None:  # RATE-01, RATE-05
    with DemoRegistry(token_auth=False) as registry:
        digest = registry.push_image("team/well", "1", marker="well")
        registry.push_image("team/ill", "1", marker="ill")
        registry.fail("team/ill", "1", status=503, times=100)
        names = [f"{registry.address}/team/{name}:1" for name in ("well", "ill")]
        root = write_images(tmp_path / "tree", names)
        ran = pinner("pin", cwd=root)
        assert ran.code == 3
        assert "compose.yaml:5:12: error[" in ran.stderr
        assert "503" in ran.stderr
        assert f"{names[0]}@{digest}\n" in (root / "compose.yaml").read_text(encoding="utf-8")
        assert len(registry.requests) <= 1 + ATTEMPTS


def test_a_quota_that_asks_for_hours_ends_the_run_at_once(tmp_path: Path) -> None:  # RATE-03
    with DemoRegistry(token_auth=False) as registry:
        for number in range(4):
            registry.push_image(f"team/app{number}", "1", marker=str(number))
            registry.fail(f"team/app{number}", "1", status=429, times=100, headers={"Retry-After": "21600"})
        limited = [f"{registry.address}/team/app{number}:1" for number in range(4)]
        root = write_images(tmp_path / "tree", limited)
        before = tree_hash(root)
        ran = pinner("pin", cwd=root)
        assert ran.code == 3
        assert ran.stderr.count("error[rate-limited]") == 4
        assert ran.stderr.count("asks to wait 6 hours, until ") == 4
        assert len(registry.requests) <= 4
        assert tree_hash(root) == before
        with DemoRegistry(token_auth=False) as other:
            digest = other.push_image("team/app", "1", marker="other")
            write_images(root, [f"{other.address}/team/app:1", *limited])
            assert pinner("pin", cwd=root).code == 3
            text = (root / "compose.yaml").read_text(encoding="utf-8")
            assert f"{other.address}/team/app:1@{digest}\n" in text
            assert text.count("@sha256:") == 1


@contextmanager
def crowding(limit: NginxProcess) -> Iterator[None]:
    """Use up what a limit grants until it has refused pinner once: on a busy machine, pinner would keep to it."""
    is_over = threading.Event()

    def crowd() -> None:
        while not is_over.wait(0.01) and not any(one.status == 429 for one in limit.requests()):
            with closing(http.client.HTTPConnection(limit.address, timeout=30)) as connection:
                connection.request("GET", "/v2/")
                connection.getresponse().read()

    thread = threading.Thread(target=crowd)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.mark.usefixtures("nginx")
def test_a_limit_of_requests_a_second_is_kept_to(registry: RegistryProcess, tmp_path: Path) -> None:  # RATE-02
    tags = {str(number): annotated(KINDS["oci-index"], f"limit {number}") for number in range(12)}
    digests = push(registry.url, "limits/app", tags)
    registry.forget()
    with running_limit(tmp_path / "nginx", registry.url, rate=4, burst=8) as limit:
        names = {tag: f"{limit.address}/limits/app:{tag}" for tag in tags}
        root = write_images(tmp_path / "tree", list(names.values()))
        with crowding(limit):
            ran = pinner("pin", cwd=root)
        assert ran.code == 0, ran.stderr
        statuses = [one.status for one in limit.requests()]
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    assert all(f"{name}@{digests[tag]}\n" in text for tag, name in names.items())
    assert statuses.count(200) == len(tags) == len(registry.requests())
    assert statuses.count(429) > 0
    assert len(statuses) <= 3 * len(tags)
