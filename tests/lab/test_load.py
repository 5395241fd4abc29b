"""A thousand references to a real registry: as many requests as its log counts, and no more than the floor."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.lab.images import KINDS, annotated, push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.token_server import TokenServer
from tests.lab.trees import write_images, write_tree

REPOSITORIES: Final = tuple(f"public/load{number}" for number in range(20))
TAGS: Final = tuple(map(str, range(45)))
DUPLICATES: Final = 100
PER_FILE: Final = 125


def _push(url: str, repositories: tuple[str, ...], tags: tuple[str, ...]) -> dict[str, str]:
    """Push an image for every repository and tag; return their digests."""
    images = {tag: annotated(KINDS["oci-index"], f"load {tag}") for tag in tags}
    return {
        f"{repository}:{tag}": str(digest)
        for repository in repositories
        for tag, digest in push(url, repository, images).items()
    }


def test_a_thousand_references_cost_no_more_than_921_requests(
    registry: RegistryProcess, token_registry: RegistryProcess, token_server: TokenServer, tmp_path: Path
) -> None:  # REQ-03, AUTH-18, AUTH-19: one 401, a token a repository, one request for each of nine hundred images
    digests = _push(registry.url, REPOSITORIES, TAGS)
    names = [f"{token_registry.address}/{name}" for name in digests]
    names += names[:DUPLICATES]
    assert len(names) == 1000
    root = write_tree(tmp_path / "tree", {})
    for first in range(0, len(names), PER_FILE):
        write_images(root, names[first : first + PER_FILE], path=f"{first}/compose.yaml")
    ran = pinner("pin", "--stats", cwd=root)
    assert ran.code == 0, ran.stderr
    asked = len(token_registry.requests()) + len(token_server.asked)
    assert asked <= 921
    assert f"{asked} requests (901 get, 20 token)" in ran.stderr
    text = "".join(path.read_text(encoding="utf-8") for path in root.glob("*/compose.yaml"))
    assert text.count("@sha256:") == len(names)
    assert all(f"{token_registry.address}/{name}@{digest}\n" in text for name, digest in digests.items())


def test_three_hundred_references_of_an_open_registry_cost_three_hundred_requests(
    registry: RegistryProcess, tmp_path: Path
) -> None:  # REQ-02, REQ-03
    digests = _push(registry.url, REPOSITORIES[:10], TAGS[:30])
    registry.forget()
    asked = "".join(f"{registry.address}/{name}\n" for name in digests)
    ran = pinner("resolve", "--stats", "-", cwd=tmp_path, stdin=asked)
    assert ran.code == 0, ran.stderr
    assert ran.out.splitlines() == list(digests.values())
    assert registry.statuses() == {("HEAD", 200): 300}
    assert "300 requests (300 head)" in ran.stderr
