"""`verify` against real registries: digests that are gone, tags that moved, mirrors that lack something."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pinner.demo.images import Recipe, build_image
from pinner.oci.digest import Digest
from pinner.oci.media_types import OCI_MANIFEST
from tests.lab.images import KINDS, push, tiny_image
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess, running_registry
from tests.lab.trees import commit, git, write_images
from tests.support.program import tree_hash


def delete(registry: RegistryProcess, repository: str, digest: Digest) -> None:
    with closing(http.client.HTTPConnection(registry.address, timeout=30)) as connection:
        connection.request("DELETE", f"/v2/{repository}/manifests/{digest}")
        assert connection.getresponse().status == 202


def verify(root: Path, *arguments: str | Path, code: int) -> list[dict[str, Any]]:
    """Run `verify` twice, for people and for programs, and return its findings; nothing may be written."""
    before = tree_hash(root)
    said = pinner("verify", "-v", *arguments, cwd=root)
    ran = pinner("verify", "--format", "json", *arguments, cwd=root)
    assert (said.code, ran.code) == (code, code), said.stderr + ran.stderr
    assert tree_hash(root) == before
    findings: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    for one in findings:
        assert f"{one['severity']}[{one['rule']}]: {one['message']}\n" in said.out
    return findings


def rows(findings: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [(one["rule"], one["path"], one["line"], one["column"]) for one in findings]


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[RegistryProcess]:
    """A registry with a storage of its own, from which images may be deleted."""
    with running_registry(tmp_path / "stock", tmp_path / "stock-storage") as registry:
        yield registry


def pinned(root: Path, *images: str) -> Path:
    write_images(root, list(images))
    assert pinner("pin", cwd=root).code == 0
    return root


def test_a_tree_that_is_true_has_no_findings(registry: RegistryProcess, tmp_path: Path) -> None:
    push(registry.url, "true/app", {"1.0": KINDS["oci-index"], "2.0": KINDS["docker-list"]})
    push(registry.url, "true/one", {"1": KINDS["oci-manifest"]})
    host = registry.address
    root = pinned(tmp_path / "tree", f"{host}/true/app:1.0", f"{host}/true/app:2.0", f"{host}/true/one:1")
    registry.forget()
    ran = pinner("verify", cwd=root)
    assert (ran.code, ran.out) == (0, "")
    assert ran.stderr == "nothing to report of 3 pinned images\n"
    # A HEAD for each digest and for each tag, and nothing else.
    assert {key: count for key, count in registry.statuses().items() if key[0] != "GET"} == {("HEAD", 200): 6}
    assert not [one for one in registry.requests() if one.method == "GET" and "manifests" in one.target]


def test_a_digest_that_was_deleted_is_missed_and_can_be_replaced(  # H07
    stock: RegistryProcess, tmp_path: Path
) -> None:
    old = push(stock.url, "gone/app", {"1.0": tiny_image("old"), "2.0": tiny_image("kept")})
    root = pinned(tmp_path / "tree", f"{stock.address}/gone/app:1.0", f"{stock.address}/gone/app:2.0")
    push(stock.url, "gone/app", {"1.0": tiny_image("new")})
    delete(stock, "gone/app", old["1.0"])
    (lost, moved) = verify(root, code=1)
    assert rows([lost, moved]) == [("digest-missing", "compose.yaml", 3, 12), ("tag-moved", "compose.yaml", 3, 12)]
    assert lost["message"].startswith(f"{stock.address} does not have {old['1.0'].encoded[:12]}… of ")
    assert lost["hint"].startswith(f"run `pinner update --image '{stock.address}/gone/app:1.0'`")
    assert pinner("update", "--image", f"{stock.address}/gone/app:1.0", cwd=root).code == 0
    assert verify(root, code=0) == []


def test_a_tag_that_went_with_its_digest_gives_no_way_out(stock: RegistryProcess, tmp_path: Path) -> None:  # H07
    digests = push(stock.url, "gone/all", {"1": tiny_image("all")})
    root = pinned(tmp_path / "tree", f"{stock.address}/gone/all:1")
    delete(stock, "gone/all", digests["1"])
    found = verify(root, code=1)
    assert [one["rule"] for one in found] == ["digest-missing", "tag-missing"]
    assert found[0]["hint"] == "the tag gives no other one: push the image again, or choose another tag"


def test_a_tag_that_moved_on_is_a_note_and_a_release_that_did_a_warning(
    registry: RegistryProcess, tmp_path: Path
) -> None:
    push(registry.url, "moves/on", {"1": tiny_image("a"), "1.4.2": tiny_image("b"), "edge": tiny_image("c")})
    root = pinned(tmp_path / "tree", *(f"{registry.address}/moves/on:{tag}" for tag in ("1", "1.4.2", "edge")))
    push(registry.url, "moves/on", {"1": tiny_image("d"), "1.4.2": tiny_image("e")})
    found = verify(root, code=0)
    assert [(one["rule"], one["severity"], one["line"]) for one in found] == [
        ("tag-moved", "note", 3),
        ("tag-republished", "warning", 5),
    ]
    assert found[0]["message"].endswith("; the lock recorded it for this tag")
    assert pinner("verify", "--strict", cwd=root).code == 1
    assert pinner("verify", "--strict", "*/on:edge", cwd=root).code == 0


def test_a_digest_that_is_what_another_version_means_stands_beside_the_wrong_tag(  # RES-33
    registry: RegistryProcess, tmp_path: Path
) -> None:
    digests = push(registry.url, "wrong/tag", {"1.27": tiny_image("27"), "1.28": tiny_image("28")})
    name = f"{registry.address}/wrong/tag"
    write_images(tmp_path / "tree", [f"{name}:1.27@{digests['1.27']}", f"{name}:1.28@{digests['1.27']}"])
    (found,) = verify(tmp_path / "tree", code=1)
    assert rows([found]) == [("tag-mismatch", "compose.yaml", 5, 12)]
    assert "'1.27' means it now" in found["message"]


def test_the_lock_tells_a_wrong_tag_even_where_its_own_tag_moved_on(registry: RegistryProcess, tmp_path: Path) -> None:
    old = push(registry.url, "wrong/lock", {"1.27": tiny_image("27"), "1.28": tiny_image("28")})
    name = f"{registry.address}/wrong/lock"
    root = pinned(tmp_path / "tree", f"{name}:1.27")
    push(registry.url, "wrong/lock", {"1.27": tiny_image("27 again")})
    write_images(root, [f"{name}:1.28@{old['1.27']}"], path="second/compose.yaml")
    found = verify(root, code=1)
    assert rows(found) == [("tag-moved", "compose.yaml", 3, 12), ("tag-mismatch", "second/compose.yaml", 3, 12)]
    assert "the lock records it for '1.27'" in found[1]["message"]


def test_one_platform_of_what_the_tag_means_is_told_from_a_move(registry: RegistryProcess, tmp_path: Path) -> None:
    image = KINDS["oci-index"]
    push(registry.url, "child/app", {"1": image})
    child = next(one for one in image.children if one.media_type == OCI_MANIFEST)
    name = f"{registry.address}/child/app:1"
    root = tmp_path / "tree"
    write_images(root, [f"{name}@{child.digest}"])
    (found,) = verify(root, code=0)
    assert (found["rule"], found["severity"]) == ("platform-digest", "warning")
    assert "is pinned to linux/amd64 alone" in found["message"]
    # Where one platform was asked for, that is what was wanted.
    (tmp_path / "asked").mkdir()
    write_images(tmp_path / "asked", [name])
    assert pinner("pin", "--platform", "linux/amd64", cwd=tmp_path / "asked").code == 0
    assert verify(tmp_path / "asked", code=0) == []


def test_a_mirror_is_asked_for_itself(  # RES-32
    registry: RegistryProcess, stock: RegistryProcess, tmp_path: Path
) -> None:
    both = push(registry.url, "shared/app", {"1": tiny_image("both"), "2": tiny_image("origin only")})
    push(stock.url, "shared/app", {"1": tiny_image("both")})
    settings = tmp_path / "registries.toml"
    settings.write_text(f'[registries."{registry.address}"]\nmirrors = ["{stock.url}"]\n', encoding="utf-8")
    name = f"{registry.address}/shared/app"
    root = tmp_path / "tree"
    write_images(root, [f"{name}:{tag}@{both[tag]}" for tag in ("1", "2")])
    (found,) = verify(root, "--registries", settings, code=0)
    assert (found["rule"], found["severity"], found["line"]) == ("digest-missing-mirror", "warning", 5)
    assert found["message"].startswith(f"mirror {stock.address} does not have ")
    # The other way round: a copy at a mirror does not mend what the registry lost, but may save it.
    settings.write_text(f'[registries."{stock.address}"]\nmirrors = ["{registry.url}"]\n', encoding="utf-8")
    lost = f"{stock.address}/shared/app@{both['2']}"
    (found,) = verify(root, "--registries", settings, lost, code=1)
    assert (found["rule"], found["path"]) == ("digest-missing", "")
    assert found["message"].endswith(f"; mirror {registry.address} still has it")


def test_what_could_not_be_found_out_is_no_finding(own_registry: RegistryProcess, tmp_path: Path) -> None:
    push(own_registry.url, "silent/app", {"1": tiny_image("silent")})
    root = pinned(tmp_path / "tree", f"{own_registry.address}/silent/app:1")
    own_registry.stop()
    assert verify(root, code=3) == []
    ran = pinner("verify", "--format", "json", cwd=root)
    document = json.loads(ran.out)
    (failure,) = document["failures"]
    assert (failure["error"], failure["places"]) == ("unreachable", ["compose.yaml:3:12"])
    assert document["summary"]["failures"] == 1
    assert "compose.yaml:3:12: error[unreachable]" in ran.stderr


def test_a_refused_login_is_an_exit_code_of_its_own(htpasswd_registry: RegistryProcess, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    write_images(root, [f"{htpasswd_registry.address}/closed/app:1@{Digest.of(b'closed')}"])
    assert verify(root, code=4) == []


def test_required_platforms_are_read_from_the_registry(registry: RegistryProcess, tmp_path: Path) -> None:
    digests = push(registry.url, "needs/app", {tag: KINDS[tag] for tag in ("oci-index", "one-child-index")})
    digests |= push(registry.url, "needs/app", {"oci-manifest": KINDS["oci-manifest"]})
    root = tmp_path / "tree"
    write_images(root, [f"{registry.address}/needs/app:{tag}@{digest}" for tag, digest in digests.items()])
    (root / "pinner.toml").write_text("version = 1\n[images]\nrequired-platforms = ['linux/amd64']\n", encoding="utf-8")
    assert verify(root, code=0) == []
    (root / "pinner.toml").write_text("version = 1\n[images]\nrequired-platforms = ['linux/arm64']\n", encoding="utf-8")
    found = verify(root, code=1)
    assert [(one["rule"], one["line"]) for one in found] == [("platform-missing", 5), ("platform-missing", 7)]
    assert found[0]["message"].endswith(" does not have linux/arm64, which this project requires")


def test_other_tags_are_looked_at_where_that_is_asked_for(registry: RegistryProcess, tmp_path: Path) -> None:
    old = push(
        registry.url, "deep/app", {"1.27": tiny_image("27"), "1.27.3": tiny_image("27"), "1.28": tiny_image("28")}
    )
    other = push(registry.url, "deep/app", {"edge": tiny_image("edge")})
    push(registry.url, "deep/app", {"edge": tiny_image("edge again"), "1.27": tiny_image("27 again")})
    name = f"{registry.address}/deep/app"
    root = tmp_path / "tree"
    write_images(root, [f"{name}:{tag}@{digest}" for tag, digest in ({"1.27": old["1.27"]} | other).items()])
    write_images(root, [f"{name}:1.28@{old['1.27']}"], path="wrong/compose.yaml")
    registry.forget()
    assert [one["rule"] for one in verify(root, code=0)] == ["tag-moved"] * 3
    assert not [one for one in registry.requests() if "tags/list" in one.target]
    moved, unknown, wrong = verify(root, "--deep", code=1)
    assert (moved["rule"], unknown["rule"]) == ("tag-moved", "tag-moved")
    assert f"{old['1.27'].encoded[:12]}… is what '1.27.3' means now" in moved["message"]
    assert unknown["message"].endswith("is not known")
    assert (wrong["rule"], wrong["path"]) == ("tag-mismatch", "wrong/compose.yaml")


def test_the_commit_that_recorded_a_digest_is_named(registry: RegistryProcess, tmp_path: Path) -> None:
    image = f"{registry.address}/history/app:1"
    push(registry.url, "history/app", {"1": tiny_image("first")})
    root = pinned(tmp_path / "tree", image)
    commit(root)
    first = git(root, "rev-parse", "--short", "HEAD").strip()
    pinned_text = (root / "compose.yaml").read_text(encoding="utf-8")
    push(registry.url, "history/app", {"1": tiny_image("second")})
    assert pinner("update", cwd=root).code == 0
    git(root, "commit", "--quiet", "--all", "--message", "second")
    # Somebody brings the old digest back.
    (root / "compose.yaml").write_text(pinned_text, encoding="utf-8")
    found = verify(root, code=0)
    assert [(one["rule"], one["path"]) for one in found] == [("tag-moved", "compose.yaml")]
    assert found[0]["message"].endswith(f"; commit {first} recorded it for this tag")


def test_what_an_image_calls_itself_counts_where_the_tag_keeps_its_word(
    registry: RegistryProcess, tmp_path: Path
) -> None:
    old, new, other = (build_image(Recipe(marker=version)) for version in ("1.27.3", "1.28.1", "22.04"))
    digest = push(registry.url, "label/app", {"1.28": new, "2.0": other, "edge": old})["edge"]
    push(registry.url, "label/app", {"edge": new})
    name = f"{registry.address}/label/app"
    root = tmp_path / "tree"
    # 2.0 calls itself 22.04 now, as images do that were made from others: their labels prove nothing.
    write_images(root, [f"{name}:1.28@{digest}", f"{name}:2.0@{digest}"])
    assert [one["rule"] for one in verify(root, code=0)] == ["tag-moved", "tag-moved"]
    wrong, moved = verify(root, "--deep", code=1)
    assert (wrong["rule"], moved["rule"]) == ("tag-mismatch", "tag-moved")
    assert "it calls itself '1.27.3'" in wrong["message"]
    assert "calls itself" not in moved["message"]
