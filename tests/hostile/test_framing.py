"""Smuggled and broken answers: whatever a connection carried, the next question gets its own answer (SEC-17)."""

from __future__ import annotations

import threading

import pytest

from pinner.errors import UnreachableError
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved
from tests.hostile.answers import DIGEST, OTHER, TYPE, chunked, image, serve, without_body
from tests.hostile.client import ask, assert_refused
from tests.hostile.conftest import Listen
from tests.hostile.server import Origin, Talk, in_turn
from tests.registry.fakes import INDEX, references

POISON = image(OTHER)
GOOD = image(INDEX)
TYPED = f"Content-Type: {TYPE}\r\nDocker-Content-Digest: {DIGEST}\r\n".encode()


def bare(answer: bytes) -> bytes:
    start, _, body = answer.partition(b"\r\n\r\n")
    return start.replace(b"\r\n", b"\n") + b"\n\n" + body


ODD_ANSWERS = [
    pytest.param("look_up", GOOD, id="a body after HEAD"),
    pytest.param("look_up", without_body(GOOD) + POISON, id="a second answer after HEAD"),
    pytest.param("look_up", without_body(GOOD) + without_body(POISON), id="a second answer to HEAD"),
    pytest.param("describe", GOOD + POISON, id="a second answer in the same segment"),
    pytest.param("describe", GOOD + b"\r\n" + POISON, id="an empty line and a second answer"),
    pytest.param("describe", chunked() + POISON, id="a second answer after the last chunk"),
    pytest.param("describe", chunked(extension=b";a=b;c"), id="chunk extensions"),
    pytest.param("describe", chunked(trailer=b"Docker-Content-Digest: sha256:0\r\nX: y\r\n"), id="trailers"),
    pytest.param("describe", bare(GOOD), id="bare line feeds"),
    pytest.param("describe", bare(GOOD) + bare(POISON), id="bare line feeds and a second answer"),
    pytest.param(
        "describe",
        chunked().replace(b"Transfer-Encoding", b"Content-Length: 5\r\nTransfer-Encoding"),
        id="a length beside chunks",
    ),
    pytest.param(
        "describe",
        chunked().replace(b"Transfer-Encoding", b"Content-Length: 5\r\nTransfer-Encoding") + POISON,
        id="a length beside chunks, and a second answer",
    ),
    pytest.param(
        "describe",
        GOOD.replace(b"Content-Length", b"Content-Length: %d\r\nContent-Length" % len(INDEX)),
        id="the length twice",
    ),
    pytest.param(
        "describe", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 10 + GOOD, id="hints before the answer"
    ),
    pytest.param("describe", b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD + POISON, id="a hint and a second answer"),
    pytest.param("describe", GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"), id="HTTP 1.0"),
    pytest.param("describe", b"HTTP/1.1 200 OK\r\n" + TYPED + b"Connection: close\r\n\r\n" + INDEX, id="until the end"),
]


@pytest.mark.parametrize(("verb", "odd"), ODD_ANSWERS)
def test_an_odd_answer_never_becomes_the_next_one_sec_17(listen: Listen, verb: str, odd: bytes) -> None:
    registry = listen({"/v2/odd/manifests/1": serve(), "*": serve()})
    wanted = [f"{registry.authority}/{name}:1" for name in ("a", "odd", "b", "c")]
    assert ask(*wanted, verb=verb).digests == [DIGEST] * 4
    assert registry.connections == 1

    def say_odd(talk: Talk) -> None:
        talk.send(odd)
        if b"Connection: close" in odd or b"HTTP/1.0" in odd:
            talk.hang_up()

    registry.routes["/v2/odd/manifests/1"] = say_odd
    assert ask(*wanted, verb=verb).digests == [DIGEST] * 4
    assert [one.path.split("/")[2] for one in registry.requests[4:]] == ["a", "odd", "b", "c"]


BROKEN = [
    pytest.param("describe", GOOD.replace(b"Content-Length: ", b"Content-Length: 9"), id="a length that is too long"),
    pytest.param("describe", GOOD.replace(b"Content-Length: ", b"Content-Length: -"), id="a length below nothing"),
    pytest.param("describe", GOOD.replace(b"Content-Length: ", b"Content-Length: 0x"), id="a length in hex"),
    pytest.param("describe", GOOD.replace(b"Content-Length: ", b"Content-Length: 7, "), id="two lengths"),
    pytest.param("describe", GOOD.replace(b"Content-Length: ", b"Content-Length: 5\r\nContent-Length: "), id="lengths"),
    pytest.param("describe", chunked().replace(b"chunked", b"gzip, chunked"), id="an encoding for the way"),
    pytest.param("describe", chunked()[:-7], id="no last chunk"),
    pytest.param("describe", chunked().replace(b"\r\n\r\n", b"\r\n\r\nzz;", 1), id="a chunk without size"),
    pytest.param("describe", b"HTTP/1.1 204 No Content\r\n\r\n" + INDEX, id="204 with a body"),
    pytest.param("describe", b"HTTP/1.1 304 Not Modified\r\n\r\n" + INDEX, id="304 with a body"),
    pytest.param("look_up", b"\x16\x03\x01garbage\r\n\r\n", id="no HTTP"),
    pytest.param("look_up", b"HTTP/2 200 OK\r\n\r\n", id="another version"),
    pytest.param("look_up", b"HTTP/1.1 99999 OK\r\n\r\n", id="no status"),
    pytest.param("look_up", b"HTTP/1.1 200 OK\r\nX\r\n\r\n", id="a header without a name"),
    pytest.param("look_up", b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", id="a blank before the colon"),
    pytest.param("look_up", b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", id="a NUL"),
    pytest.param("look_up", b"HTTP/1.1 200 OK\r\n folded: y\r\n\r\n", id="a folded first line"),
    pytest.param("look_up", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", id="another protocol"),
    pytest.param("look_up", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000 + GOOD, id="hints without end"),
    pytest.param("look_up", b"", id="nothing"),
]


@pytest.mark.parametrize(("verb", "broken"), BROKEN)
def test_a_broken_answer_is_an_error_and_the_next_question_is_answered_sec_16(
    listen: Listen, verb: str, broken: bytes
) -> None:
    def break_off(talk: Talk) -> None:
        talk.send(broken)
        talk.hang_up()

    registry = listen({"*": serve()})
    names = [f"{registry.authority}/{name}:1" for name in ("a", "odd", "b")]
    assert ask(*names, verb=verb).digests == [DIGEST] * 3
    registry.routes["/v2/odd/manifests/1"] = break_off
    assert_refused(ask(names[1], verb=verb), UnreachableError)
    first, last = ask(names[0], verb=verb), ask(names[2], verb=verb)
    assert first.digest == last.digest == DIGEST


def ask_again_after(read: threading.Event, said: threading.Event, registry: Origin) -> list[str]:
    """Ask twice; tell when the first answer was read, and wait until the server has said what it should not."""
    with RegistryResolver(jobs=1) as resolver:
        first = resolver.describe(references(f"{registry.authority}/odd:1"))
        read.set()
        assert said.wait(60)
        second = resolver.describe(references(f"{registry.authority}/b:1"))
    return [str(one.descriptor.digest) for one in (*first, *second) if isinstance(one, Resolved)]


@pytest.mark.parametrize("is_early", [False, True])
def test_a_second_answer_in_a_later_segment_is_nobodys_sec_17(listen: Listen, *, is_early: bool) -> None:
    """It comes while the connection is idle: behind the answer, or because another one stood before the question."""
    read, said = threading.Event(), threading.Event()

    def answer_late(talk: Talk) -> None:
        if not is_early:
            talk.send(GOOD)
        read.wait(60)
        talk.send(POISON)
        said.set()

    registry = listen({"/v2/odd/manifests/1": answer_late, "*": serve()})
    registry.greeting = GOOD if is_early else b""
    assert ask_again_after(read, said, registry) == [DIGEST, DIGEST]
    assert registry.connections == 2


def test_a_server_that_closes_early_is_asked_again_sec_17(listen: Listen) -> None:
    def close_early(talk: Talk) -> None:
        talk.send(GOOD[:-20])
        talk.hang_up()

    registry = listen({"*": in_turn(close_early, close_early, serve())})
    outcome = ask(f"{registry.authority}/a:1", verb="describe")
    assert outcome.digest == DIGEST
    assert outcome.requests == {"get": 3, "retry": 2}
