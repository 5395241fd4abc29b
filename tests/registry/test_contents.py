"""What digests name with their parts: by digest only, from whoever is nearest, every hash checked."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from pinner.errors import IntegrityError, NotFoundError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.contents import Contents, ImageContents, IndexContents
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from tests.registry.fakes import INDEX, Respond, World, failure, image, references, token_registry
from tests.registry.test_mirrors import mirrored

HOST = "registry.example"
STORAGE = "storage.example"
CONFIG = json.dumps({"os": "linux", "architecture": "arm64", "config": {"User": "app"}}).encode()
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


def manifest(config: bytes = CONFIG, media_type: str = _CONFIG_TYPE, **fields: object) -> bytes:
    described = {"mediaType": media_type, "digest": str(Digest.of(config)), "size": len(config)}
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": described, "layers": [], **fields}
    return json.dumps(document).encode()


MANIFEST = manifest()


def serving(*documents: bytes, blobs: Mapping[Digest, bytes] | None = None) -> Respond:
    """A registry that has these and nothing else."""
    stored = {str(Digest.of(one)): one for one in documents}
    parts = {str(Digest.of(CONFIG)): CONFIG} if blobs is None else {str(name): one for name, one in blobs.items()}

    def respond(request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        if "/blobs/" in request.url.path:
            return httpx.Response(200, content=parts[what]) if what in parts else failure(404, "BLOB_UNKNOWN")
        return image(stored[what]) if what in stored else failure(404, "MANIFEST_UNKNOWN")

    return respond


def read(world: World, content: bytes = MANIFEST, name: str = f"{HOST}/app", **settings: object) -> Contents:
    with world.resolver(**settings) as resolver:
        (found,) = resolver.read(references(f"{name}:1@{Digest.of(content)}"))
    if isinstance(found, ResolutionError):
        raise found
    return found


def test_an_index_costs_one_request_and_no_child_is_read() -> None:
    world = World(hosts={HOST: serving(INDEX)})
    found = read(world, INDEX)
    assert isinstance(found, IndexContents)
    assert [str(one.platform) for one in found.images] == ["linux/amd64"]
    assert [(one.method, one.path) for one in world.seen] == [("GET", f"/v2/app/manifests/{Digest.of(INDEX)}")]


def test_an_image_is_read_with_its_configuration() -> None:
    world = World(hosts={HOST: serving(MANIFEST)})
    found = read(world)
    assert isinstance(found, ImageContents)
    assert found.configuration is not None
    assert (found.configuration.platform, found.configuration.run) == (Platform("linux", "arm64"), {"user": "app"})
    assert [one.path.split("/")[3] for one in world.seen] == ["manifests", "blobs"]


def test_an_artifact_has_no_configuration_that_is_asked_for() -> None:
    chart = manifest(media_type="application/vnd.cncf.helm.config.v1+json")
    world = World(hosts={HOST: serving(chart)})
    found = read(world, chart)
    assert isinstance(found, ImageContents)
    assert (found.configuration, len(world.seen)) == (None, 1)


@pytest.mark.parametrize(
    ("respond", "error", "words"),
    [
        pytest.param(serving(), NotFoundError, "", id="a manifest that is gone, H07"),
        pytest.param(serving(MANIFEST, blobs={}), NotFoundError, "", id="a configuration that is gone"),
        pytest.param(lambda _: image(INDEX), IntegrityError, "asked for sha256", id="SEC-10 another manifest"),
        pytest.param(
            serving(MANIFEST, blobs={Digest.of(CONFIG): b"{}"}),
            IntegrityError,
            "something else",
            id="SEC-10 another blob",
        ),
        pytest.param(lambda _: httpx.Response(200, html="<p>"), UnsupportedError, "web page", id="a page"),
    ],
)
def test_what_is_not_what_was_asked_for_is_an_error_that_names_it(
    respond: Respond, error: type[ResolutionError], words: str
) -> None:
    with pytest.raises(error, match=f"^{HOST}/app@{Digest.of(MANIFEST)}: .*{words}"):
        read(World(hosts={HOST: respond}))


@pytest.mark.parametrize(
    ("content", "blob", "words"),
    [
        (manifest(layers=None), CONFIG, f"{HOST}: the manifest has no list of layers"),
        (manifest(b"[]"), b"[]", f"{HOST}: the image's configuration: the document is not a JSON object"),
    ],
)
def test_parts_that_are_odd_are_errors_that_name_the_host(content: bytes, blob: bytes, words: str) -> None:  # RES-12
    world = World(hosts={HOST: serving(content, blobs={Digest.of(blob): blob})})
    with pytest.raises(IntegrityError, match=words):
        read(world, content)


def test_one_that_fails_hides_no_other_one_and_order_is_kept() -> None:  # RES-29
    world = World(hosts={HOST: serving(MANIFEST, INDEX)})
    absent = f"{HOST}/app@{Digest.of(b'absent')}"
    names = [f"{HOST}/app@{Digest.of(one)}" for one in (MANIFEST, INDEX, MANIFEST)]
    with world.resolver() as resolver:
        found = resolver.read(references(absent, *names))
    assert [type(one) for one in found] == [NotFoundError, ImageContents, IndexContents, ImageContents]
    # The same question is asked once.
    assert len(world.seen) == 4


def test_a_configuration_may_lie_on_another_host_which_gets_no_credentials_sec_04() -> None:
    def redirecting(request: httpx.Request) -> httpx.Response:
        if "/blobs/" in request.url.path:
            return httpx.Response(307, headers={"location": f"https://{STORAGE}/blob?signature=x"})
        return serving(MANIFEST)(request)

    world = World(
        hosts={HOST: token_registry(inside=redirecting), STORAGE: lambda _: httpx.Response(200, content=CONFIG)}
    )
    found = read(world)
    assert isinstance(found, ImageContents)
    assert found.configuration is not None
    assert [one.authorization for one in world.seen if one.host == STORAGE] == [None]
    assert all(one.authorization for one in world.seen if one.host == HOST and "/blobs/" in one.path)


def test_a_mirror_that_has_it_is_asked_before_the_registry_and_its_bytes_are_checked() -> None:  # RES-28
    name, mirror = "docker.io/library/app", "first.example"
    hosts = {mirror: serving(MANIFEST), "registry-1.docker.io": serving(MANIFEST)}
    world = World(hosts=hosts)
    assert isinstance(read(world, name=name, registries=mirrored()), ImageContents)
    assert {one.host for one in world.seen} == {mirror}
    # A mirror without the configuration has nothing, and the registry is asked.
    world = World(hosts={**hosts, mirror: serving(MANIFEST, blobs={})})
    assert isinstance(read(world, name=name, registries=mirrored()), ImageContents)
    assert "registry-1.docker.io" in {one.host for one in world.seen}
    # One that lies is told.
    world = World(hosts={**hosts, mirror: lambda _: image(INDEX)})
    with pytest.raises(IntegrityError, match=r"mirror https://first\.example"):
        read(world, name=name, registries=mirrored())
