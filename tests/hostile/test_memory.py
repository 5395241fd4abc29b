"""Bodies and headers without end: cut at their limit, after few bytes and in less than 20 MB (RES-14).

What is asked runs in a process of its own, so that what is measured is the client alone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.hostile.answers import TYPE, bearer, head, image, refuse, reply, serve
from tests.hostile.client import LONGEST_MESSAGE
from tests.hostile.conftest import Listen
from tests.hostile.measured import MEGABYTE, RESET, Measured, MeasuredClient
from tests.hostile.sentinel import SENTINEL, is_in
from tests.hostile.server import Script, Talk, says

MOST: Final = 20 * MEGABYTE
# A document within all limits may take more: its text is four bytes a letter where one of them is far from ASCII.
MOST_FOR_A_DOCUMENT: Final = 64 * MEGABYTE
GIGABYTE: Final = 1024 * MEGABYTE
BLOCK: Final = b" " * 65536
CHUNK: Final = b"10000\r\n" + BLOCK + b"\r\n"
# Far more than any limit and than what waits in sockets; far less than a gigabyte.
MOST_SENT: Final = 64 * MEGABYTE
TYPED: Final = f"Content-Type: {TYPE}"
CHUNKED: Final = "Transfer-Encoding: chunked"
LONG: Final = f"Content-Length: {GIGABYTE}"


@pytest.fixture(scope="module")
def _client() -> Iterator[MeasuredClient]:
    if not RESET.exists():
        pytest.skip("the highest use of memory cannot be measured here")
    client = MeasuredClient()
    yield client
    client.close()


@pytest.fixture
def client(_client: MeasuredClient, listen: Listen) -> MeasuredClient:
    """A client that has answered a harmless question of each kind: what it needs is loaded."""
    host = listen(serve()).authority
    for verb in ("look_up", "describe"):
        assert _client.ask(f"{host}/app:1", verb=verb).kinds == ["Resolved"]
    return _client


def endless(start: bytes, block: bytes = BLOCK) -> Script:
    """Begin, and send blocks until the other side goes away, or for ever where it has taken far too much."""

    def script(talk: Talk) -> None:
        talk.send(start)
        for _ in range(MOST_SENT // len(block)):
            talk.send(block)
        talk.pause(1000)

    return script


def dripping(start: bytes, block: bytes, pause: float = 0.05) -> Script:
    """Begin, and send a little now and then: each read of the client succeeds."""

    def script(talk: Talk) -> None:
        talk.send(start)
        while True:
            talk.send(block)
            talk.pause(pause)

    return script


def deflated(window: int) -> bytes:
    """Return 64 megabytes of nothing, packed."""
    press = zlib.compressobj(9, zlib.DEFLATED, window)
    return b"".join(press.compress(bytes(MEGABYTE)) for _ in range(64)) + press.flush()


def check(measured: Measured, kind: str, *, most: int = MOST) -> None:
    assert set(measured.kinds) == {kind}, measured.messages
    assert all(len(one) < 2 * LONGEST_MESSAGE and one.isprintable() for one in measured.messages)
    assert not any("time limit" in one or "did not finish" in one for one in measured.messages)
    assert measured.growth < most


BODIES: list[tuple[str, str, Script]] = [
    ("chunks without end", "IntegrityError", endless(head(200, TYPED, CHUNKED), CHUNK)),
    ("a gigabyte by length", "IntegrityError", endless(head(200, TYPED, LONG))),
    ("no length and no end", "IntegrityError", endless(head(200, TYPED))),
    ("a page without end", "NotFoundError", endless(head(404, LONG))),
    ("a failure without end", "UnreachableError", endless(head(500, CHUNKED), CHUNK)),
    ("a refusal without end", "AmbiguousAccessError", endless(head(401, LONG, 'WWW-Authenticate: Basic realm="x"'))),
    ("a redirect without end", "BlockedError", endless(head(302, LONG, "Location: /v2/app/manifests/1"))),
]


@pytest.mark.parametrize(("kind", "attack"), [pytest.param(*row[1:], id=row[0]) for row in BODIES])
def test_a_body_without_end_is_cut_sec_07(client: MeasuredClient, listen: Listen, kind: str, attack: Script) -> None:
    check(client.ask(f"{listen(attack).authority}/app:1"), kind)


def test_a_gigabyte_after_head_is_not_read_sec_07_sec_17(client: MeasuredClient, listen: Listen) -> None:
    check(client.ask(f"{listen(endless(image())).authority}/app:1", verb="look_up"), "Resolved")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "\x1b[31mgzip", "x" * 5000])
@pytest.mark.parametrize(("status", "kind"), [(200, "UnsupportedError"), (500, "UnreachableError")])
def test_an_encoded_body_is_never_unpacked_sec_08(
    client: MeasuredClient, listen: Listen, encoding: str, status: int, kind: str
) -> None:
    bomb = deflated(15 if encoding == "deflate" else 31)
    attack = endless(head(status, TYPED, f"Content-Encoding: {encoding}") + bomb)
    check(client.ask(f"{listen(attack).authority}/app:1"), kind)


def with_lines(line: bytes, number: int) -> bytes:
    """Return a good answer to HEAD with so many more header lines."""
    return head(200, TYPED, image().split(b"\r\n")[3], *[line] * number)


HEADERS: list[tuple[str, str, Script]] = [
    ("5000 of them", "Resolved", says(with_lines(b"X: y", 5000))),
    ("warnings", "Resolved", says(with_lines(b'Warning: 299 - "x"', 4000))),
    ("links", "Resolved", says(with_lines(b'Link: </v2/x>; rel="next"', 3000))),
    ("cookies", "Resolved", says(with_lines(b"Set-Cookie: a=b; Path=/", 3000))),
    ("digests", "IntegrityError", says(with_lines(b"Docker-Content-Digest: x", 2000))),
    ("300 kB in one", "UnreachableError", says(head(200, b"X: " + b"a" * 300_000))),
    ("lines without end", "UnreachableError", endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000)),
    ("a line without end", "UnreachableError", endless(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 8000)),
    ("a status without end", "UnreachableError", endless(b"HTTP/1.1 200 ", b"a" * 8000)),
]


@pytest.mark.parametrize(("kind", "attack"), [pytest.param(*row[1:], id=row[0]) for row in HEADERS])
def test_a_flood_of_headers_is_cut_sec_16_sec_17(
    client: MeasuredClient, listen: Listen, kind: str, attack: Script
) -> None:
    def by_method(talk: Talk) -> None:
        (attack if talk.request.method == "HEAD" else says(reply(200, b"", TYPED)))(talk)

    check(client.ask(f"{listen(by_method).authority}/app:1", verb="look_up"), kind)


@pytest.mark.parametrize(
    ("start", "block"),
    [
        pytest.param(b"1;", b"a" * 8000, id="a chunk's size"),
        pytest.param(b"0\r\n", b"X-A: b\r\n" * 1000, id="trailers"),
    ],
)
def test_a_chunk_that_does_not_begin_is_cut_sec_16(
    client: MeasuredClient, listen: Listen, start: bytes, block: bytes
) -> None:
    attack = endless(head(200, TYPED, CHUNKED) + start, block)
    check(client.ask(f"{listen(attack).authority}/app:1"), "UnreachableError")


def test_challenges_without_end_are_read_up_to_a_limit_sec_16(client: MeasuredClient, listen: Listen) -> None:
    line = b'WWW-Authenticate: Bearer realm="http://[",service="s"'
    attack = says(head(401, "Content-Length: 0", *[line] * 1500))
    check(client.ask(f"{listen(attack).authority}/app:1", verb="look_up"), "BlockedError")


def index(manifests: bytes) -> bytes:
    return b'{"schemaVersion":2,"mediaType":"%b","manifests":[%b]}' % (TYPE.encode(), manifests)


ONE: Final = json.dumps({"mediaType": "x", "digest": f"sha256:{'0' * 64}", "size": 1}).encode()
DOCUMENTS: list[tuple[str, int, Callable[[], bytes]]] = [
    ("a million descriptors", MOST, lambda: index(b",".join([b"{}"] * 1_000_000))),
    ("twenty thousand true descriptors", MOST, lambda: index(b",".join([ONE] * 20_000))),
    ("a tower of arrays", MOST, lambda: index(b"[" * 100_000 + b"]" * 100_000)),
    ("a tower of objects", MOST, lambda: index(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    ("a number of four megabytes", MOST, lambda: index(b"1" * 4_000_000)),
    ("a text of four megabytes", MOST, lambda: index(b'"' + b"a" * 4_000_000 + b'"')),
    ("no JSON of four megabytes", MOST, lambda: b"x" * 4_000_000),
    ("one letter far from ASCII", MOST_FOR_A_DOCUMENT, lambda: index(b'"\xf0\x9f\x98\x80' + b"a" * 4_000_000 + b'"')),
    ("many small towers", MOST_FOR_A_DOCUMENT, lambda: index(b",".join([b'{"a":' * 60 + b"1" + b"}" * 60] * 2400))),
    ("many keys", MOST_FOR_A_DOCUMENT, lambda: index(b"{%b}" % b",".join(b'"%d":0' % one for one in range(149_000)))),
]


@pytest.mark.parametrize(("most", "build"), [pytest.param(*row[1:], id=row[0]) for row in DOCUMENTS])
def test_a_bomb_of_json_is_refused_sec_26_sec_30(
    client: MeasuredClient, listen: Listen, most: int, build: Callable[[], bytes]
) -> None:
    measured = client.ask(f"{listen(serve(build())).authority}/app:1")
    check(measured, "IntegrityError", most=most)


REFUSED: list[tuple[str, Callable[[], bytes]]] = [
    ("no JSON", lambda: b"x" * 4_000_000),
    ("many parts", lambda: index(b",".join([b'{"a":0}'] * 60_000))),
    ("far from ASCII", lambda: b"\xf0\x9f\x98\x80" * 1_000_000),
]


@pytest.mark.parametrize("build", [pytest.param(row[1], id=row[0]) for row in REFUSED])
def test_refused_documents_are_not_kept_sec_07(
    client: MeasuredClient, listen: Listen, build: Callable[[], bytes]
) -> None:
    """An error is a line of text: many of them hold on to nothing that they were made from."""
    host = listen(serve(build())).authority
    measured = client.ask(*(f"{host}/app{number}:1" for number in range(24)))
    check(measured, "IntegrityError", most=2 * MOST)


TOKENS: list[tuple[str, str, Script]] = [
    ("a gigabyte", "IntegrityError", endless(head(200, LONG) + b'{"token":"', b"a" * 65536)),
    ("encoded", "UnsupportedError", endless(head(200, "Content-Encoding: gzip"))),
    ("a refusal of a gigabyte", "UnauthorizedError", endless(head(401, LONG))),
    ("a tower", "UnreachableError", says(reply(200, b"[" * 60_000))),
    ("a number", "UnreachableError", says(reply(200, b'{"token":"a","expires_in":' + b"9" * 100_000 + b"}"))),
]


@pytest.mark.parametrize(("kind", "attack"), [pytest.param(*row[1:], id=row[0]) for row in TOKENS])
def test_a_token_server_floods_nobody_sec_07_sec_18(
    client: MeasuredClient, listen: Listen, kind: str, attack: Script
) -> None:
    registry = listen({})
    registry.routes |= {"/token": attack, "*": says(refuse(bearer(f"{registry.url}/token")))}
    login = (registry.authority, SENTINEL)
    measured = client.ask(f"{registry.authority}/app:1", login=login)
    check(measured, kind)
    assert not any(is_in(one) for one in measured.messages)


HINT: Final = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
DRIPS: list[tuple[str, Script]] = [
    ("header lines", dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")),
    ("one header", dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a")),
    ("a body", dripping(head(200, TYPED, "Content-Length: 100000"), b"a")),
    ("an error", dripping(head(500, "Content-Length: 100000"), b"a")),
    ("a chunk's size", dripping(head(200, TYPED, CHUNKED), b"0")),
]


@pytest.mark.parametrize("attack", [pytest.param(row[1], id=row[0]) for row in DRIPS])
def test_what_drips_ends_in_time_sec_09(client: MeasuredClient, listen: Listen, attack: Script) -> None:
    measured = client.ask(f"{listen(attack).authority}/app:1", timeout=1.0)
    assert measured.kinds == ["UnreachableError"]
    assert "the time limit of 1 seconds" in measured.messages[0]
    assert measured.growth < MOST


@pytest.mark.parametrize("attack", [dripping(b"", HINT), dripping(b"", HINT * 100, pause=0)])
def test_hints_without_end_are_cut_by_their_number_sec_17(
    client: MeasuredClient, listen: Listen, attack: Script
) -> None:
    check(client.ask(f"{listen(attack).authority}/app:1"), "UnreachableError")
