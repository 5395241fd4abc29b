"""Which answers are told to everybody, so that they may be kept for anybody (RATE-09, SEC-29)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pinner.credentials.base import Credential, Login, RegistryToken
from pinner.oci.platform import Platform
from pinner.registry.resolver import RegistryResolver
from pinner.registry.settings import parse_registries
from pinner.registry.transport import SHOWS_CERTIFICATE
from pinner.resolution import Resolved
from tests.registry.fakes import (
    INDEX,
    MANIFEST,
    Keyring,
    Respond,
    World,
    failure,
    image,
    open_registry,
    references,
    token_registry,
)

HOST = "registry.example"
CREDENTIAL = Credential(username="ada", secret="sentinel", source="keyring")


def is_public(respond: Respond, *, verb: str = "look_up", login: Login | None = None, **settings: Any) -> bool:
    world = World(hosts={HOST: respond})
    if login is not None:
        settings["credentials"] = Keyring({HOST: login})
    with world.resolver(**settings) as resolver:
        (result,) = getattr(resolver, verb)(references(f"{HOST}/app:1"))
    assert isinstance(result, Resolved), result
    return result.is_public


both_verbs = pytest.mark.parametrize("verb", ["look_up", "describe"])


def basic(request: httpx.Request) -> httpx.Response:
    if "authorization" in request.headers:
        return image()
    return failure(401, www_authenticate='Basic realm="x"')


@both_verbs
@pytest.mark.parametrize("login", [None, CREDENTIAL])
def test_an_open_registry_tells_everybody(verb: str, login: Login | None) -> None:
    assert is_public(open_registry(), verb=verb, login=login)


@both_verbs
def test_an_anonymous_token_is_given_to_everybody(verb: str) -> None:
    assert is_public(token_registry(), verb=verb)


@both_verbs
def test_a_token_for_a_login_is_the_logins(verb: str) -> None:
    assert not is_public(token_registry(), verb=verb, login=CREDENTIAL)


@both_verbs
def test_a_password_is_a_login(verb: str) -> None:
    assert not is_public(basic, verb=verb, login=CREDENTIAL)


def test_a_token_of_the_user_is_a_login() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == "Bearer sentinel":
            return image()
        return failure(401, www_authenticate=f'Bearer realm="https://{HOST}/token"')

    assert not is_public(respond, login=RegistryToken(secret="sentinel", source="keyring"))


def test_refused_credentials_of_an_open_host_are_put_away_and_the_answer_is_everybodys() -> None:  # AUTH-21
    inner = token_registry("registry-1.docker.io")

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and "authorization" in request.headers:
            return failure(401)
        return inner(request)

    world = World(hosts={"registry-1.docker.io": respond})
    with world.resolver(credentials=Keyring({"docker.io": CREDENTIAL})) as resolver:
        (result,) = resolver.look_up(references("nginx:1"))
    assert isinstance(result, Resolved)
    assert result.is_public


def test_a_client_certificate_is_a_login(tmp_path: Path) -> None:
    settings = parse_registries(f'[registries."{HOST}"]\nclient-cert = "{tmp_path}/c.pem"\n', "registries.toml")
    assert not is_public(open_registry(), registries=settings)


@pytest.mark.parametrize("document", [INDEX, MANIFEST])
def test_a_platform_is_as_public_as_all_that_led_to_it(document: bytes) -> None:
    platform = Platform("linux", "amd64" if document is INDEX else "arm64")
    assert is_public(open_registry(document), verb="describe", platform=platform)
    inside = token_registry(inside=open_registry(document))
    assert is_public(inside, verb="describe", platform=platform)
    assert not is_public(inside, verb="describe", platform=platform, login=CREDENTIAL)


@pytest.mark.parametrize("shows", [True, False])
def test_a_certificate_that_the_connection_chose_itself_is_a_login_net_02(*, shows: bool) -> None:
    world = World(hosts={HOST: open_registry()})

    def respond(request: httpx.Request) -> httpx.Response:
        answer = world.respond(request)
        answer.extensions[SHOWS_CERTIFICATE] = shows
        return answer

    with RegistryResolver(transport_factory=lambda: httpx.MockTransport(respond)) as resolver:
        (result,) = resolver.look_up(references(f"{HOST}/app:1"))
    assert isinstance(result, Resolved)
    assert result.is_public is not shows


def test_what_a_redirect_leads_to_elsewhere_is_nobodys() -> None:
    redirect = httpx.Response(307, headers={"location": "https://other.example/v2/app/manifests/1"})
    world = World(hosts={HOST: lambda _: redirect, "other.example": open_registry()})
    with world.resolver() as resolver:
        (result,) = resolver.look_up(references(f"{HOST}/app:1"))
    assert isinstance(result, Resolved)
    assert not result.is_public
