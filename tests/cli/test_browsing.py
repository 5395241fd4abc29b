"""`tags` and `referrers` from the command line, against servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pinner.demo.answers import Answer, answer_error, answer_json
from pinner.demo.registry import DemoRegistry
from pinner.demo.server import LoopbackServer, Respond
from pinner.oci import media_types
from pinner.oci.digest import Digest
from tests.support.json_schema import check_document
from tests.support.program import run

pytestmark = pytest.mark.enable_socket

TAGS = [f"1.{number}" for number in range(13)]
INDEX = json.dumps({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": []}).encode()
SUBJECT = Digest.of(INDEX)
ONE, TWO = Digest.of(b"one"), Digest.of(b"two")


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    server = LoopbackServer(respond)
    server.start()
    try:
        yield server.address
    finally:
        server.stop()
    assert server.crashes == []


def paged_tags(asked: list[str]) -> Respond:
    """Give pages of five at most, as registries do that know pages."""

    def respond(_method: str, target: str, _headers: Message) -> Answer:
        asked.append(target)
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        begin = TAGS.index(query["last"][0]) + 1 if "last" in query else 0
        tags = TAGS[begin : begin + 5]
        more = begin + 5 < len(TAGS)
        link = {"Link": f'<{parts.path}?last={tags[-1]}&n=5>; rel="next"'} if more else {}
        return answer_json({"name": "acme/api", "tags": tags}, headers=link)

    return respond


def referring(*entries: dict[str, Any]) -> Respond:
    """Serve one image, and what refers to it by the API."""
    referrers = json.dumps({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}).encode()

    def respond(_method: str, target: str, _headers: Message) -> Answer:
        headers = {"Content-Type": media_types.OCI_INDEX}
        if target.startswith(f"/v2/acme/api/referrers/{SUBJECT}"):
            return Answer(headers=headers, body=referrers)
        if target == "/v2/acme/api/manifests/1":
            return Answer(headers={**headers, "Docker-Content-Digest": str(SUBJECT)}, body=INDEX)
        return answer_error(404, "nothing is here")

    return respond


def test_an_empty_repository_prints_nothing(tmp_path: Path) -> None:
    with serving(lambda *_: answer_json({"tags": None})) as address:
        ran = run("tags", f"{address}/acme/api", cwd=tmp_path)
    assert (ran.code, ran.out, ran.stderr) == (0, "", "")


def test_tags_of_all_pages_are_printed_in_the_order_of_versions(tmp_path: Path) -> None:
    asked: list[str] = []
    with serving(paged_tags(asked)) as address:
        ran = run("tags", f"{address}/acme/api", cwd=tmp_path)
        shown = run("tags", f"{address}/acme/api", "--format", "json", cwd=tmp_path)
    assert (ran.code, ran.out.split(), ran.stderr) == (0, TAGS, "")
    assert len(asked) == 6
    assert check_document(shown.out, "tags") == {
        "schema": "pinner/tags/1",
        "registry": address,
        "repository": "acme/api",
        "tags": TAGS,
        "complete": True,
    }


def test_a_list_that_was_cut_is_said(tmp_path: Path) -> None:
    link = {"Link": "<?last=a>; rel=next"}
    with serving(lambda *_: answer_json({"tags": ["a"]}, headers=link)) as address:
        ran = run("tags", f"{address}/acme/api", cwd=tmp_path)
        shown = run("tags", f"{address}/acme/api", "--format", "json", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "a\n")
    assert ran.stderr == "warning: the list is not complete: the registry has more tags than it was asked for\n"
    assert check_document(shown.out, "tags")["complete"] is False


def test_a_token_is_fetched_for_pulling_and_a_missing_repository_is_3(tmp_path: Path) -> None:
    with DemoRegistry() as registry:
        registry.push_image("acme/api", "2", marker="one")
        registry.push_image("acme/api", "10", marker="two")
        ran = run("tags", f"{registry.address}/acme/api", cwd=tmp_path)
        assert (ran.code, ran.out, ran.stderr) == (0, "2\n10\n", "")
        assert [one.query for one in registry.requests if one.path == "/token"] == [
            "service=demo&scope=repository%3Aacme%2Fapi%3Apull"
        ]
        missing = run("tags", f"{registry.address}/acme/other", cwd=tmp_path)
        private = run("tags", f"{registry.address}/private/api", cwd=tmp_path)
    assert (missing.code, missing.out) == (3, "")
    assert "/acme/other: 127.0.0.1:" in missing.stderr
    assert "has no such repository" in missing.stderr
    assert (private.code, private.out) == (4, "")


def test_referrers_are_a_line_each(tmp_path: Path) -> None:
    manifest = {"mediaType": media_types.OCI_MANIFEST, "size": 7}
    annotations = {"org.opencontainers.image.title": "app.json", "org.opencontainers.image.created": "2026-11-21"}
    sbom = {**manifest, "digest": str(ONE), "artifactType": "application/spdx+json", "annotations": annotations}
    odd = {"mediaType": "x\x1b[31m", "digest": str(TWO), "annotations": {"org.opencontainers.image.title": "a\nb"}}
    with serving(referring(sbom, odd)) as address:
        image = f"{address}/acme/api:1"
        ran = run("referrers", image, cwd=tmp_path)
        shown = run("referrers", image, "--format", "json", cwd=tmp_path)
        one_type = run("referrers", image, "--artifact-type", "application/spdx+json", cwd=tmp_path)
        by_digest = run("referrers", f"{image}@{SUBJECT}", cwd=tmp_path)
        missing = run("referrers", f"{address}/acme/api:2", cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    first = f"{ONE}  application/spdx+json  7  app.json  2026-11-21\n"
    assert ran.out == f"{first}{TWO}  x[31m  -  a b\n"
    assert one_type.out == first
    assert (by_digest.code, missing.code) == (3, 3)  # this server knows its image by tag only
    document = check_document(shown.out, "referrers")
    assert {**document, "referrers": len(document["referrers"])} == {
        "schema": "pinner/referrers/1",
        "reference": image,
        "digest": str(SUBJECT),
        "via": "api",
        "referrers": 2,
        "complete": True,
    }
    assert document["referrers"][1] == {
        "digest": str(TWO),
        "artifact_type": None,
        "media_type": "x[31m",
        "size": None,
        "title": "a b",
        "created": None,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["tags", "nginx:1.27"], 2, "error: 'nginx:1.27' names one image, and the tags of a repository are listed\n"),
        (["tags", f"nginx@{ONE}"], 2, "  run `pinner tags docker.io/library/nginx`\n"),
        (["tags", "Foo"], 2, "error: invalid reference 'Foo': the repository must be lowercase\n"),
        (["tags"], 2, "error: the reference is empty\n"),
        (["referrers"], 2, "error: the reference is empty\n"),
        (["referrers", "nginx:+"], 2, "error: invalid reference 'nginx:+'\n"),
        (
            ["tags", "--offline", "nginx"],
            3,
            "error: docker.io/library/nginx must be asked for, but the network is off\n",
        ),
        (["referrers", "--offline", "nginx:1"], 3, "error: nginx:1 must be asked for, but the network is off\n"),
    ],
)
def test_what_cannot_be_asked_says_why(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    ran = run(*arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.stderr


@pytest.mark.parametrize("verb", ["tags", "referrers"])
def test_the_environment_can_forbid_the_network(tmp_path: Path, verb: str) -> None:
    assert run(verb, "nginx", cwd=tmp_path, environ={"PINNER_OFFLINE": "1"}).code == 3
