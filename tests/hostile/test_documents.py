"""Digests, documents and words of a registry that lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinner.errors import IntegrityError, NotFoundError, PinnerError, UnreachableError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from tests.hostile.answers import DIGEST, OTHER, OTHER_DIGEST, TYPE, failure, head, image, reply, serve, without_body
from tests.hostile.client import LONGEST_MESSAGE, ask, assert_clean, assert_refused
from tests.hostile.conftest import Listen
from tests.hostile.internet import PUBLIC, Internet
from tests.hostile.server import Script, by_method, says
from tests.registry.fakes import INDEX, MANIFEST

NOWHERE = f"sha256:{'0' * 64}"
SHA512 = str(Digest.of(INDEX, "sha512"))


@pytest.mark.parametrize("digest", [DIGEST, SHA512])
@pytest.mark.parametrize("verb", ["describe", "look_up"])
def test_other_bytes_under_a_digest_are_refused_sec_10(listen: Listen, verb: str, digest: str) -> None:
    registry = listen(serve(INDEX, "X: y"))
    reference = f"{registry.authority}/app@{digest}"
    assert ask(reference, verb=verb).digest == digest
    # The header agrees with the question, the bytes do not; and HEAD is refused, so that bytes must come.
    lie = image(OTHER, digest=digest)
    registry.routes["*"] = by_method({"GET": says(lie), "HEAD": says(head(405, "Content-Length: 0"))})
    assert_refused(ask(reference, verb=verb), IntegrityError, "asked for", digest.partition(":")[2][:12])


def test_a_false_header_on_a_document_is_not_believed_sec_11(listen: Listen) -> None:
    registry = listen(serve())
    reference = f"{registry.authority}/app:1"
    assert ask(reference, verb="describe").digest == DIGEST
    registry.routes["/v2/app/manifests/1"] = says(image(INDEX, digest=OTHER_DIGEST))
    outcome = ask(reference, verb="describe")
    assert outcome.digest == DIGEST
    assert [warning for warning in outcome.warnings if "not that of the body" in warning]
    registry.routes["*"] = says(reply(404))
    assert_refused(ask(reference, verb="describe"), IntegrityError, "cannot be pulled")


HEADER_DIGESTS: list[tuple[str, list[bytes]]] = [
    ("none", []),
    ("two", [DIGEST.encode(), OTHER_DIGEST.encode()]),
    ("the same twice", [DIGEST.encode()] * 2),
    ("two in one line", [f"{DIGEST}, {OTHER_DIGEST}".encode()]),
    ("an unknown algorithm", [b"md5:" + b"0" * 32]),
    ("a short one", [b"sha256:00"]),
    ("a long one", [DIGEST.encode() + b"0" * 10_000]),
    ("capitals", [DIGEST.upper().encode()]),
    ("a path", [b"sha256:../../../../etc/passwd"]),
    ("a path behind a digest", [DIGEST.encode() + b"/../../x"]),
    ("an escape", [b"sha256:\x1b[31m" + b"0" * 59]),
    ("a byte without meaning", [b"sha256:\xff" + b"0" * 63]),
    ("digits of another script", [b"sha256:" + "\N{ARABIC-INDIC DIGIT ZERO}".encode() * 64]),
    ("nothing", [b""]),
]


@pytest.mark.parametrize("values", [pytest.param(row[1], id=row[0]) for row in HEADER_DIGESTS])
def test_a_header_that_is_no_digest_is_as_good_as_none_sec_12(listen: Listen, values: list[bytes]) -> None:
    lines = [b"Docker-Content-Digest: " + one for one in values]
    answer = reply(200, INDEX, f"Content-Type: {TYPE}", *lines)
    registry = listen(by_method({"HEAD": says(without_body(answer)), "GET": says(answer)}))
    assert ask(f"{registry.authority}/app:1").digest == DIGEST
    assert [one.method for one in registry.requests] == ["HEAD", "GET"]


def text(**changes: object) -> bytes:
    return json.dumps({**json.loads(INDEX), **changes}).encode()


CHILD = json.loads(INDEX)["manifests"][0]
TWO_WAYS: list[tuple[str, bytes]] = [
    ("an index with layers", text(layers=[])),
    ("an index with a configuration", text(config={})),
    ("keys in capitals", text(Layers=[])),
    ("a key twice", INDEX.replace(b'"schemaVersion": 2', b'"schemaVersion": 2, "manifests": []')),
    ("a key twice inside", INDEX.replace(b'"size": 5', b'"size": 5, "size": 6')),
    ("another type", text(mediaType=media_types.OCI_MANIFEST)),
    ("no object", b"[]"),
    ("no JSON", b"{"),
    ("two documents", INDEX + INDEX),
    ("NaN", INDEX.replace(b'"size": 5', b'"size": NaN')),
    ("a number without end", INDEX.replace(b'"size": 5', b'"size": ' + b"9" * 5000)),
    ("UTF-16", INDEX.decode().encode("utf-16")),
    ("a mark of byte order", b"\xef\xbb\xbf" + INDEX),
    ("no UTF-8", INDEX.replace(b"amd64", b"\xff\xfe")),
    ("a tower", text(annotations=json.loads("[" * 70 + "]" * 70))),
    ("a tower that Python cannot climb", INDEX.replace(b'"size": 5', b'"size": ' + b"[" * 3000 + b"]" * 3000)),
    ("ten thousand entries and one", text(manifests=[CHILD] * 10_001)),
    ("a digest that is a path", INDEX.replace(json.dumps(CHILD["digest"]).encode(), b'"sha256:../../x"')),
    ("a digest of a megabyte", INDEX.replace(json.dumps(CHILD["digest"]).encode(), b'"' + b"x" * 1_000_000 + b'"')),
    ("a digest that is a list", INDEX.replace(json.dumps(CHILD["digest"]).encode(), b"[" * 60 + b"]" * 60)),
]


@pytest.mark.parametrize("document", [pytest.param(row[1], id=row[0]) for row in TWO_WAYS])
def test_a_document_with_two_meanings_or_none_is_refused_sec_13_sec_26(listen: Listen, document: bytes) -> None:
    registry = listen(serve())
    reference = f"{registry.authority}/app:1"
    assert ask(reference, verb="describe").digest == DIGEST
    registry.routes["*"] = says(image(document))
    assert_refused(ask(reference, verb="describe"), IntegrityError)


UNSUPPORTED: list[tuple[str, bytes, str]] = [
    ("a version that is a list", text(schemaVersion=["x"] * 1000), TYPE),
    ("a version of the past", text(schemaVersion=1), TYPE),
    ("a type that forges a line", text(mediaType="a\n::error::b\x1b[2J\u202e" * 100), "application/json"),
    ("a type that is a megabyte", text(mediaType="a" * 1_000_000), "application/json"),
    ("a type in the header", text(mediaType=None), "application/x" + "y" * 5000),
    ("a page", b"<html>\x1b]0;owned\x07</html>", "text/html"),
    ("a page by another name", b"  <!doctype html>", TYPE),
]


@pytest.mark.parametrize(("document", "media_type"), [pytest.param(*row[1:], id=row[0]) for row in UNSUPPORTED])
def test_what_is_no_image_is_told_in_one_clean_line_sec_15(listen: Listen, document: bytes, media_type: str) -> None:
    registry = listen(says(reply(200, document, f"Content-Type: {media_type}")))
    assert_refused(ask(f"{registry.authority}/app:1", verb="describe"), UnsupportedError)


NASTY = [
    pytest.param("\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J", id="escapes"),
    pytest.param("one\ntwo\r\nthree\u2028four\x85five", id="lines"),
    pytest.param("\u202egnp.exe \u2066x\u2069 \u200f", id="bidi"),
    pytest.param("a\u200bb\u200cc\u2060d\ufeffe\u00ade", id="invisible"),
    pytest.param("::error file=x::y\n::set-output name=a::b\n##[command]x", id="commands of GitHub"),
    pytest.param("%0A::add-mask::x%0D%0A", id="escaped commands"),
    pytest.param("x" * 60_000, id="long"),
    pytest.param("\ud800\udfff\ue000\U000e0041", id="no letters"),
    pytest.param("\0" * 1000, id="nothing to see"),
    pytest.param("a " * 30_000, id="blanks"),
    pytest.param("<script>alert(1)</script>", id="a script"),
]


@pytest.mark.parametrize("words", NASTY)
def test_words_of_a_registry_cannot_forge_a_line_sec_15(listen: Listen, words: str) -> None:
    for status in (400, 403, 404, 406, 418, 429, 500, 599):
        registry = listen(says(failure(status, words)))
        error = ask(f"{registry.authority}/app:1", verb="describe").error
        assert_clean(error.message)
        assert error.message.startswith(f"{registry.authority}/app:1: ")
        assert error.exit_code in {3, 4}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        *(b'{"errors":[{"code":' + b"[" * depth + b"]" * depth + b',"message":"m"}]}' for depth in range(850, 1000, 7)),
        b'{"errors":[{"code":"' + b"9" * 5000 + b'","message":' + b"9" * 5000 + b"}]}",
        b'{"errors":' + b"[]" * 3 + b"}",
        b'{"errors":[null,1,"x",[],{"code":null},{"message":{"a":"b"}}]}',
        b'{"errors":{"code":"x"}}',
        b'{"details":["x"]}',
        b"\xff\xfe\x00\x00",
        b"null",
    ],
)
def test_an_error_that_is_no_error_document_is_an_error_all_the_same_sec_26(listen: Listen, body: bytes) -> None:
    registry = listen(says(reply(500, body)))
    assert_refused(ask(f"{registry.authority}/app:1", verb="describe"), UnreachableError, "answered 500")


def test_platforms_that_are_on_offer_are_few_words_sec_15(listen: Listen) -> None:
    """The hint of a missing platform names what there is: not ten thousand of them, and no novel either."""
    entries = [{**CHILD, "platform": {"os": "linux", "architecture": f"{'x' * 50}{number}"}} for number in range(5000)]
    registry = listen(serve())
    wanted = Platform("linux", "amd64")
    assert ask(f"{registry.authority}/app:1", platform=wanted).digests
    registry.routes["*"] = says(image(text(manifests=entries)))
    error = ask(f"{registry.authority}/app:1", platform=wanted).error
    assert type(error) is NotFoundError
    assert "and 4988 more" in (error.hint or "")
    assert len(error.hint or "") < 2 * LONGEST_MESSAGE


def test_a_configuration_that_lies_is_refused_sec_10(listen: Listen) -> None:
    config = json.loads(MANIFEST)["config"]["digest"]
    routes: dict[str, Script] = {
        f"/v2/app/blobs/{config}": says(reply(200, b'{"os":"linux","architecture":"amd64"}')),
        "*": says(reply(200, MANIFEST, f"Content-Type: {media_types.DOCKER_MANIFEST}")),
    }
    registry = listen(routes)
    outcome = ask(f"{registry.authority}/app:1", platform=Platform("linux", "amd64"))
    assert_refused(outcome, IntegrityError, "it sent something else")


@pytest.mark.parametrize("key", ["os", "architecture", "variant"])
def test_a_platform_in_a_novel_of_words_is_none_sec_15(listen: Listen, key: str) -> None:
    config = json.dumps({"os": "linux", "architecture": "arm64", key: "x" * 1_000_000}).encode()
    manifest = json.loads(MANIFEST)
    manifest["config"]["digest"] = str(Digest.of(config))
    registry = listen(
        {
            f"/v2/app/blobs/{Digest.of(config)}": says(reply(200, config)),
            "*": says(reply(200, json.dumps(manifest).encode(), f"Content-Type: {media_types.DOCKER_MANIFEST}")),
        }
    )
    error = ask(f"{registry.authority}/app:1", platform=Platform("linux", "amd64")).error
    assert_clean(error.message)
    assert_clean(error.hint or "")


def test_a_short_name_is_docker_hubs_and_nobody_elses_sec_28(listen: Listen, internet: Internet, trusted: Path) -> None:
    """No search list, no suffix, no local registry: one name, one host, one look-up."""
    hub = listen(serve(), name="registry-1.docker.io", tls=True)
    near = listen(serve(OTHER), name="localhost")
    internet.place("registry-1.docker.io", PUBLIC)
    internet.listen("registry-1.docker.io", 443, hub)
    assert ask("nginx", "library/nginx", "docker.io/nginx:latest").digests == [DIGEST] * 3
    assert internet.looked_up == ["registry-1.docker.io"]
    assert hub.paths() == ["/v2/library/nginx/manifests/latest"]
    assert near.is_untouched


BENT = [
    pytest.param(b"200 OK", b"204 No Content", UnreachableError, id="204"),
    pytest.param(b"200 OK", b"206 Partial Content", UnreachableError, id="206"),
    pytest.param(TYPE.encode(), media_types.DOCKER_SCHEMA1_SIGNED.encode(), UnsupportedError, id="schema 1"),
]


@pytest.mark.parametrize(("good", "bad", "kind"), BENT)
def test_what_is_no_whole_image_is_refused(listen: Listen, good: bytes, bad: bytes, kind: type[PinnerError]) -> None:
    registry = listen(serve())
    assert ask(f"{registry.authority}/app:1", verb="describe").digest == DIGEST
    registry.routes["*"] = says(image().replace(good, bad, 1))
    assert_refused(ask(f"{registry.authority}/app:1", verb="describe"), kind)
