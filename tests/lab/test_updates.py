"""A tag moves in the registry: `pin` and `check` do not notice, `update` does, `diff` tells it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.images import KINDS, push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import commit, contents, git, without_digests, write_images
from tests.support.program import tree_hash


@dataclass(frozen=True, slots=True)
class Moved:
    """A pinned tree, and what its image was and is now."""

    root: Path
    image: str
    old: str
    new: str


@pytest.fixture
def moved(registry: RegistryProcess, tmp_path: Path) -> Moved:
    """Pin two images and move the tag of one: from an index to an index of one platform."""
    push(registry.url, "moves/app", {"1": KINDS["oci-index"], "2": KINDS["docker-list"]})
    image = f"{registry.address}/moves/app:1"
    root = write_images(tmp_path / "tree", [image, f"{registry.address}/moves/app:2"])
    write_images(root, [image], path="second/compose.yaml")
    assert pinner("pin", cwd=root).code == 0
    old = skopeo.digest_of(image)
    push(registry.url, "moves/app", {"1": KINDS["one-child-index"]})
    registry.forget()
    return Moved(root, image, old, skopeo.digest_of(image))


def test_pin_and_check_keep_what_is_recorded(moved: Moved, registry: RegistryProcess) -> None:  # H09
    assert moved.old != moved.new
    before = tree_hash(moved.root)
    assert pinner("pin", cwd=moved.root).code == 0
    assert pinner("check", cwd=moved.root).code == 0
    assert registry.requests() == ()
    assert tree_hash(moved.root) == before


def test_an_image_that_joins_later_gets_the_recorded_digest(moved: Moved, registry: RegistryProcess) -> None:
    write_images(moved.root, [moved.image], path="third/compose.yaml")
    assert pinner("pin", cwd=moved.root).code == 0
    text = (moved.root / "third" / "compose.yaml").read_text(encoding="utf-8")
    assert f"{moved.image}@{moved.old}\n" in text
    assert registry.requests() == ()


def test_update_can_be_looked_at_first(moved: Moved, tmp_path: Path) -> None:
    commit(moved.root)
    before = tree_hash(moved.root)
    ran = pinner("update", "--diff", cwd=moved.root)
    assert ran.code == 1
    for path in ("compose.yaml", "second/compose.yaml"):
        assert f"+++ b/{path}\n" in ran.out
    assert f"-    image: {moved.image}@{moved.old}\n+    image: {moved.image}@{moved.new}\n" in ran.out
    assert f'-digest = "{moved.old}"\n' in ran.out
    assert f'+digest = "{moved.new}"\n' in ran.out
    assert tree_hash(moved.root) == before
    checked = pinner("update", "--check", cwd=moved.root)
    assert checked.code == 1
    assert tree_hash(moved.root) == before
    # The patch is what `update` does.
    patch = tmp_path / "update.patch"
    patch.write_bytes(ran.stdout)
    git(moved.root, "apply", str(patch))
    patched = tree_hash(moved.root)
    git(moved.root, "checkout", "--quiet", "--", ".")
    assert pinner("update", cwd=moved.root).code == 0
    assert tree_hash(moved.root) == patched


def test_update_moves_files_and_lock(moved: Moved, registry: RegistryProcess) -> None:
    before = contents(moved.root)
    ran = pinner("update", cwd=moved.root)
    assert ran.code == 0, ran.stderr
    after = contents(moved.root)
    assert without_digests(after) == without_digests(before)
    assert after == {path: text.replace(moved.old.encode(), moved.new.encode()) for path, text in before.items()}
    lock = (moved.root / "pinner.lock").read_text(encoding="utf-8")
    assert moved.new in lock
    assert moved.old not in lock
    assert len(registry.requests()) <= 3
    assert pinner("check", cwd=moved.root).code == 0
    settled = tree_hash(moved.root)
    assert pinner("update", cwd=moved.root).code == 0
    assert tree_hash(moved.root) == settled


def test_diff_tells_what_moved(moved: Moved, tmp_path: Path) -> None:
    commit(moved.root)
    old = tmp_path / "old.lock"
    shutil.copy(moved.root / "pinner.lock", old)
    assert pinner("update", cwd=moved.root).code == 0
    used = [["used", "in", "compose.yaml:3:12,", "second/compose.yaml:3:12"]]
    for arguments, places in (([old, "pinner.lock"], []), (["HEAD"], used)):
        said = pinner("diff", *arguments, cwd=moved.root)
        assert said.code == 0, said.stderr
        assert [line.split() for line in said.out.splitlines()] == [
            ["moved", moved.image],
            [moved.old],
            ["→", moved.new],
            ["warning:", "no", "longer", "for", "linux/arm64"],
            *places,
        ]
        ran = pinner("diff", "--format", "json", *arguments, cwd=moved.root)
        assert ran.code == 0, ran.stderr
        document = json.loads(ran.out)
        assert document["schema"] == "pinner/diff/1"
        assert (document["added"], document["removed"]) == ([], [])
        (move,) = document["moved"]
        assert (move["image"], move["old"], move["new"]) == (moved.image, moved.old, moved.new)
        assert (move["old_platforms"], move["new_platforms"]) == (["linux/amd64", "linux/arm64"], ["linux/amd64"])


def test_update_of_a_tag_that_is_gone_keeps_the_digest(moved: Moved, own_registry: RegistryProcess) -> None:
    push(own_registry.url, "moves/gone", {"1": KINDS["oci-index"]})
    image = f"{own_registry.address}/moves/gone:1"
    write_images(moved.root, [image], path="third/compose.yaml")
    assert pinner("pin", cwd=moved.root).code == 0
    third = moved.root / "third" / "compose.yaml"
    pinned = third.read_bytes()
    own_registry.stop()
    ran = pinner("update", cwd=moved.root)
    assert ran.code == 3
    assert "third/compose.yaml:3:12: error[unreachable]" in ran.stderr
    assert third.read_bytes() == pinned
    assert f"{moved.image}@{moved.new}\n" in (moved.root / "compose.yaml").read_text(encoding="utf-8")
    assert pinner("check", cwd=moved.root).code == 0
