"""`lock import` against a registry on loopback: what it records is what `pin` would have recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from tests.support.program import run
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text
from tests.support.trees import write

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(token_auth=False) as running:
        yield running
        assert running.crashes == []


@pytest.fixture
def pinned(registry: DemoRegistry, tmp_path: Path) -> Path:
    """A tree that was pinned."""
    registry.push_image("acme/api", "2", marker="one")
    registry.push_image("acme/tool", "1", marker="tool", platforms=("linux/amd64",), index=False)
    images = f"{registry.address}/acme/api:2", f"{registry.address}/acme/tool:1"
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text(*images))
    assert run("pin", cwd=tmp_path).code == 0
    return tmp_path


def test_online_the_lock_is_the_one_that_pin_wrote(registry: DemoRegistry, pinned: Path) -> None:  # H02
    before = (pinned / "pinner.lock").read_bytes()
    (pinned / "pinner.lock").unlink()
    registry.move_tag("acme/api", "2", marker="two")
    ran = run("lock", "import", "--online", cwd=pinned)
    assert (ran.code, ran.stderr) == (0, "adopted 2 digests\n")
    assert (pinned / "pinner.lock").read_bytes() == before


def test_offline_nothing_is_asked_and_the_digests_are_the_same(registry: DemoRegistry, pinned: Path) -> None:
    before = (pinned / "pinner.lock").read_bytes()
    (pinned / "pinner.lock").unlink()
    asked = len(registry.requests)
    assert run("lock", "import", cwd=pinned).code == 0
    assert len(registry.requests) == asked
    assert run("check", "--strict", cwd=pinned).code == 0
    after = (pinned / "pinner.lock").read_bytes()
    facts = (b"media-type", b"platforms")
    assert after == b"".join(line for line in before.splitlines(keepends=True) if not line.startswith(facts))
    # Who asks anyway learns the rest.
    assert run("update", cwd=pinned).code == 0
    assert (pinned / "pinner.lock").read_bytes() == before


def test_online_a_digest_that_never_was_is_not_adopted(registry: DemoRegistry, pinned: Path) -> None:
    write(pinned, b__compose_yaml=compose_text(f"{registry.address}/acme/api:3@{digest_of('never')}"))
    (pinned / "pinner.lock").unlink()
    ran = run("lock", "import", "--online", cwd=pinned)
    assert ran.code == 3
    assert "error[not-found]" in ran.stderr
    assert ran.stderr.endswith("adopted 2 digests, left 1 out\n")
    assert "acme/api:3" not in (pinned / "pinner.lock").read_text()


def test_online_a_digest_that_is_not_that_of_its_platform_is_not_adopted(
    registry: DemoRegistry, tmp_path: Path
) -> None:
    index = registry.push_image("acme/api", "2", marker="one")
    amd64 = registry.push_image("acme/tool", "1", marker="tool", platforms=("linux/amd64",), index=False)
    image, tool = f"{registry.address}/acme/api:2", f"{registry.address}/acme/tool:1"
    text = (
        "apiVersion: v0\nkind: ImagesLock\nimages:\n"
        f"- {{image: '{image}', digests: [{{digest: '{index}', arch: linux/amd64}}]}}\n"
        f"- {{image: '{tool}', digests: [{{digest: '{amd64}', arch: linux/arm64}}]}}\n"
        f"- {{image: '{tool}', digests: [{{digest: '{amd64}', arch: linux/amd64}}]}}\n"
    )
    write(tmp_path, pinner_toml="version = 1\n", Images_lock=text)
    ran = run("lock", "import", "--online", "Images.lock", cwd=tmp_path)
    assert (ran.code, ran.out) == (3, f"{tool}#linux/amd64: locked {amd64}\n")
    assert f"Images.lock:4:{len(image) + 25}: error[contradiction]: '{image}#linux/amd64' has " in ran.stderr
    assert f"Images.lock:5:{len(tool) + 25}: error[not-found]: " in ran.stderr
