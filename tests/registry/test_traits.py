"""Traits save requests; with every one of them turned around, the checks hold (RES-08)."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import BlockedError, IntegrityError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.hosts import Traits
from pinner.registry import endpoint
from pinner.registry.traits import LearnedTraits
from pinner.resolution import Resolution, Unresolved
from tests.registry.fakes import CHILD, INDEX, Keyring, Respond, World, failure, image, references

HOST = "registry.example"
DIGEST = Digest.of(INDEX)
FLAGS = tuple(one.name for one in dataclasses.fields(Traits))
LOGIN = Credential(username="ada", secret="sentinel", source="keyring")


@pytest.fixture(params=[{}, *({name: True} for name in FLAGS), dict.fromkeys(FLAGS, True)], ids=str)
def _traits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "traits_of", lambda _: Traits(**request.param))


with_any_traits = pytest.mark.usefixtures("_traits")


def test_traits_are_a_closed_set_of_yes_and_no() -> None:
    assert FLAGS == ("is_metered", "has_honest_head", "is_public")
    assert Traits() == Traits(**dict.fromkeys(FLAGS, False))
    learned = {one.name for one in dataclasses.fields(LearnedTraits)}
    assert {name for name in learned if "repositories" not in name} == {"has_head"}


def _describe(respond: Respond, text: str, **world: Respond) -> tuple[Resolution, World]:
    network = World(hosts={HOST: respond, **world})
    with network.resolver(credentials=Keyring({HOST: LOGIN})) as resolver:
        (result,) = resolver.describe(references(text))
    return result, network


def _error(result: Resolution) -> ResolutionError:
    assert isinstance(result, Unresolved)
    return result.error


@with_any_traits
def test_bytes_of_another_digest_are_refused_sec_10() -> None:
    result, _ = _describe(lambda _: image(docker_content_digest=str(CHILD)), f"{HOST}/app@{CHILD}")
    assert isinstance(_error(result), IntegrityError)


@with_any_traits
def test_a_false_digest_in_a_header_does_no_harm_sec_11() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(str(DIGEST)):
            return failure(404)
        return image(docker_content_digest=str(CHILD)) if request.method == "GET" else httpx.Response(405)

    result, _ = _describe(respond, f"{HOST}/app:1")
    assert isinstance(_error(result), IntegrityError)


@with_any_traits
def test_an_ambiguous_document_is_refused_sec_13() -> None:
    content = b'{"schemaVersion": 2, "manifests": [], "layers": []}'
    result, _ = _describe(lambda _: image(content, media_types.OCI_INDEX), f"{HOST}/app:1")
    assert isinstance(_error(result), IntegrityError)


@with_any_traits
def test_schema_1_is_refused_res_15() -> None:
    content = b'{"schemaVersion": 1}'
    result, _ = _describe(lambda _: image(content, media_types.DOCKER_SCHEMA1_SIGNED), f"{HOST}/app:1")
    assert isinstance(_error(result), UnsupportedError)


@with_any_traits
def test_a_foreign_realm_sees_no_credentials_sec_01() -> None:
    challenge = 'Bearer realm="https://evil.example/token",service="x"'
    thief = {"evil.example": lambda _: httpx.Response(200, json={"token": "t"})}
    result, world = _describe(lambda _: failure(401, www_authenticate=challenge), f"{HOST}/app:1", **thief)
    assert isinstance(_error(result), BlockedError)
    stolen = [one for one in world.seen if one.host == "evil.example"]
    assert all(one.authorization is None and "ada" not in one.url for one in stolen)


@with_any_traits
def test_a_redirect_to_another_host_carries_no_credentials_sec_04() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") is None:
            return failure(401, www_authenticate='Basic realm="x"')
        return httpx.Response(307, headers={"location": "https://cdn.example/x"})

    _, world = _describe(respond, f"{HOST}/app:1", **{"cdn.example": lambda _: image()})
    assert {one.authorization for one in world.seen if one.host == "cdn.example"} == {None}


@with_any_traits
def test_https_never_becomes_http_res_23() -> None:
    redirect = httpx.Response(307, headers={"location": f"http://{HOST}/x"})
    result, _ = _describe(lambda _: redirect, f"{HOST}/app:1")
    assert isinstance(_error(result), BlockedError)
