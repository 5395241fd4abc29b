"""The main job against a registry on loopback, as a user does it: pin, check, pin again, a tag moves, update, diff."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from tests.support.json_schema import check_document
from tests.support.program import run, tree_hash
from tests.support.sources import compose_text
from tests.support.trees import write
from tests.workspace.trees import commit, git

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(users={"ada": "secret"}) as running:
        yield running
        assert running.crashes == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def log_in(registry: DemoRegistry, password: str) -> None:
    folder = Path(os.environ["HOME"], ".docker")
    folder.mkdir()
    auth = base64.b64encode(f"ada:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": auth}}}))


def test_the_life_of_a_pin(registry: DemoRegistry, tree: Path) -> None:
    api, tool = f"{registry.address}/acme/api:2", f"{registry.address}/acme/tool"
    first = registry.push_image("acme/api", "2", marker="one")
    latest = registry.push_image("acme/tool", "latest", marker="tool", platforms=("linux/amd64",), index=False)
    write(tree, compose_yaml=compose_text(api, tool), Dockerfile=f"FROM {api} AS base\nFROM base\n")

    assert run("check", cwd=tree).code == 1
    pinned = run("pin", cwd=tree)
    assert (pinned.code, pinned.stderr) == (0, "pinned 3 references in 2 files\n")
    assert (tree / "compose.yaml").read_text() == compose_text(f"{api}@{first}", f"{tool}@{latest}")
    assert (tree / "Dockerfile").read_text() == f"FROM {api}@{first} AS base\nFROM base\n"
    commit(tree)

    asked, before = len(registry.requests), tree_hash(tree)
    assert run("pin", cwd=tree).code == 0
    assert run("check", cwd=tree).code == 0
    assert (len(registry.requests), tree_hash(tree)) == (asked, before)

    second = registry.move_tag("acme/api", "2", marker="two")
    assert run("pin", "--check", cwd=tree).code == 0
    assert run("update", "--check", cwd=tree).code == 1
    assert run("update", cwd=tree).code == 0
    assert (tree / "Dockerfile").read_text() == f"FROM {api}@{second} AS base\nFROM base\n"
    assert f"{tool}@{latest}" in (tree / "compose.yaml").read_text()
    assert run("check", cwd=tree).code == 0

    document = check_document(run("diff", "--format", "json", cwd=tree).out, "diff")
    moved = [(one["image"], one["old"], one["new"]) for one in document["moved"]]
    assert (document["added"], document["removed"], moved) == ([], [], [(api, str(first), str(second))])


def test_one_missing_tag_among_many_is_named_and_the_rest_is_pinned(registry: DemoRegistry, tree: Path) -> None:
    images = [f"{registry.address}/acme/s{number}:1" for number in range(20)]
    digests = [registry.push_image(f"acme/s{number}", "1", marker=str(number)) for number in range(20)]
    missing = f"{registry.address}/acme/s7:2"
    write(tree, compose_yaml=compose_text(*images, missing))
    ran = run("pin", "-j", "4", cwd=tree)
    assert ran.code == 3
    assert ran.stderr.startswith("compose.yaml:43:12: error[not-found]: ")
    assert ran.stderr.endswith("pinned 20 references in 1 file, 1 failed\n")
    pinned = [f"{image}@{digest}" for image, digest in zip(images, digests, strict=True)]
    assert (tree / "compose.yaml").read_text() == compose_text(*pinned, missing)


def test_refused_credentials_are_4_and_right_ones_are_used(registry: DemoRegistry, tree: Path) -> None:
    digest = registry.push_image("private/api", "1", marker="one")
    image = f"{registry.address}/private/api:1"
    write(tree, compose_yaml=compose_text(image))
    without = run("pin", cwd=tree)
    assert without.code == 4
    assert without.stderr.startswith("compose.yaml:3:12: error[")
    log_in(registry, "wrong")
    before = tree_hash(tree)
    refused = run("pin", cwd=tree)
    assert (refused.code, tree_hash(tree)) == (4, before)
    assert "secret" not in refused.stderr
    assert "wrong" not in refused.stderr
    Path(os.environ["HOME"], ".docker/config.json").unlink()
    Path(os.environ["HOME"], ".docker").rmdir()
    log_in(registry, "secret")
    assert run("resolve", image, cwd=tree).out == f"{digest}\n"


def test_a_broken_lock_is_said_before_anybody_is_asked(registry: DemoRegistry, tree: Path) -> None:
    write(tree, compose_yaml=compose_text(f"{registry.address}/a/b:1"), pinner_lock="version = 1\n[images]\nx = 1\n")
    before = tree_hash(tree)
    ran = run("pin", cwd=tree)
    assert (ran.code, ran.out, registry.requests, tree_hash(tree)) == (2, "", [], before)
    assert ran.stderr.startswith("error: pinner.lock:3: ")


def test_the_cheap_way_reads_no_document(registry: DemoRegistry, tree: Path) -> None:
    digest = registry.push_image("acme/api", "2", marker="one")
    ran = run("resolve", f"{registry.address}/acme/api:2", cwd=tree)
    assert (ran.code, ran.out, ran.stderr) == (0, f"{digest}\n", "")
    assert {one.method for one in registry.requests if "/manifests/" in one.path} == {"HEAD"}


def test_a_platform_of_an_index_is_pinned_on_demand(registry: DemoRegistry, tree: Path) -> None:
    registry.push_image("acme/api", "2", marker="one")
    image = f"{registry.address}/acme/api:2"
    write(tree, compose_yaml=compose_text(image))
    ran = run("resolve", "--platform", "linux/arm64", "--format", "json", image, cwd=tree)
    (resolution,) = check_document(ran.out, "resolutions")["resolutions"]
    assert run("pin", "--platform", "linux/arm64", cwd=tree).code == 0
    assert (tree / "compose.yaml").read_text() == compose_text(f"{image}@{resolution['digest']}")
    missing = run("resolve", "--platform", "linux/s390x", image, cwd=tree)
    assert missing.code == 3
    assert "linux/arm64" in missing.stderr
