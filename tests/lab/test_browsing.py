"""What `tags` and `referrers` say of a real registry, beside what skopeo says."""

from __future__ import annotations

import json
from pathlib import Path

from pinner.demo.images import Document, Image
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.referrers import fallback_tag
from tests.lab import skopeo
from tests.lab.images import push, push_tiny, tiny_image
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.support.json_schema import check_document

TAGS = [f"1.{number}" for number in range(13)]
SBOM = "application/spdx+json"


def referring(subject: Digest, marker: str) -> Image:
    """Return the index that stands under the tag of `subject`, with one list of parts in it."""
    image = tiny_image(marker)
    manifest = {**json.loads(image.top.content), "artifactType": SBOM, "subject": {"digest": str(subject), "size": 1}}
    artifact = Document(media_types.OCI_MANIFEST, json.dumps(manifest).encode())
    entry = {
        "mediaType": media_types.OCI_MANIFEST,
        "digest": str(artifact.digest),
        "size": len(artifact.content),
        "artifactType": SBOM,
        "annotations": {"org.opencontainers.image.title": "app.spdx.json"},
    }
    index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry]}
    top = Document(media_types.OCI_INDEX, json.dumps(index).encode())
    return Image(top=top, children=(artifact,), blobs=image.blobs)


def test_all_tags_are_listed_in_the_order_of_versions(registry: RegistryProcess, tmp_path: Path) -> None:  # RES-22
    push_tiny(registry.url, [("browse/app", tag) for tag in TAGS])
    registry.forget()
    name = f"{registry.address}/browse/app"
    ran = pinner("tags", name, cwd=tmp_path)
    assert (ran.code, ran.stderr, ran.out.split()) == (0, "", TAGS)
    assert sorted(ran.out.split()) == sorted(skopeo.list_tags(name))
    assert [(one.target, one.status) for one in registry.requests()] == [("/v2/browse/app/tags/list?n=1000", 200)]
    document = check_document(pinner("tags", "--format", "json", name, cwd=tmp_path).out, "tags")
    assert (document["tags"], document["complete"]) == (TAGS, True)


def test_a_missing_repository_is_3_and_says_so(registry: RegistryProcess, tmp_path: Path) -> None:
    ran = pinner("tags", f"{registry.address}/browse/absent", cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert "has no such repository" in ran.stderr


def test_a_registry_that_asks_for_a_password_is_4(htpasswd_registry: RegistryProcess, tmp_path: Path) -> None:
    ran = pinner("tags", f"{htpasswd_registry.address}/browse/app", cwd=tmp_path)
    assert (ran.code, ran.out) == (4, "")


def test_referrers_are_found_by_their_tag_where_there_is_no_api(
    registry: RegistryProcess, tmp_path: Path
) -> None:  # RES-25, RES-26
    image = tiny_image("referred")
    subject = push(registry.url, "browse/referred", {"1": image})["1"]
    push(registry.url, "browse/referred", {fallback_tag(str(subject)): (index := referring(subject, "sbom"))})
    registry.forget()
    name = f"{registry.address}/browse/referred:1"
    ran = pinner("referrers", name, cwd=tmp_path)
    (artifact,) = index.children
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out == f"{artifact.digest}  {SBOM}  {len(artifact.content)}  app.spdx.json\n"
    assert registry.statuses() == {("HEAD", 200): 1, ("GET", 404): 1, ("GET", 200): 1}
    assert skopeo.digest_of(f"{registry.address}/browse/referred@{artifact.digest}") == str(artifact.digest)
    document = check_document(pinner("referrers", "--format", "json", name, cwd=tmp_path).out, "referrers")
    assert (document["digest"], document["via"]) == (str(subject), "tag")
    other = pinner("referrers", "--artifact-type", "application/x", name, cwd=tmp_path)
    assert (other.code, other.out) == (0, "")


def test_nothing_refers_to_an_image_without_the_tag(
    registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path
) -> None:
    ran = pinner("referrers", f"{registry.address}/kinds/image@{kinds['oci-index']}", cwd=tmp_path)
    assert (ran.code, ran.out, ran.stderr) == (0, "", "")
