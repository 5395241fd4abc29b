"""What a HEAD may be believed, when a GET must follow, and whose digest counts (RES-09, RES-30)."""

from __future__ import annotations

import json

import httpx
import pytest

from pinner.errors import (
    DeniedError,
    IntegrityError,
    NotFoundError,
    ResolutionError,
    UnreachableError,
    UnsupportedError,
)
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_PARTS
from pinner.oci.platform import Platform
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import (
    CHILD,
    CONFIG,
    INDEX,
    MANIFEST,
    Respond,
    World,
    failure,
    image,
    open_registry,
    references,
)

HOST = "registry.example"
INDEX_DIGEST = Digest.of(INDEX)


def by_method(head: httpx.Response | Respond, get: httpx.Response | Respond | None = None) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        answer = head if request.method == "HEAD" or get is None else get
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return respond


def look_up(respond: Respond, text: str = f"{HOST}/app:1", host: str = HOST) -> tuple[Resolution, list[str]]:
    world = World(hosts={host: respond})
    with world.resolver() as resolver:
        (result,) = resolver.look_up(references(text))
    return result, [one.method for one in world.seen]


def error_of(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


def test_a_good_head_is_all_that_is_asked() -> None:  # RES-10
    result, methods = look_up(open_registry())
    assert isinstance(result, Resolved)
    assert (result.descriptor.digest, result.descriptor.media_type) == (INDEX_DIGEST, media_types.OCI_INDEX)
    assert (result.descriptor.size, result.how, result.platforms, result.mirror) == (len(INDEX), "head", None, None)
    assert methods == ["HEAD"]


def test_every_manifest_request_carries_the_same_accept_and_asks_for_identity() -> None:  # RES-01, RES-05, SEC-08
    world = World(hosts={HOST: by_method(httpx.Response(405), image())})
    with world.resolver() as resolver:
        resolver.look_up(references(f"{HOST}/app:1", f"{HOST}/app@{INDEX_DIGEST}"))
    assert len(world.seen) >= 3
    for one in world.seen:
        assert one.headers["accept"] == media_types.ACCEPT
        assert one.headers["accept-encoding"] == "identity"
        assert one.headers["user-agent"].startswith("pinner/")
        assert "cookie" not in one.headers


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(image(docker_content_digest=""), id="no digest"),
        pytest.param(image(docker_content_digest="sha256:00"), id="bad digest"),
        pytest.param(image(docker_content_digest=f"{INDEX_DIGEST}, {INDEX_DIGEST}"), id="two digests in one"),
        pytest.param(image(docker_content_digest="md5:" + "0" * 32), id="RES-11 unknown algorithm"),
        pytest.param(image(media_type="text/plain"), id="text/plain"),
        pytest.param(image(media_type="application/octet-stream"), id="octets"),
        pytest.param(image(content_type=""), id="no media type"),
        pytest.param(image(media_type=media_types.DOCKER_SCHEMA1_SIGNED), id="schema 1"),
        pytest.param(
            httpx.Response(
                200,
                headers=[
                    ("docker-content-digest", str(INDEX_DIGEST)),
                    ("docker-content-digest", str(CHILD)),
                    ("content-type", media_types.OCI_INDEX),
                ],
            ),
            id="SEC-12 the header twice",
        ),
        pytest.param(httpx.Response(204), id="204"),
        pytest.param(httpx.Response(206), id="206"),
        pytest.param(failure(400), id="400"),
        pytest.param(failure(403), id="403"),
        pytest.param(failure(404), id="404"),
        pytest.param(failure(405), id="405"),
        pytest.param(failure(406), id="406"),
        pytest.param(failure(415), id="415"),
        pytest.param(failure(501), id="501"),
    ],
)
def test_a_head_that_cannot_be_believed_is_followed_by_one_get(head: httpx.Response) -> None:  # RES-30
    result, methods = look_up(by_method(head, image()))
    assert isinstance(result, Resolved)
    assert (result.descriptor.digest, result.how) == (INDEX_DIGEST, "get")
    assert methods == ["HEAD", "GET"]


def test_a_head_for_another_digest_is_not_believed() -> None:  # RES-30, SEC-10
    result, methods = look_up(by_method(image(docker_content_digest=str(CHILD)), image()), f"{HOST}/app@{INDEX_DIGEST}")
    assert isinstance(result, Resolved)
    assert methods == ["HEAD", "GET"]


def test_a_missing_length_is_no_reason_to_ask_again() -> None:  # RES-30
    result, methods = look_up(by_method(image(content_length="")))
    assert isinstance(result, Resolved)
    assert (result.descriptor.size, methods) == (None, ["HEAD"])


@pytest.mark.parametrize("status", [405, 501])
def test_a_host_without_head_is_asked_by_get_from_then_on(status: int) -> None:  # RES-08, RES-30
    world = World(hosts={HOST: by_method(httpx.Response(status), image())})
    with world.resolver(jobs=1) as resolver:
        resolver.look_up(references(*(f"{HOST}/app:{number}" for number in range(5))))
    assert [world.count("HEAD"), world.count("GET")] == [1, 5]


def test_every_404_is_confirmed_because_a_proxy_denies_tag_by_tag() -> None:  # RES-30
    world = World(hosts={HOST: by_method(failure(404), failure(404, "MANIFEST_UNKNOWN"))})
    with world.resolver(jobs=1) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app:{number}" for number in range(4))))
    assert [world.count("HEAD"), world.count("GET")] == [4, 4]
    assert all(isinstance(error_of(one), NotFoundError) for one in results)


def test_a_tag_that_is_missing_hides_no_other_one_of_a_proxy() -> None:  # RES-30
    def respond(request: httpx.Request) -> httpx.Response:
        is_there = request.method == "GET" and request.url.path.endswith("/good")
        return image() if is_there else failure(404, "MANIFEST_UNKNOWN")

    with World(hosts={HOST: respond}).resolver(jobs=1) as resolver:
        bad, good = resolver.look_up(references(f"{HOST}/app:bad", f"{HOST}/app:good"))
    assert isinstance(error_of(bad), NotFoundError)
    assert isinstance(good, Resolved)


def test_a_repository_whose_head_lied_is_asked_by_get() -> None:  # Nexus, Harbor's proxies
    world = World(hosts={HOST: by_method(failure(404), image())})
    with world.resolver(jobs=1) as resolver:
        results = resolver.look_up(references(*(f"{HOST}/app:{number}" for number in range(3))))
    assert all(isinstance(one, Resolved) for one in results)
    assert [world.count("HEAD"), world.count("GET")] == [1, 3]


def test_a_404_of_docker_hub_is_believed() -> None:  # RES-07
    result, methods = look_up(open_registry(), "nginx:missing", "registry-1.docker.io")
    assert isinstance(error_of(result), NotFoundError)
    assert methods == ["HEAD"]


def test_schema_1_is_refused_with_what_to_do() -> None:  # RES-15
    old = json.dumps({"schemaVersion": 1, "name": "app"}).encode()
    reply = image(old, media_type=media_types.DOCKER_SCHEMA1_SIGNED)
    error = error_of(look_up(by_method(reply, reply))[0])
    assert isinstance(error, UnsupportedError)
    assert "schema 1" in error.message
    assert error.message.startswith(f"{HOST}/app:1: {HOST}: ")
    assert "push the image again" in (error.hint or "")


def test_a_web_page_is_not_a_manifest() -> None:
    page = httpx.Response(200, html="<!doctype html><p>please log in")
    error = error_of(look_up(by_method(page, page))[0])
    assert isinstance(error, UnsupportedError)
    assert "web page" in error.message


def test_a_digest_whose_bytes_are_others_is_an_integrity_error() -> None:  # RES-09, SEC-10
    head = image(docker_content_digest="")
    error = error_of(look_up(by_method(head, image(MANIFEST)), f"{HOST}/app@{INDEX_DIGEST}")[0])
    assert isinstance(error, IntegrityError)
    assert str(INDEX_DIGEST) in error.message


def test_a_header_that_disagrees_loses_where_the_body_can_be_pulled() -> None:  # RES-09, SEC-11
    lie = str(CHILD)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "HEAD" and request.url.path.endswith(str(INDEX_DIGEST)):
            return image()
        return failure(403) if request.method == "HEAD" else image(docker_content_digest=lie)

    world = World(hosts={HOST: respond})
    with world.resolver() as resolver:
        (result,) = resolver.look_up(references(f"{HOST}/app:1"))
        assert any("header" in warning for warning in resolver.warnings)
    assert isinstance(result, Resolved)
    assert result.descriptor.digest == INDEX_DIGEST


def test_a_header_that_disagrees_is_an_integrity_error_where_it_cannot() -> None:  # RES-09
    error = error_of(look_up(by_method(failure(403), image(docker_content_digest=str(CHILD))))[0])
    assert isinstance(error, IntegrityError)
    assert "cannot be pulled" in error.message


def test_a_sha512_header_that_fits_the_body_is_taken() -> None:  # RES-11
    digest = Digest.of(INDEX, "sha512")
    result, _ = look_up(by_method(failure(403), image(docker_content_digest=str(digest))))
    assert isinstance(result, Resolved)
    assert result.descriptor.digest == digest


def test_an_encoded_body_is_refused_unread() -> None:  # SEC-08
    error = error_of(look_up(by_method(failure(405), image(content_encoding="gzip")))[0])
    assert isinstance(error, UnsupportedError)
    assert "'gzip'" in error.message


def test_a_body_that_is_too_large_is_cut() -> None:  # RES-14, SEC-07
    error = error_of(look_up(by_method(failure(405), image(b" " * 5_000_000, "application/json")))[0])
    assert isinstance(error, IntegrityError)
    assert "more than 4194304 bytes" in error.message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (failure(404, "NAME_UNKNOWN"), NotFoundError, "no such repository"),
        (failure(404, "MANIFEST_UNKNOWN"), NotFoundError, "no such tag"),
        (failure(403, "DENIED", "go\x1b[31m away"), DeniedError, "DENIED: go[31m away"),
        (failure(406), UnsupportedError, "406"),
        (failure(409), UnreachableError, "answered 409 to HEAD"),
        (failure(418), UnreachableError, "answered 418"),
    ],
)
def test_statuses_become_errors_with_names(
    answer: httpx.Response, kind: type[ResolutionError], words: str
) -> None:  # RES-31
    error = error_of(look_up(by_method(answer))[0])
    assert type(error) is kind
    assert words in error.message
    assert error.message.startswith(f"{HOST}/app:1: ")
    assert error.hint


def test_describing_knows_the_platforms() -> None:
    world = World(hosts={HOST: open_registry(), "single.example": open_registry(MANIFEST)})
    with world.resolver() as resolver:
        index, single = resolver.describe(references(f"{HOST}/app:1", "single.example/app:1"))
    assert isinstance(index, Resolved)
    assert isinstance(single, Resolved)
    assert index.platforms == (Platform("linux", "amd64"),)
    assert single.platforms == ()
    assert single.descriptor.media_type == media_types.DOCKER_MANIFEST


def test_describing_asks_for_the_digest_and_looking_up_for_the_tag() -> None:  # REF-07
    world = World(hosts={HOST: open_registry()})
    both = references(f"{HOST}/app:1@{INDEX_DIGEST}")
    with world.resolver() as resolver:
        resolver.look_up(both)
        resolver.describe(both)
    assert [one.path.rpartition("/")[2] for one in world.seen] == ["1", str(INDEX_DIGEST)]


def _for_platform(text: str, respond: Respond) -> Resolution:
    world = World(hosts={HOST: respond})
    with world.resolver(platform=Platform.parse(text)) as resolver:
        (result,) = resolver.look_up(references(f"{HOST}/app:1"))
    return result


def test_a_platform_selects_the_child_of_an_index() -> None:  # RES-17
    result = _for_platform("linux/amd64", open_registry())
    assert isinstance(result, Resolved)
    assert (result.descriptor.digest, result.platforms) == (CHILD, (Platform("linux", "amd64"),))


def test_a_platform_that_is_not_there_names_those_that_are() -> None:  # RES-17
    error = error_of(_for_platform("linux/s390x", open_registry()))
    assert isinstance(error, NotFoundError)
    assert error.hint == "platforms on offer: linux/amd64"


def test_a_single_manifest_is_checked_by_its_configuration() -> None:  # RES-18
    result = _for_platform("linux/arm64", open_registry(MANIFEST))
    assert isinstance(result, Resolved)
    assert result.descriptor.digest == Digest.of(MANIFEST)
    error = error_of(_for_platform("linux/amd64", open_registry(MANIFEST)))
    assert isinstance(error, NotFoundError)
    assert error.hint == "platforms on offer: linux/arm64"


@pytest.mark.parametrize(
    ("blob", "kind"),
    [
        (httpx.Response(200, content=CONFIG + b" "), IntegrityError),
        (failure(404), NotFoundError),
    ],
)
def test_a_configuration_that_is_not_the_one_is_refused(blob: httpx.Response, kind: type[ResolutionError]) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return blob if "/blobs/" in request.url.path else image(MANIFEST)

    assert type(error_of(_for_platform("linux/arm64", respond))) is kind


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        pytest.param(b"{}", UnsupportedError, id="no platform"),
        pytest.param(b'{"os": "", "architecture": "x"}', UnsupportedError, id="half a platform"),
        pytest.param(b'{"os": "li\\u001bnux", "architecture": "x"}', UnsupportedError, id="SEC-15"),
        pytest.param(b"[]", IntegrityError, id="no object"),
        pytest.param(b"junk", IntegrityError, id="no JSON"),
        pytest.param(b'{"os": "linux", "os": "windows", "architecture": "x"}', IntegrityError, id="RES-12 double key"),
        pytest.param(b'{"x": [' + b"0," * MAXIMUM_PARTS + b"0]}", IntegrityError, id="SEC-30 many parts"),
        pytest.param(b'{"x":' * 100 + b"1" + b"}" * 100, IntegrityError, id="SEC-26 deep"),
    ],
)
def test_a_configuration_without_a_platform_that_can_be_read_is_refused(
    config: bytes, kind: type[ResolutionError]
) -> None:
    manifest = json.loads(MANIFEST)
    manifest["config"]["digest"] = str(Digest.of(config))

    def respond(request: httpx.Request) -> httpx.Response:
        if "/blobs/" in request.url.path:
            return httpx.Response(200, content=config)
        return image(json.dumps(manifest).encode())

    assert type(error_of(_for_platform("linux/arm64", respond))) is kind


def _nested(levels: int) -> dict[str, bytes]:
    content, stored = INDEX, {str(Digest.of(INDEX)): INDEX}
    for _ in range(levels):
        entry = {
            "mediaType": media_types.OCI_INDEX,
            "digest": str(Digest.of(content)),
            "size": len(content),
            "platform": {"os": "linux", "architecture": "amd64"},
        }
        content = json.dumps({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry]}).encode()
        stored[str(Digest.of(content))] = content
    return {"1": content, **stored}


@pytest.mark.parametrize(("levels", "expected"), [(2, Resolved), (3, Unresolved)])
def test_nested_indexes_are_followed_three_deep(levels: int, expected: type) -> None:  # RES-19
    stored = _nested(levels)
    result = _for_platform("linux/amd64", lambda request: image(stored[request.url.path.rpartition("/")[2]]))
    assert isinstance(result, expected)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("MANIFEST_UNKNOWN", "check the tag; `pinner tags` lists those there are"),
        ("NAME_UNKNOWN", "check the name for typing mistakes"),
    ],
)
def test_the_hint_of_a_missing_tag_costs_no_request(code: str, hint: str) -> None:
    result, methods = look_up(by_method(failure(404), failure(404, code)))
    assert (error_of(result).hint, methods) == (hint, ["HEAD", "GET"])
