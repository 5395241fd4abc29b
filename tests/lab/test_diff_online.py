"""Why a digest moved: every classification, on two complete builds in a real registry, through the command line."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pinner.demo.images import Document, Image
from pinner.lock.model import Lock, Pin
from pinner.lock.rendering import render_lock
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.labels import BASE_DIGEST, REVISION, SOURCE, VERSION
from tests.lab import skopeo
from tests.lab.builds import AMD64, APP, ARM64, BASE, TOOLS, Build, Layer, index, single
from tests.lab.images import push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.token_server import PASSWORD, USER
from tests.support.json_schema import check_document
from tests.support.program import Ran

ONE, TWO = "1" * 40, "2" * 40
GITHUB = "https://github.com/acme/app"
OLD = Build(labels={SOURCE: GITHUB, REVISION: ONE, VERSION: "1.0"})
ARM = replace(OLD, platform=ARM64)
NEXT_APP = Layer(APP.command, APP.path, "app 2, which is longer\n")
REBUILT = replace(OLD, layers=(BASE, TOOLS, NEXT_APP))
BARE = Build()
NEW_BASE = (Layer("/bin/sh -c #(nop) ADD file:2222 in / ", BASE.path, "VERSION=12.2\n"), TOOLS, APP)


def relabelled(build: Build, **labels: str) -> Build:
    names = {"source": SOURCE, "revision": REVISION, "version": VERSION, "base": BASE_DIGEST}
    return replace(build, labels={**build.labels, **{names[name]: text for name, text in labels.items()}})


def respelled(image: Image) -> Image:
    return replace(image, top=Document(image.top.media_type, json.dumps(json.loads(image.top.content)).encode()))


def nested(image: Image) -> Image:
    """Return an index around an index."""
    entry = {"mediaType": media_types.OCI_INDEX, "digest": str(image.top.digest), "size": len(image.top.content)}
    top = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry]}
    document = Document(media_types.OCI_INDEX, json.dumps(top).encode())
    return Image(top=document, children=(*image.children, image.top), blobs=image.blobs)


@dataclass(frozen=True, slots=True)
class Case:
    """Two builds, the causes in their order, and a part of what the weightiest was concluded from."""

    old: Image
    new: Image
    causes: tuple[str, ...]
    because: str


CASES: Mapping[str, Case] = {
    "platform-added": Case(index(OLD), index(OLD, ARM), ("platform-added",), ARM64),
    "platform-removed": Case(index(OLD, ARM), index(OLD), ("platform-removed",), ARM64),
    "attestation-only": Case(
        index(OLD, provenance="run 1"), index(OLD, provenance="run 2"), ("attestation-only",), "attestations differ"
    ),
    "attestation-gone": Case(
        index(OLD, provenance="run 1"), index(OLD), ("attestation-only",), "attestations are gone"
    ),
    "rebuilt": Case(
        index(OLD, ARM, provenance="run 1"),
        index(REBUILT, replace(REBUILT, platform=ARM64), provenance="run 2"),
        ("rebuilt",),
        f"1 of 3 layers differ, and both sides carry revision {ONE}",
    ),
    "new-revision": Case(
        index(OLD), index(relabelled(REBUILT, revision=TWO)), ("new-revision",), f"the revision was {ONE}, is {TWO}"
    ),
    "new-revision-of-docker": Case(
        index(replace(OLD, is_docker=True), is_docker=True),
        index(replace(relabelled(REBUILT, revision=TWO), is_docker=True), is_docker=True),
        ("new-revision",),
        f"the revision was {ONE}, is {TWO}",
    ),
    "source-changed": Case(
        single(OLD),
        single(relabelled(REBUILT, source="https://github.com/evil/app", revision=TWO)),
        ("source-changed", "new-revision"),
        "https://github.com/evil/app",
    ),
    "base-changed-by-label": Case(
        single(relabelled(OLD, base="sha256:1111")),
        single(relabelled(replace(OLD, layers=NEW_BASE), base="sha256:2222")),
        ("base-changed", "rebuilt"),
        "the label of the base's digest was sha256:1111, is sha256:2222",
    ),
    "base-changed-by-layers": Case(
        single(BARE),
        single(replace(BARE, layers=NEW_BASE)),
        ("base-changed", "content-changed"),
        "no label names the base; the lowest layer differs, and the commands above are the same",
    ),
    "content-changed": Case(
        single(BARE),
        single(replace(BARE, layers=REBUILT.layers)),
        ("content-changed",),
        "no label on both sides names the revision",
    ),
    "configuration-changed": Case(
        single(OLD),
        single(
            replace(
                OLD,
                config={
                    "Entrypoint": ["/bin/sh"],
                    "Cmd": ["-c", "true"],
                    "User": "0",
                    "ExposedPorts": {"22/tcp": {}},
                    "Volumes": {"/data": {}},
                    "WorkingDir": "/data",
                    "Env": ["TOKEN=hunter2hunter2"],
                },
            )
        ),
        ("configuration-changed",),
        "user, entry point, command, working directory, exposed ports, volumes, environment",
    ),
    "metadata-only-label": Case(single(OLD), single(relabelled(OLD, version="1.1")), ("metadata-only",), "labels"),
    "metadata-only-annotation": Case(
        single(OLD), single(replace(OLD, annotations={VERSION: "1.1"})), ("metadata-only",), "the manifest differs"
    ),
    "metadata-only-index": Case(
        index(OLD), index(OLD, annotations={VERSION: "1.1"}), ("metadata-only",), "annotations of the index"
    ),
    "recompressed": Case(
        single(OLD), single(replace(OLD, level=1)), ("recompressed",), "the layers unpack to the same archives"
    ),
    "index-only": Case(index(OLD, ARM), respelled(index(OLD, ARM)), ("index-only",), "other bytes"),
    "index-only-nested": Case(index(OLD, ARM), nested(index(OLD, ARM)), ("index-only",), "other bytes"),
    "shape-changed": Case(index(OLD), single(OLD), ("shape-changed",), "it was an index, is a single manifest"),
    "shape-changed-and-more": Case(
        single(OLD),
        index(relabelled(REBUILT, revision=TWO), ARM),
        ("new-revision", "platform-added", "shape-changed"),
        TWO,
    ),
}


def write_locks(folder: Path, pins: Mapping[str, tuple[Digest, Digest]]) -> None:
    """Write two lockfiles that differ in these entries."""
    for number, name in enumerate(("old.lock", "new.lock")):
        lock = Lock.of(Pin(key=key, digest=digests[number]) for key, digests in pins.items())
        (folder / name).write_text(render_lock(lock), encoding="utf-8")


def explain(folder: Path, *arguments: str, **environ: str) -> Ran:
    return pinner("diff", "--online", *arguments, "old.lock", "new.lock", cwd=folder, **environ)


def evidence_of(ran: Ran) -> dict[str, Any]:
    """Return the evidence of a JSON report by the names of the images."""
    moved = check_document(ran.out, "diff")["moved"]
    return {one["image"]: one["evidence"] for one in moved}


def causes_of(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(one["cause"] for one in evidence["causes"])


@pytest.fixture(scope="module")
def pushed(_open_registry: RegistryProcess) -> dict[str, tuple[Digest, Digest]]:
    """Push the builds of all cases; return the digests of both sides by the key of the lock."""
    images = {f"{name}-{side}": getattr(case, side) for name, case in CASES.items() for side in ("old", "new")}
    digests = push(_open_registry.url, "why/app", images)
    return {
        f"{_open_registry.address}/why/app:{name}": (digests[f"{name}-old"], digests[f"{name}-new"]) for name in CASES
    }


def test_every_cause_is_told_in_one_run(
    registry: RegistryProcess, pushed: dict[str, tuple[Digest, Digest]], tmp_path: Path
) -> None:  # B10, B11
    write_locks(tmp_path, pushed)
    ran = explain(tmp_path, "--format", "json", "--stats")
    assert ran.code == 0, ran.stderr
    found = {name.rpartition(":")[2]: evidence for name, evidence in evidence_of(ran).items()}
    assert {name: causes_of(one) for name, one in found.items()} == {name: case.causes for name, case in CASES.items()}
    for name, case in CASES.items():
        assert case.because in found[name]["causes"][0]["because"], name
        assert found[name]["unread"] == []
    assert {one.status for one in registry.requests()} == {200}
    # No manifest is asked for twice, and nothing is shown that may be a secret.
    manifests = [one.target for one in registry.requests() if "/manifests/" in one.target]
    assert len(set(manifests)) == len(manifests)
    assert "hunter2" not in ran.out + ran.stderr
    assert f"{len(registry.requests())} requests" in ran.stderr


@pytest.mark.parametrize(
    "name", ["rebuilt", "configuration-changed", "new-revision-of-docker", "shape-changed-and-more"]
)
def test_these_are_images_that_another_tool_takes(
    pushed: dict[str, tuple[Digest, Digest]], registry: RegistryProcess, tmp_path: Path, name: str
) -> None:
    for digest in pushed[f"{registry.address}/why/app:{name}"]:
        skopeo.copy_all(f"{registry.address}/why/app@{digest}", tmp_path / digest.encoded)


def test_a_new_revision_comes_with_its_labels_its_address_and_its_size(
    pushed: dict[str, tuple[Digest, Digest]], registry: RegistryProcess, tmp_path: Path
) -> None:
    key = f"{registry.address}/why/app:new-revision"
    write_locks(tmp_path, {key: pushed[key]})
    evidence = evidence_of(explain(tmp_path, "--format", "json"))[key]
    assert evidence["compare"] == f"{GITHUB}/compare/{ONE}...{TWO}"
    assert {"name": REVISION, "old": ONE, "new": TWO} in evidence["labels"]
    (platform,) = evidence["platforms"]
    old, new = (
        json.loads(skopeo.read_raw(f"{registry.address}/why/app:new-revision-{side}")) for side in ("old", "new")
    )
    assert platform["old"]["manifest"] == old["manifests"][0]["digest"]
    assert platform["new"]["manifest"] == new["manifests"][0]["digest"]
    assert (platform["platform"], platform["shared_layers"], len(platform["new"]["layers"])) == (AMD64, 2, 3)
    assert platform["size_delta"] == platform["new"]["size"] - platform["old"]["size"] > 0


def test_of_what_both_sides_share_nothing_is_read(
    pushed: dict[str, tuple[Digest, Digest]], registry: RegistryProcess, tmp_path: Path
) -> None:
    key = f"{registry.address}/why/app:platform-added"
    write_locks(tmp_path, {key: pushed[key]})
    registry.forget()
    assert explain(tmp_path).code == 0
    assert sorted(one.target for one in registry.requests()) == sorted(
        f"/v2/why/app/manifests/{one}" for one in pushed[key]
    )


def test_platforms_that_are_not_run_are_not_read(
    pushed: dict[str, tuple[Digest, Digest]], registry: RegistryProcess, tmp_path: Path
) -> None:
    key = f"{registry.address}/why/app:rebuilt"
    write_locks(tmp_path, {key: pushed[key]})
    (tmp_path / "pinner.toml").write_text('version = 1\nplatforms = ["linux/arm64"]\n', encoding="utf-8")
    registry.forget()
    evidence = evidence_of(explain(tmp_path, "--format", "json"))[key]
    assert (causes_of(evidence), evidence["left_out"]) == (("rebuilt",), 1)
    assert len(registry.requests()) == 6
    (tmp_path / "pinner.toml").write_text('version = 1\nplatforms = ["linux/s390x"]\n', encoding="utf-8")
    registry.forget()
    evidence = evidence_of(explain(tmp_path, "--format", "json"))[key]
    assert (causes_of(evidence), evidence["left_out"]) == (("other-platforms-only",), 2)
    assert len(registry.requests()) == 2


# --- what cannot be known ---------------------------------------------------------------------------------------------


def delete(registry: RegistryProcess, repository: str, digest: Digest) -> None:
    with closing(http.client.HTTPConnection(registry.address, timeout=30)) as connection:
        connection.request("DELETE", f"/v2/{repository}/manifests/{digest}", headers={"User-Agent": "lab"})
        assert connection.getresponse().status == 202


def test_a_digest_that_is_gone_is_told_and_hides_no_other_one_h07(
    pushed: dict[str, tuple[Digest, Digest]], own_registry: RegistryProcess, tmp_path: Path
) -> None:
    digests = push(own_registry.url, "why/gone", {"1": single(OLD), "2": single(REBUILT)})
    delete(own_registry, "why/gone", digests["1"])
    gone = f"{own_registry.address}/why/gone:1"
    kept = f"{own_registry.address}/why/app:rebuilt"
    known = {key.partition("/")[2]: one for key, one in pushed.items()}["why/app:rebuilt"]
    write_locks(tmp_path, {gone: (digests["1"], digests["2"]), kept: known})
    ran = explain(tmp_path, "--format", "json")
    assert ran.code == 3
    found = evidence_of(ran)
    assert (causes_of(found[gone]), causes_of(found[kept])) == (("unknown",), ("rebuilt",))
    assert found[gone]["causes"] == [{"cause": "unknown", "because": "the old digest is gone", "platforms": []}]
    (unread,) = found[gone]["unread"]
    assert (unread["side"], unread["error"]) == ("old", "not-found")
    # What the other side says of itself is told all the same.
    assert {"name": REVISION, "old": None, "new": ONE} in found[gone]["labels"]
    assert "error[not-found]" in ran.stderr
    assert "the old digest is gone" in explain(tmp_path).out


def test_a_registry_that_asks_for_a_password_is_4(
    pushed: dict[str, tuple[Digest, Digest]], htpasswd_registry: RegistryProcess, tmp_path: Path
) -> None:
    digests = next(iter(pushed.values()))
    write_locks(tmp_path, {f"{htpasswd_registry.address}/why/app:1": digests})
    ran = explain(tmp_path, "--format", "json")
    assert ran.code == 4
    assert causes_of(next(iter(evidence_of(ran).values()))) == ("unknown",)
    named = explain(
        tmp_path,
        *("--auth", f"{htpasswd_registry.address}=env:LOGIN", "--format", "json"),
        LOGIN=f"{USER}:{PASSWORD}",
    )
    assert named.code == 0, named.stderr


def test_without_online_and_with_offline_nobody_is_asked(
    pushed: dict[str, tuple[Digest, Digest]], registry: RegistryProcess, tmp_path: Path
) -> None:
    write_locks(tmp_path, pushed)
    registry.forget()
    plain = pinner("diff", "--format", "json", "old.lock", "new.lock", cwd=tmp_path)
    assert plain.code == 0
    assert all(one is None for one in evidence_of(plain).values())
    off = explain(tmp_path, "--offline")
    assert (off.code, "the network is off" in off.stderr) == (3, True)
    assert registry.requests() == ()
