"""Platforms that are run and platforms that are required, against a real registry and its indexes (RES-34)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinner.demo.images import Document, Image, Recipe, build_image
from tests.lab.images import annotated, push, tiny_image
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import write_images
from tests.support.program import tree_hash

AMD, ARM, S390 = "linux/amd64", "linux/arm64", "linux/s390x"


def index_of(**contents: str) -> Image:
    """Return an index whose entry of each architecture is made of its own content."""
    images = [build_image(Recipe(marker=text, platforms=(f"linux/{name}",))) for name, text in contents.items()]
    documents = [json.loads(one.top.content) for one in images]
    merged = {**documents[0], "manifests": [entry for one in documents for entry in one["manifests"]]}
    return Image(
        top=Document(images[0].top.media_type, json.dumps(merged).encode()),
        children=tuple(child for one in images for child in one.children),
        blobs=tuple(blob for one in images for blob in one.blobs),
    )


def project(tmp_path: Path, settings: str, *images: str) -> Path:
    """Make a project of these images that is pinned."""
    root = tmp_path / "tree"
    write_images(root, list(images))
    (root / "pinner.toml").write_text(f"version = 1\n{settings}\n", encoding="utf-8")
    assert pinner("pin", cwd=root).code == 0
    return root


def test_a_move_that_touches_no_platform_of_yours_is_none(registry: RegistryProcess, tmp_path: Path) -> None:
    push(registry.url, "run/app", {"1": index_of(amd64="a", arm64="b")})
    root = project(tmp_path, f'platforms = ["{AMD}"]', f"{registry.address}/run/app:1")
    before = tree_hash(root)
    new = push(registry.url, "run/app", {"1": index_of(amd64="a", arm64="new", s390x="c")})["1"]
    registry.forget()
    for flags in ((), ("--min-age", "3d")):
        ran = pinner("update", "-v", *flags, cwd=root)
        assert ran.code == 0, ran.stderr
        assert f"{registry.address}/run/app:1: unchanged for your platforms by {new}\n" in ran.stderr
        assert "1 image unchanged for your platforms" in ran.stderr
        assert tree_hash(root) == before
    assert pinner("update", "--check", cwd=root).code == 0
    document = json.loads(pinner("update", "--format", "json", cwd=root).out)
    assert [one["new"] for one in document["unchanged"]] == [str(new)]
    # Each run asks once for the tag and reads both indexes once.
    assert registry.statuses()["HEAD", 200] == 4
    assert len([one for one in registry.requests() if one.method == "GET" and "manifests" in one.target]) == 8


def test_a_move_that_touches_one_is_accepted_and_read_once(registry: RegistryProcess, tmp_path: Path) -> None:
    push(registry.url, "run/moved", {"1": index_of(amd64="a", arm64="b")})
    root = project(tmp_path, f'platforms = ["{AMD}"]', f"{registry.address}/run/moved:1")
    new = push(registry.url, "run/moved", {"1": index_of(amd64="new", arm64="b")})["1"]
    registry.forget()
    assert pinner("update", cwd=root).code == 0
    assert str(new) in (root / "compose.yaml").read_text(encoding="utf-8")
    assert len([one for one in registry.requests() if one.method == "GET" and "manifests" in one.target]) == 2


def test_whoever_accepts_an_image_gets_its_news(registry: RegistryProcess, tmp_path: Path) -> None:
    image = index_of(amd64="a", arm64="b")
    push(registry.url, "run/accepted", {"1": image})
    root = project(tmp_path, f'platforms = ["{AMD}", "{ARM}"]', f"{registry.address}/run/accepted:1")
    # The same children in another index, as where only annotations change.
    new = push(registry.url, "run/accepted", {"1": annotated(image, "other")})["1"]
    assert pinner("update", "--check", cwd=root).code == 0
    assert pinner("update", "--min-age", "3d", "--accept", "*/run/accepted", cwd=root).code == 0
    assert str(new) in (root / "compose.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("new", [index_of(amd64="new"), tiny_image("one platform")], ids=["index", "manifest"])
def test_a_digest_that_loses_a_required_platform_is_not_accepted(
    registry: RegistryProcess, tmp_path: Path, new: Image
) -> None:
    old = push(registry.url, "needed/app", {"1": index_of(amd64="a", arm64="b"), "2": index_of(amd64="c", arm64="d")})
    name = f"{registry.address}/needed/app"
    settings = f'[images]\nrequired-platforms = ["{AMD}", "{ARM}"]'
    root = project(tmp_path, settings, f"{name}:1", f"{name}:2")
    before = (root / "compose.yaml").read_text(encoding="utf-8")
    fine = push(registry.url, "needed/app", {"1": new, "2": index_of(amd64="x", arm64="y")})
    for _ in range(2):
        ran = pinner("update", cwd=root)
        assert ran.code == 1, ran.stderr
        assert "compose.yaml:3:12: error[platform-lost]" in ran.stderr
        assert "this project requires linux/amd64 and linux/arm64" in ran.stderr
        # The old pin stays, and one image's loss hides no other image.
        assert (root / "compose.yaml").read_text(encoding="utf-8") == before.replace(str(old["2"]), str(fine["2"]))
    assert pinner("check", cwd=root).code == 0


def test_what_is_lost_or_lacking_without_being_refused_is_a_warning(registry: RegistryProcess, tmp_path: Path) -> None:
    push(registry.url, "warned/app", {"1": index_of(amd64="a", arm64="b")})
    root = project(tmp_path, f'[images]\nrequired-platforms = ["{AMD}"]', f"{registry.address}/warned/app:1")
    push(registry.url, "warned/app", {"1": index_of(amd64="new"), "2": index_of(s390x="c")})
    ran = pinner("update", cwd=root)
    assert ran.code == 0
    assert "does not have linux/arm64, unlike the digest before it" in ran.stderr
    (root / "Dockerfile").write_text(f"FROM {registry.address}/warned/app:2\n", encoding="utf-8")
    ran = pinner("pin", cwd=root)
    assert ran.code == 0
    assert f"warning: {registry.address}/warned/app:2: does not have linux/amd64, which this" in ran.stderr
    assert pinner("check", cwd=root).code == 1
