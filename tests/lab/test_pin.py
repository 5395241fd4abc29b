"""The main job: four formats pinned against a real registry, and nothing else in the files changed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.lab import skopeo
from tests.lab.images import KINDS, annotated, push
from tests.lab.program import begin, pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import (
    KIND_OF,
    contents,
    list_images,
    places_by_search,
    push_four_formats,
    without_digests,
    write_four_formats,
    write_images,
)
from tests.support.program import tree_hash


def test_a_pinned_tree_is_not_touched_and_sends_no_request(own_registry: RegistryProcess, tmp_path: Path) -> None:
    push_four_formats(own_registry.url)
    root = write_four_formats(tmp_path / "tree", own_registry.address)
    assert pinner("pin", cwd=root).code == 0
    before = tree_hash(root)
    own_registry.forget()
    again = pinner("pin", cwd=root)
    assert again.code == 0, again.stderr
    assert own_registry.requests() == ()
    assert tree_hash(root) == before


def test_four_formats_are_pinned_byte_by_byte(own_registry: RegistryProcess, tmp_path: Path) -> None:
    digests = push_four_formats(own_registry.url)
    root = write_four_formats(tmp_path / "tree", own_registry.address)
    before = contents(root)
    ran = pinner("pin", cwd=root)
    assert ran.code == 0, ran.stderr
    after = contents(root)
    assert without_digests(after) == before
    assert sum(after[path] != before[path] for path in before) == 4
    images = list_images(root)
    assert Counter(one["path"] for one in images) == {
        "deploy/api.yaml": 4,
        "compose.yaml": 3,  # two of them by one anchor
        ".gitlab-ci.yml": 2,
        "Dockerfile": 3,
    }
    for one in images:
        name = f"{one['repository']}:{one['tag'] or 'latest'}"
        assert one["digest"] == one["locked"] == digests[name] == skopeo.digest_of(f"{own_registry.address}/{name}")
    lock = (root / "pinner.lock").read_text(encoding="utf-8")
    assert re.findall(r'^\[images\."(.*)"\]$', lock, re.MULTILINE) == sorted(
        f"{own_registry.address}/{name}" for name in KIND_OF
    )
    assert len(own_registry.requests()) == len(KIND_OF)


def test_check_needs_no_registry(own_registry: RegistryProcess, tmp_path: Path) -> None:
    push_four_formats(own_registry.url)
    root = write_four_formats(tmp_path / "tree", own_registry.address)
    assert pinner("pin", cwd=root).code == 0
    own_registry.stop()
    before = tree_hash(root)
    ran = pinner("check", cwd=root)
    assert (ran.code, ran.out) == (0, ""), ran.stderr
    assert pinner("pin", cwd=root).code == 0
    assert tree_hash(root) == before


def test_check_lists_every_unpinned_place(registry: RegistryProcess, tmp_path: Path) -> None:
    root = write_four_formats(tmp_path / "tree", registry.address)
    before = tree_hash(root)
    ran = pinner("check", cwd=root)
    assert ran.code == 1
    listed = [line.split(": ", 2) for line in ran.out.splitlines() if not line.startswith(" ")]
    assert {place for place, _, _ in listed} >= {str(place) for place in places_by_search(root, registry.address)}
    assert {kind for _, kind, _ in listed} == {"error[unpinned]"}
    assert registry.requests() == ()
    assert tree_hash(root) == before


def test_a_missing_tag_among_fifty_is_reported_and_the_fifty_are_pinned(
    registry: RegistryProcess, tmp_path: Path
) -> None:  # one failure hides nothing
    tags = {f"1.{number}": annotated(KINDS["oci-index"], f"fifty {number}") for number in range(50)}
    digests = push(registry.url, "fifty/app", tags)
    names = [f"{registry.address}/fifty/app:{tag}" for tag in tags]
    absent = f"{registry.address}/fifty/app:9.9"
    root = write_images(tmp_path / "tree", [*names[:25], absent, *names[25:]])
    before = contents(root)
    ran = pinner("pin", cwd=root)
    assert ran.code == 3
    assert re.findall(r"^compose\.yaml:53:12: error\[not-found\].*$", ran.stderr, re.MULTILINE)
    assert ran.stderr.count("error[") == 1
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    assert all(f"fifty/app:{tag}@{digest}\n" in text for tag, digest in digests.items())
    assert f"image: {absent}\n" in text
    assert without_digests(contents(root)) == before
    assert (root / "pinner.lock").read_text(encoding="utf-8").count("[images.") == 50
    assert len(registry.requests()) <= 52  # the missing one may be asked for twice: HEAD and GET
    checked = pinner("check", cwd=root)
    assert checked.code == 1
    assert [line.partition(": ")[0] for line in checked.out.splitlines()][:1] == ["compose.yaml:53:12"]
    assert checked.out.count("error[") == 1


def test_two_runs_at_the_same_time_both_end_well(registry: RegistryProcess, tmp_path: Path) -> None:  # D-lock
    push_four_formats(registry.url)
    root = write_four_formats(tmp_path / "tree", registry.address)
    before = contents(root)
    runs = [begin("pin", cwd=root) for _ in range(2)]
    ends = [(process.communicate(timeout=300)[1].decode(), process.returncode) for process in runs]
    assert [code for _, code in ends] == [0, 0], ends
    assert without_digests(contents(root)) == before
    assert (root / "pinner.lock").read_text(encoding="utf-8").count("[images.") == len(KIND_OF)
    assert pinner("check", cwd=root).code == 0


def test_two_runs_for_different_files_lose_no_entry_of_the_lock(registry: RegistryProcess, tmp_path: Path) -> None:
    push_four_formats(registry.url)
    root = write_four_formats(tmp_path / "tree", registry.address)
    runs = [begin("pin", *paths, cwd=root) for paths in (["deploy", "compose.yaml"], [".gitlab-ci.yml", "Dockerfile"])]
    ends = [(process.communicate(timeout=300)[1].decode(), process.returncode) for process in runs]
    assert [code for _, code in ends] == [0, 0], ends
    assert (root / "pinner.lock").read_text(encoding="utf-8").count("[images.") == len(KIND_OF)
    assert pinner("check", cwd=root).code == 0
