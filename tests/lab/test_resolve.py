"""What pinner calls the digest of a tag is what skopeo's bytes hash to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.images import KINDS
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import DIGEST, contents, write_images

every_kind = pytest.mark.parametrize("kind", list(KINDS))
BOTH = ["linux/amd64", "linux/arm64"]


def _name(registry: RegistryProcess, kind: str) -> str:
    return f"{registry.address}/kinds/image:{kind}"


def _child(raw: bytes, platform: str) -> str:
    """Find the digest of a platform's manifest in an index, without pinner's reader."""
    wanted = platform.split("/")
    (digest,) = [
        str(one["digest"])
        for one in json.loads(raw)["manifests"]
        if [one["platform"]["os"], one["platform"]["architecture"]] == wanted
    ]
    return digest


@every_kind
def test_resolve_agrees_with_skopeo(
    kind: str, registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:  # RES-01, RES-07
    name = _name(registry, kind)
    ran = pinner("resolve", name, cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out.split() == [skopeo.digest_of(name)] == [kinds[kind]]
    assert registry.statuses() == {("HEAD", 200): 1}


def test_pin_agrees_with_skopeo_for_every_kind(
    registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    names = [_name(registry, kind) for kind in kinds]
    root = write_images(tmp_path / "tree", names)
    before = contents(root)
    ran = pinner("pin", cwd=root)
    assert ran.code == 0, ran.stderr
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    assert [f"image: {name}@{skopeo.digest_of(name)}\n" in text for name in names] == [True] * len(names)
    assert {path: DIGEST.sub(b"", content) for path, content in contents(root).items()} == before
    assert registry.statuses() == {("GET", 200): len(names)}


def test_resolve_tells_type_size_and_platforms(
    registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    ran = pinner("resolve", "--format", "json", *(_name(registry, kind) for kind in kinds), cwd=tmp_path)
    assert ran.code == 0, ran.stderr
    document = json.loads(ran.out)
    assert document["schema"] == "pinner/resolutions/1"
    found = {one["reference"].rpartition(":")[2]: one for one in document["resolutions"]}
    assert list(found) == list(kinds)
    for kind, image in KINDS.items():
        assert found[kind]["digest"] == kinds[kind]
        assert found[kind]["media_type"] == image.top.media_type
        assert found[kind]["size"] == len(image.top.content)
        assert image.children or found[kind]["platforms"] == []  # a plain manifest lists none
    assert found["oci-index"]["platforms"] == BOTH
    assert found["docker-list"]["platforms"] == BOTH
    assert found["attested-index"]["platforms"] == BOTH  # an attestation is no platform (RES-20)
    assert found["one-child-index"]["platforms"] == BOTH[:1]


@pytest.mark.parametrize("kind", ["oci-index", "docker-list", "pretty-index", "attested-index"])
def test_a_platform_gives_the_digest_of_its_manifest(
    kind: str, registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    name = _name(registry, kind)
    child = _child(skopeo.read_raw(name), "linux/arm64")
    assert skopeo.digest_of(f"{registry.address}/kinds/image@{child}") == child
    ran = pinner("resolve", "--platform", "linux/arm64", name, cwd=tmp_path)
    assert (ran.code, ran.out.split()) == (0, [child]), ran.stderr


@pytest.mark.parametrize(("kind", "offer"), [("oci-index", BOTH), ("one-child-index", BOTH[:1])])
def test_an_impossible_platform_names_what_is_on_offer(
    kind: str, offer: list[str], registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    ran = pinner("resolve", "--platform", "linux/s390x", _name(registry, kind), cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert "linux/s390x" in ran.stderr
    assert all(platform in ran.stderr for platform in offer)


@pytest.mark.parametrize("kind", ["oci-manifest", "docker-manifest"])
def test_a_plain_manifest_has_the_platform_that_its_configuration_names(
    kind: str, registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    ran = pinner("resolve", "--platform", "linux/amd64", _name(registry, kind), cwd=tmp_path)
    assert (ran.code, ran.out.split()) == (0, [kinds[kind]]), ran.stderr
    ran = pinner("resolve", "--platform", "linux/arm64", _name(registry, kind), cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert "linux/amd64" in ran.stderr


def test_one_missing_tag_does_not_hide_the_others(
    registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    names = [_name(registry, "oci-index"), _name(registry, "absent"), _name(registry, "docker-list")]
    ran = pinner("resolve", "-", cwd=tmp_path, stdin="\n".join(names))
    assert ran.code == 3
    assert ran.out.split() == [kinds["oci-index"], kinds["docker-list"]]
    assert "kinds/image:absent" in ran.stderr
