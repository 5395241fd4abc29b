"""`--max-age` from the command line, against a registry on loopback (RATE-09)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from tests.support.json_schema import check_document
from tests.support.program import Ran, run
from tests.support.sources import compose_text
from tests.support.trees import write

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(users={"ada": "sentinel"}) as running:
        yield running
        assert running.crashes == []


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return Path(os.environ["HOME"], ".cache", "pinner", "answers.json")


def source_of(ran: Ran) -> str:
    (one,) = check_document(ran.out, "resolutions")["resolutions"]
    return str(one["source"])


def log_in(registry: DemoRegistry) -> None:
    folder = Path(os.environ["HOME"], ".docker")
    folder.mkdir()
    auth = base64.b64encode(b"ada:sentinel").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": auth}}}))
    (folder / "config.json").chmod(0o600)


def test_without_the_flag_nothing_is_kept_and_nothing_recalled(
    registry: DemoRegistry, cache: Path, tmp_path: Path
) -> None:
    image = f"{registry.address}/acme/api:2"
    first = registry.push_image("acme/api", "2", marker="one")
    assert run("resolve", image, cwd=tmp_path).out == f"{first}\n"
    assert not cache.exists()
    run("resolve", image, "--max-age", "1h", "--format", "json", cwd=tmp_path)
    second = registry.move_tag("acme/api", "2", marker="two")
    for flags in ([], ["--max-age", "0"], ["--max-age", "1h", "--verify"]):
        assert run("resolve", image, *flags, cwd=tmp_path).out == f"{second}\n"


@pytest.mark.parametrize(("flags", "environ"), [(["--max-age", "15m"], {}), ([], {"PINNER_MAX_AGE": "15m"})])
def test_a_young_answer_is_used_again_and_asks_nobody(
    registry: DemoRegistry, cache: Path, tmp_path: Path, flags: list[str], environ: dict[str, str]
) -> None:
    image = f"{registry.address}/acme/api:2"
    digest = registry.push_image("acme/api", "2", marker="one")
    for _ in range(2):
        ran = run("resolve", image, *flags, cwd=tmp_path, environ=environ)
        assert (ran.code, ran.out, ran.stderr) == (0, f"{digest}\n", "")
    assert [one.method for one in registry.requests if "/manifests/" in one.path].count("HEAD") == 2  # 401, then 200
    assert cache.stat().st_mode & 0o777 == 0o600


def test_the_document_says_that_it_comes_from_the_cache(registry: DemoRegistry, tmp_path: Path) -> None:
    registry.push_image("acme/api", "2", marker="one")
    command = ("resolve", f"{registry.address}/acme/api:2", "--max-age", "15m", "--format", "json")
    fresh, recalled = run(*command, cwd=tmp_path), run(*command, cwd=tmp_path)
    assert [source_of(fresh), source_of(recalled)] == ["get", "cache"]
    assert recalled.out.replace('"cache"', '"get"') == fresh.out
    offline = run(*command, "--offline", cwd=tmp_path)
    assert (offline.code, offline.out) == (0, recalled.out)


def test_what_is_not_in_the_cache_is_asked_beside_what_is(registry: DemoRegistry, tmp_path: Path) -> None:
    images = [f"{registry.address}/acme/api:{tag}" for tag in (1, 2, 3)]
    digests = [str(registry.push_image("acme/api", str(tag), marker=str(tag))) for tag in (1, 2, 3)]
    run("resolve", images[1], "--max-age", "15m", cwd=tmp_path)
    missing = f"{registry.address}/acme/api:4"
    ran = run("resolve", *images, missing, images[1], "--max-age", "15m", cwd=tmp_path)
    assert (ran.code, ran.out.split()) == (3, [*digests, digests[1]])


def test_offline_only_the_cache_answers_and_only_when_it_may(registry: DemoRegistry, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    digest = registry.push_image("acme/api", "2", marker="one")
    assert run("resolve", image, "--max-age", "15m", "--offline", cwd=tmp_path).code == 3
    run("resolve", image, "--max-age", "15m", cwd=tmp_path)
    assert run("resolve", image, "--max-age", "15m", "--offline", cwd=tmp_path).out == f"{digest}\n"
    assert run("resolve", image, "--offline", cwd=tmp_path).code == 3


def test_a_missing_tag_is_asked_for_again(registry: DemoRegistry, cache: Path, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    registry.push_image("acme/api", "1", marker="one")
    assert run("resolve", image, "--max-age", "15m", cwd=tmp_path).code == 3
    assert not cache.exists()
    digest = registry.push_image("acme/api", "2", marker="two")
    assert run("resolve", image, "--max-age", "15m", cwd=tmp_path).out == f"{digest}\n"


def test_what_a_login_is_told_is_not_kept(registry: DemoRegistry, cache: Path, tmp_path: Path) -> None:  # SEC-29
    log_in(registry)
    image = f"{registry.address}/private/api:1"
    digest = registry.push_image("private/api", "1", marker="one")
    assert run("resolve", image, "--max-age", "15m", cwd=tmp_path).out == f"{digest}\n"
    assert not cache.exists()
    Path(os.environ["HOME"], ".docker/config.json").unlink()
    assert run("resolve", image, "--max-age", "15m", cwd=tmp_path).code == 4


def test_update_asks_only_for_what_was_not_confirmed_a_moment_ago(registry: DemoRegistry, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    first = registry.push_image("acme/api", "2", marker="one")
    write(tmp_path, compose_yaml=compose_text(image), pinner_toml="version = 1\n")
    run("pin", cwd=tmp_path)
    assert run("update", "--max-age", "15m", cwd=tmp_path).code == 0
    second = registry.move_tag("acme/api", "2", marker="two")
    asked = len(registry.requests)
    assert run("update", "--max-age", "15m", cwd=tmp_path).code == 0
    assert run("update", "--max-age", "15m", "--offline", cwd=tmp_path).code == 0
    assert len(registry.requests) == asked
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"{image}@{first}")
    assert run("update", cwd=tmp_path).code == 0
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"{image}@{second}")


def test_update_never_takes_a_digest_from_the_cache(registry: DemoRegistry, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    registry.push_image("acme/api", "2", marker="one")
    run("resolve", image, "--max-age", "1h", cwd=tmp_path)
    second = registry.move_tag("acme/api", "2", marker="two")
    write(tmp_path, compose_yaml=compose_text(image), pinner_toml="version = 1\n")
    assert run("pin", cwd=tmp_path, environ={"PINNER_MAX_AGE": "1h"}).code == 0
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"{image}@{second}")
    third = registry.move_tag("acme/api", "2", marker="three")
    for _ in range(2):
        assert run("update", "--max-age", "1h", cwd=tmp_path).code == 0
        assert (tmp_path / "compose.yaml").read_text() == compose_text(f"{image}@{third}")


def test_a_moved_tag_is_read_from_the_registry_and_then_known(registry: DemoRegistry, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    registry.push_image("acme/api", "2", marker="one")
    write(tmp_path, compose_yaml=compose_text(image), pinner_toml="version = 1\n")
    run("pin", cwd=tmp_path)
    second = registry.move_tag("acme/api", "2", marker="two")
    assert run("update", "--max-age", "15m", cwd=tmp_path).code == 0
    asked = len(registry.requests)
    ran = run("resolve", image, "--max-age", "15m", "--format", "json", cwd=tmp_path)
    (one,) = check_document(ran.out, "resolutions")["resolutions"]
    assert (one["digest"], one["source"], one["platforms"]) == (str(second), "cache", ["linux/amd64", "linux/arm64"])
    assert len(registry.requests) == asked


@pytest.mark.parametrize("command", [["resolve", "127.0.0.1:1/a:1"], ["update"]])
@pytest.mark.parametrize("age", ["15", "soon", "8d"])
def test_an_age_that_is_none_is_2(tmp_path: Path, command: list[str], age: str) -> None:
    ran = run(*command, "--max-age", age, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.stderr.startswith(f"error: {age!r} is ")


def test_a_poisoned_cache_changes_nothing(registry: DemoRegistry, cache: Path, tmp_path: Path) -> None:
    image = f"{registry.address}/acme/api:2"
    digest = registry.push_image("acme/api", "2", marker="one")
    cache.parent.mkdir(parents=True)
    for poison in (b"\x1b[31m", b"{" * 10_000, b'{"schema": "pinner/answers/1", "answers": {"a": {}}}'):
        cache.write_bytes(poison)
        ran = run("resolve", image, "--max-age", "15m", cwd=tmp_path)
        assert (ran.code, ran.out, ran.stderr) == (0, f"{digest}\n", "")
        assert json.loads(cache.read_text())["answers"][image]["digest"] == str(digest)


def test_no_secret_is_on_the_disk(registry: DemoRegistry, tmp_path: Path) -> None:  # SEC-29
    log_in(registry)
    registry.push_image("acme/api", "2", marker="one")
    run("resolve", f"{registry.address}/acme/api:2", "--max-age", "15m", cwd=tmp_path)
    run("resolve", f"{registry.address}/private/api:2", "--max-age", "15m", cwd=tmp_path)
    for path in Path(os.environ["HOME"], ".cache").rglob("*"):
        assert "sentinel" not in path.read_text()
        assert "ada" not in path.read_text()


def test_without_a_home_there_is_no_cache_and_it_is_said(registry: DemoRegistry, tmp_path: Path) -> None:
    digest = registry.push_image("acme/api", "2", marker="one")
    image = f"{registry.address}/acme/api:2"
    environ = {"HOME": "", "XDG_CACHE_HOME": ""}
    ran = run("resolve", image, "--max-age", "15m", cwd=tmp_path, environ=environ)
    assert (ran.code, ran.out, ran.stderr) == (0, f"{digest}\n", "warning: without HOME there is no cache\n")


def test_stats_count_what_the_cache_knew(registry: DemoRegistry, tmp_path: Path) -> None:  # REQ-04
    image = f"{registry.address}/acme/api:2"
    registry.push_image("acme/api", "2", marker="one")
    command = ("resolve", image, image, "--max-age", "15m", "--stats")
    assert ", 0 answers from the cache\n" in run(*command, cwd=tmp_path).stderr
    assert run(*command, cwd=tmp_path).stderr == "0 requests, 0 connections, 0 second tries, 2 answers from the cache\n"
