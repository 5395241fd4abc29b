from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from pinner.demo.registry import DemoRegistry
from pinner.errors import NotFoundError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from tests.demo.peer import MANIFEST, NAME, ask, connect, error_code, send, send_raw

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(token_auth=False) as running:
        yield running
        assert running.crashes == []


def test_it_listens_on_loopback_and_on_nothing_else(registry: DemoRegistry) -> None:
    assert re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]+", registry.address)
    assert registry.url == f"http://{registry.address}"


def test_it_has_no_address_before_it_runs() -> None:
    with pytest.raises(RuntimeError, match="inside its with block"):
        _ = DemoRegistry().address


def test_it_writes_nothing_to_the_terminal(registry: DemoRegistry, capfd: pytest.CaptureFixture[str]) -> None:
    ask(registry, MANIFEST)
    send_raw(registry, b"nonsense\r\n\r\n")
    assert capfd.readouterr() == ("", "")


def test_leaving_the_block_closes_idle_connections() -> None:
    with DemoRegistry(token_auth=False) as registry:
        connection = connect(registry)
        send(connection, "/v2/")
        held = connection.sock
        assert held is not None
    with closing(connection):
        assert held.recv(1) == b""
    with pytest.raises(ConnectionError):
        ask(registry, "/v2/")


def test_the_digest_is_the_hash_of_the_body_by_tag_and_by_digest(registry: DemoRegistry) -> None:
    digest = registry.push_image(NAME, "1.27", marker="one")
    for reference in ("1.27", str(digest)):
        status, headers, body = ask(registry, f"/v2/{NAME}/manifests/{reference}")
        assert status == 200
        assert headers["Docker-Content-Digest"] == str(digest) == f"sha256:{hashlib.sha256(body).hexdigest()}"
        assert headers["Content-Type"] == media_types.OCI_INDEX
        assert headers["Content-Length"] == str(len(body))


def test_every_child_and_blob_of_an_image_can_be_pulled(registry: DemoRegistry) -> None:
    registry.push_image("a/b/c/d", "1", marker="one", attestation=True)
    index = json.loads(ask(registry, "/v2/a/b/c/d/manifests/1")[2])
    for child in index["manifests"]:
        status, _, body = ask(registry, f"/v2/a/b/c/d/manifests/{child['digest']}")
        assert status == 200
        parts = json.loads(body)
        for part in (parts["config"], *parts["layers"]):
            status, headers, blob = ask(registry, f"/v2/a/b/c/d/blobs/{part['digest']}", {})
            assert (status, len(blob), headers["Docker-Content-Digest"]) == (200, part["size"], part["digest"])
            assert Digest.parse(part["digest"]).matches(blob)


@pytest.mark.parametrize("path", [MANIFEST, "/v2/", f"/v2/{NAME}/tags/list", f"/v2/{NAME}/manifests/none", "/token"])
def test_head_has_the_headers_of_get_and_no_body(registry: DemoRegistry, path: str) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    status, headers, _ = ask(registry, path)
    head_status, head_headers, head_body = ask(registry, path, method="HEAD")
    assert (head_status, head_body) == (status, b"")
    without_date = [[pair for pair in each.items() if pair[0] != "Date"] for each in (headers, head_headers)]
    if path != "/token":
        assert without_date[0] == without_date[1]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (media_types.ACCEPT, 200),
        (media_types.OCI_INDEX, 200),
        (f"text/html;q=0.9, {media_types.OCI_INDEX};q=0.5", 200),
        (media_types.OCI_MANIFEST, 404),
        (media_types.DOCKER_LIST, 404),
        ("*/*", 404),
        (None, 404),
    ],
)
def test_a_type_that_is_not_accepted_is_unknown_RES_01(  # noqa: N802 - the id of the pitfall
    registry: DemoRegistry, accept: str | None, status: int
) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    found, _, body = ask(registry, MANIFEST, {"Accept": accept} if accept else {})
    assert found == status
    assert status == 200 or error_code(body) == "MANIFEST_UNKNOWN"


def test_accept_may_come_in_several_headers(registry: DemoRegistry) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    lines = f"GET {MANIFEST} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAccept: {media_types.OCI_INDEX}\r\n\r\n"
    assert send_raw(registry, lines.encode()).startswith(b"HTTP/1.1 200 ")


def test_moving_a_tag_keeps_the_kind_of_image_and_the_old_digest(registry: DemoRegistry) -> None:
    old = registry.push_image(NAME, "1.27", marker="one", docker=True)
    new = registry.move_tag(NAME, "1.27", marker="two")
    assert old != new
    assert ask(registry, MANIFEST)[1]["Docker-Content-Digest"] == str(new)
    assert ask(registry, MANIFEST)[1]["Content-Type"] == media_types.DOCKER_LIST
    assert ask(registry, f"/v2/{NAME}/manifests/{old}")[0] == 200


def test_a_tag_that_was_never_pushed_cannot_move(registry: DemoRegistry) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    for name, tag in ((NAME, "1.28"), ("library/none", "1.27")):
        with pytest.raises(NotFoundError, match="never pushed"):
            registry.move_tag(name, tag, marker="two")


@pytest.mark.parametrize(("name", "tag"), [("Library/nginx", "1"), ("a//b", "1"), ("", "1"), ("a:1", "1"), ("a", "")])
def test_a_name_outside_the_grammar_is_not_pushed(registry: DemoRegistry, name: str, tag: str) -> None:
    with pytest.raises(ValueError, match="no name and tag"):
        registry.push_image(name, tag, marker="one")


def test_tags_are_listed_in_order(registry: DemoRegistry) -> None:
    for tag in ("1.27", "1.26"):
        registry.push_image(NAME, tag, marker=tag)
    assert json.loads(ask(registry, f"/v2/{NAME}/tags/list")[2]) == {"name": NAME, "tags": ["1.26", "1.27"]}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/library/none/manifests/1", 404, "NAME_UNKNOWN"),
        ("/v2/library/none/tags/list", 404, "NAME_UNKNOWN"),
        (f"/v2/{NAME}/manifests/none", 404, "MANIFEST_UNKNOWN"),
        (f"/v2/{NAME}/manifests/sha256:{'0' * 64}", 404, "MANIFEST_UNKNOWN"),
        (f"/v2/{NAME}/blobs/sha256:{'0' * 64}", 404, "BLOB_UNKNOWN"),
        (f"/v2/{NAME}/blobs/1.27", 400, "DIGEST_INVALID"),
        (f"/v2/{NAME}/manifests/sha256:00", 400, "DIGEST_INVALID"),
        (f"/v2/{NAME}/manifests/-x", 400, "TAG_INVALID"),
        ("/v2/Library/nginx/manifests/1", 400, "NAME_INVALID"),
        ("/v2/../../etc/manifests/1", 400, "NAME_INVALID"),
        ("/v2/a%0d%0aX:y/manifests/1", 400, "NAME_INVALID"),
        ("/v2/a%ff/manifests/1", 400, "NAME_INVALID"),
        (f"/v2/{NAME}/referrers/x", 404, "UNSUPPORTED"),
        ("/v1/", 404, "UNSUPPORTED"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_the_shape_of_the_spec(
    registry: DemoRegistry, path: str, status: int, code: str
) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    found, headers, body = ask(registry, path)
    assert (found, error_code(body), headers["Content-Type"]) == (status, code, "application/json")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v2/ HTTP/x.y\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /v2/ HTTP/1.1\r\nX: " + b"a" * 70000 + b"\r\n\r\n", 431),
        (b"GET http://[/v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"BREW /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 405),
        (b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 405),
        (b"DELETE /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 405),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_not_a_crash(
    registry: DemoRegistry, content: bytes, status: int
) -> None:
    answer = send_raw(registry, content)
    assert re.match(rb"HTTP/1\.[01] (\d+) ", answer), answer[:80]
    assert int(answer.split(b" ", 2)[1]) == status
    assert ask(registry, "/v2/")[0] == 200


def test_a_client_that_leaves_early_breaks_nothing(registry: DemoRegistry) -> None:
    host, port = registry.address.split(":")
    for _ in range(8):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    assert ask(registry, "/v2/")[0] == 200


def test_a_crash_is_kept_for_the_test_and_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with DemoRegistry(token_auth=False) as registry:
        registry.requests = None  # type: ignore[assignment]  # break the log, so that answering raises
        with pytest.raises(http.client.RemoteDisconnected):
            ask(registry, "/v2/")
        assert [type(error) for error in registry.crashes] == [AttributeError]
    assert capfd.readouterr() == ("", "")


def test_one_connection_serves_many_requests(registry: DemoRegistry) -> None:
    registry.push_image(NAME, "1.27", marker="one")
    with closing(connect(registry)) as connection:
        send(connection, "/v2/")
        first = connection.sock
        for method, path in (("HEAD", MANIFEST), ("GET", MANIFEST), ("GET", "/v2/none/manifests/1"), ("HEAD", "/v2/")):
            send(connection, path, method=method)
        assert connection.sock is first


def test_eight_threads_get_right_answers_while_tags_move(registry: DemoRegistry) -> None:
    digests = {str(registry.push_image(NAME, "1.27", marker=str(number))) for number in range(4)}

    def pull(_: int) -> set[str]:
        seen = set()
        with closing(connect(registry)) as connection:
            for number in range(20):
                registry.move_tag(NAME, "1.27", marker=str(number % 4))
                status, headers, body = send(connection, MANIFEST)
                assert status == 200
                assert headers["Docker-Content-Digest"] == str(Digest.of(body))
                seen.add(headers["Docker-Content-Digest"])
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(pull, range(8))) <= digests
    assert len(registry.requests) == 160
