"""A pull-through mirror and its registry: who is asked, by the words of both access logs (RES-28, SEC-25)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.images import push_tiny
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess, running_mirror
from tests.lab.trees import contents, without_digests, write_images
from tests.support.program import Ran


class Pair:
    """A registry with one image, its mirror, and a user who has named the mirror."""

    def __init__(self, registry: RegistryProcess, mirror: RegistryProcess, folder: Path) -> None:
        self.registry = registry
        self.mirror = mirror
        self.folder = folder
        self.image = f"{registry.address}/through/app:1"
        self.cached = f"{mirror.address}/through/app:1"

    def resolve(self, *arguments: str, lines: str = "") -> Ran:
        settings = self.folder / "registries.toml"
        table = f'[registries."{self.registry.address}"]\nmirrors = ["{self.mirror.url}"]\n{lines}\n'
        settings.write_text(table, encoding="utf-8")
        self.registry.forget()
        self.mirror.forget()
        return pinner("resolve", "--registries", settings, *arguments, cwd=self.folder)


@pytest.fixture
def pair(own_registry: RegistryProcess, tmp_path: Path) -> Iterator[Pair]:
    push_tiny(own_registry.url, [("through/app", "1")])
    with running_mirror(tmp_path / "mirror", own_registry) as mirror:
        yield Pair(own_registry, mirror, tmp_path)


def test_a_tag_is_asked_of_the_registry_and_not_of_the_mirror(pair: Pair) -> None:
    ran = pair.resolve(pair.image)
    assert (ran.code, ran.stderr) == (0, "")
    assert pair.registry.statuses() == {("HEAD", 200): 1}
    assert pair.mirror.requests() == ()


def test_a_digest_is_asked_of_the_mirror_and_not_of_the_registry(pair: Pair) -> None:
    digest = skopeo.digest_of(pair.image)
    ran = pair.resolve("--format", "json", "--verify", f"{pair.registry.address}/through/app@{digest}")
    assert ran.code == 0, ran.stderr
    (one,) = json.loads(ran.out)["resolutions"]
    assert (one["digest"], one["mirror"]) == (digest, pair.mirror.url)
    assert pair.mirror.statuses() == {("GET", 200): 1}
    assert pair.registry.requests() == ()


def test_a_mirror_stands_in_for_a_stopped_registry_and_that_is_said(pair: Pair) -> None:
    digest = skopeo.digest_of(pair.cached)
    pair.registry.stop()
    ran = pair.resolve("--format", "json", pair.image)
    assert ran.code == 0, ran.stderr
    (one,) = json.loads(ran.out)["resolutions"]
    assert (one["digest"], one["mirror"]) == (digest, pair.mirror.url)
    (line,) = ran.stderr.splitlines()
    assert f"{pair.registry.address} could not be asked" in line
    assert f"mirror {pair.mirror.url} answered, it may be stale" in line


def test_what_a_mirror_lacks_behind_a_stopped_registry_is_not_known_to_be_missing(pair: Pair) -> None:
    pair.registry.stop()
    ran = pair.resolve("--format", "json", f"{pair.registry.address}/through/app:absent")
    assert ran.code == 3
    (one,) = json.loads(ran.out)["resolutions"]
    assert one["error"] == "unreachable"
    assert f"mirror {pair.mirror.url}: {pair.mirror.address} has no such tag" in one["detail"]


def test_what_the_registry_lacks_no_mirror_is_asked_for(pair: Pair) -> None:
    ran = pair.resolve("--format", "json", f"{pair.registry.address}/through/app:absent")
    assert json.loads(ran.out)["resolutions"][0]["error"] == "not-found"
    assert pair.mirror.requests() == ()


def test_a_blocked_registry_is_left_alone(pair: Pair) -> None:
    ran = pair.resolve(pair.image, lines="blocked = true")
    assert ran.code == 0, ran.stderr
    assert ran.stderr == ""
    assert pair.registry.requests() == ()
    ran = pair.resolve("--format", "json", f"{pair.registry.address}/through/app:absent", lines="blocked = true")
    assert json.loads(ran.out)["resolutions"][0]["error"] == "not-found"
    assert pair.registry.requests() == ()


def test_a_user_may_ask_the_mirror_for_tags_first(pair: Pair) -> None:
    ran = pair.resolve(pair.image, lines='mirror-tags = "first"')
    assert (ran.code, ran.stderr) == (0, "")
    assert pair.mirror.statuses() == {("HEAD", 200): 1}
    assert pair.registry.requests() == ()


def test_podmans_file_names_a_mirror_where_the_user_lets_it_be_read(pair: Pair) -> None:  # NET-04
    conf = pair.folder / "registries.conf"
    mirror = f'[[registry.mirror]]\nlocation = "{pair.mirror.address}"\n'
    conf.write_text(f'[[registry]]\nlocation = "{pair.registry.address}"\n{mirror}', encoding="utf-8")
    digest = skopeo.digest_of(pair.image)
    image = f"{pair.registry.address}/through/app@{digest}"
    for read, asked in (("", pair.registry), ("registries.conf", pair.mirror)):
        pair.registry.forget()
        pair.mirror.forget()
        ran = pinner("resolve", image, cwd=pair.folder, CONTAINERS_REGISTRIES_CONF=conf, PINNER_REGISTRIES_READ=read)
        assert ran.code == 0, ran.stderr
        assert [one for one in (pair.registry, pair.mirror) if one.requests()] == [asked]


def test_containerds_file_names_a_mirror_where_the_user_lets_it_be_read(pair: Pair) -> None:  # NET-03
    folder = pair.folder / "certs.d" / pair.registry.address.replace(":", "_")
    folder = folder.with_name(f"{folder.name}_")
    folder.mkdir(parents=True)
    (folder / "hosts.toml").write_text(f'[host."{pair.mirror.url}"]\ncapabilities = ["pull"]\n', encoding="utf-8")
    settings = pair.folder / "read.toml"
    settings.write_text('read = ["./certs.d"]\n', encoding="utf-8")
    root = write_images(pair.folder / "tree", [pair.image])
    before = contents(root)
    digest = skopeo.digest_of(pair.image)
    for _ in range(2):
        ran = pinner("resolve", "--registries", settings, f"{pair.image}@{digest}", "--verify", cwd=root)
        assert ran.code == 0, ran.stderr
    (target,) = {one.target for one in pair.mirror.requests()}
    assert target == f"/v2/through/app/manifests/{digest}?ns={pair.registry.address.replace(':', '%3A')}"
    assert pinner("pin", "--registries", settings, cwd=root).code == 0
    assert without_digests(contents(root)) == before
    assert f'[images."{pair.image}"]' in (root / "pinner.lock").read_text(encoding="utf-8")
