"""What a status means at each kind of registry, in the words that a user sees (RES-31, AUTH-20)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import (
    AmbiguousAccessError,
    DeniedError,
    NotFoundError,
    ResolutionError,
    UnauthorizedError,
    UnreachableError,
)
from pinner.oci.reference import Reference
from pinner.registry.challenge import Challenge, parse_challenges
from pinner.registry.kinds import ANY, KINDS, kind_of
from pinner.registry.meanings import MEANINGS, Where, meaning_of
from pinner.resolution import Unresolved
from tests.registry.fakes import Keyring, World, failure

ALICE = Credential(username="alice", secret="s3cret", source="~/.docker/config.json")
SECRETS = ("s3cret", base64.b64encode(b"alice:s3cret").decode())
BASIC = 'Basic realm="x"'


@dataclass(frozen=True, kw_only=True)
class Place:
    """A registry of one kind: where it stands and how it asks for credentials."""

    image: str
    challenge: str

    @property
    def host(self) -> str:
        registry = Reference.parse(self.image).registry
        return "registry-1.docker.io" if registry == "docker.io" else registry

    @property
    def token_host(self) -> str:
        found = re.search(r"https://([^/]+)/", self.challenge)
        return found[1] if found else self.host


def token_place(image: str, realm: str, service: str = "s", scope: str = "") -> Place:
    return Place(image=image, challenge=f'Bearer realm="{realm}",service="{service}",scope="{scope}"')


ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
PLACES = {
    "Docker Hub": token_place("nginx:1", "https://auth.docker.io/token"),
    "GHCR": token_place("ghcr.io/acme/app:1", "https://ghcr.io/token"),
    "Quay": token_place("quay.io/acme/app:1", "https://quay.io/v2/auth"),
    "ECR": Place(image=f"{ECR}/app:1", challenge=BASIC),
    "ECR Public": token_place("public.ecr.aws/acme/app:1", "https://public.ecr.aws/token/", scope="aws"),
    "Google": token_place("europe-docker.pkg.dev/p/r/app:1", "https://europe-docker.pkg.dev/v2/token"),
    "ACR": token_place("acmecorp.azurecr.io/app:1", "https://acmecorp.azurecr.io/oauth2/token"),
    "Chainguard": token_place("cgr.dev/chainguard/python:3.12", "https://cgr.dev/token"),
    "NVIDIA": token_place("nvcr.io/nvidia/cuda:1", "https://nvcr.io/proxy_auth"),
    "GitLab": token_place("registry.acme.com/group/app:1", "https://registry.acme.com/jwt/auth", "container_registry"),
    "Harbor": token_place("harbor.acme.com/p/app:1", "https://harbor.acme.com/service/token", "harbor-registry"),
    "Artifactory": token_place(
        "art.acme.com/docker/app:1", "https://art.acme.com/artifactory/api/docker/docker/v2/token", "art.acme.com"
    ),
    "Nexus": Place(image="nexus.acme.com/app:1", challenge='BASIC realm="Sonatype Nexus Repository Manager"'),
    "Gitea": token_place("git.acme.com/o/app:1", "https://git.acme.com/v2/token", "container_registry", "*"),
    "": token_place("registry.acme.com/app:1", "https://registry.acme.com/token"),
}


def error_at(place: Place, where: Where, status: int, *, is_shown: bool) -> tuple[ResolutionError, World]:
    """Ask for an image where `where` answers `status`, after the challenge and with or without credentials."""

    def respond(request: httpx.Request) -> httpx.Response:
        is_token = "/manifests/" not in request.url.path
        if is_token and where == "token server":
            return failure(status, "DENIED", "so it says")
        if is_token:
            return httpx.Response(200, json={"token": "t"})
        if "authorization" not in request.headers and (status == 401 or is_shown or where == "token server"):
            return failure(401, "UNAUTHORIZED", www_authenticate=place.challenge)
        return failure(status, "DENIED", "so it says")

    registry = Reference.parse(place.image).registry
    ring = Keyring(logins={registry: ALICE} if is_shown else {}, names=("DOCKER_AUTH_CONFIG", "~/.docker/config.json"))
    world = World(hosts={place.host: respond, place.token_host: respond})
    with world.resolver(credentials=ring, jobs=1) as resolver:
        (result,) = resolver.look_up([Reference.parse(place.image)])
    assert isinstance(result, Unresolved)
    return result.error, world


def _row(
    kind: str, where: Where, status: int, login: str, error: type[ResolutionError], words: str
) -> tuple[str, Where, int, bool, type[ResolutionError], str]:
    return kind, where, status, login == "login", error, words


ROWS = [
    _row("Docker Hub", "registry", 401, "none", AmbiguousAccessError, "401 for images that do not exist"),
    _row("Docker Hub", "registry", 401, "login", UnauthorizedError, "401 for images that do not exist"),
    _row("Docker Hub", "token server", 401, "login", UnauthorizedError, "user name, password or access token"),
    _row("GHCR", "token server", 401, "none", AmbiguousAccessError, "no token for missing and for private images"),
    _row("GHCR", "token server", 403, "none", AmbiguousAccessError, "no token for missing and for private images"),
    _row("GHCR", "token server", 403, "login", DeniedError, "the image is missing, or the token"),
    _row("GHCR", "token server", 401, "login", UnauthorizedError, "the token is wrong or has run out"),
    _row("Quay", "registry", 401, "none", AmbiguousAccessError, "missing and for private images"),
    _row("Quay", "registry", 401, "login", UnauthorizedError, "missing and for private images"),
    _row("Quay", "token server", 401, "login", UnauthorizedError, "namespace+robot"),
    _row("ECR", "registry", 404, "login", NotFoundError, "each account and region"),
    _row("ECR", "registry", 403, "login", DeniedError, "or the password has run out"),
    _row("ECR", "registry", 400, "login", UnauthorizedError, "run out after 12 hours"),
    _row("ECR", "registry", 401, "login", UnauthorizedError, "run out after 12 hours"),
    _row("ECR", "registry", 401, "none", AmbiguousAccessError, "nobody in without a password"),
    _row("ECR Public", "registry", 400, "none", UnreachableError, "a token that has run out"),
    _row("ECR Public", "registry", 404, "none", NotFoundError, "has no private images: this one does not exist"),
    _row("Google", "registry", 401, "none", AmbiguousAccessError, "or it may not exist"),
    _row("Google", "registry", 403, "none", AmbiguousAccessError, "or it may not exist"),
    _row("Google", "registry", 403, "login", DeniedError, "artifactregistry.reader"),
    _row("Google", "token server", 401, "login", UnauthorizedError, "run out after an hour"),
    _row("Google", "token server", 403, "login", DeniedError, "run out after an hour"),
    _row("ACR", "registry", 401, "none", AmbiguousAccessError, "allows no anonymous pull"),
    _row("ACR", "token server", 401, "login", UnauthorizedError, "run out after three hours"),
    _row("GitLab", "token server", 403, "login", DeniedError, "blocked for an hour after failed logins"),
    _row("GitLab", "token server", 403, "none", AmbiguousAccessError, "blocked for an hour after failed logins"),
    _row("GitLab", "registry", 401, "none", AmbiguousAccessError, "missing and for private images"),
    _row("GitLab", "registry", 403, "login", DeniedError, "missing and for private images"),
    _row("Harbor", "registry", 401, "login", UnauthorizedError, "a token to wrong credentials too"),
    _row("Harbor", "registry", 401, "none", AmbiguousAccessError, "private and for missing projects"),
    _row("Artifactory", "registry", 403, "login", DeniedError, "403 where a tag is missing in a virtual repository"),
    _row("Artifactory", "registry", 404, "login", NotFoundError, "what its members have and you may read"),
    _row("Artifactory", "registry", 401, "none", AmbiguousAccessError, "no anonymous access"),
    _row("Nexus", "registry", 404, "login", NotFoundError, "a port or a host of its own"),
    _row("Nexus", "registry", 401, "none", AmbiguousAccessError, "Docker Bearer Token realm"),
    _row("Gitea", "registry", 401, "none", AmbiguousAccessError, "those of private owners"),
    _row("Gitea", "registry", 404, "login", NotFoundError, "those of private owners"),
    _row("Gitea", "token server", 401, "login", UnauthorizedError, "read:package"),
    _row("Chainguard", "token server", 403, "login", DeniedError, "for another organisation"),
    _row("Chainguard", "token server", 401, "login", UnauthorizedError, "for another organisation"),
    _row("Chainguard", "registry", 403, "none", DeniedError, "not part of what you may pull"),
    _row("Chainguard", "registry", 404, "none", NotFoundError, "not part of what you may pull"),
    _row("NVIDIA", "token server", 401, "login", UnauthorizedError, "$oauthtoken"),
    _row("NVIDIA", "registry", 401, "none", AmbiguousAccessError, "an accepted licence"),
    _row("NVIDIA", "registry", 403, "login", DeniedError, "an accepted licence"),
    _row("", "registry", 401, "login", UnauthorizedError, "may not exist, or these credentials may not pull it"),
    _row("", "registry", 403, "none", DeniedError, "may not exist, or needs rights you lack"),
    _row("", "registry", 403, "login", DeniedError, "may not exist, or needs rights you lack"),
    _row("", "token server", 403, "login", DeniedError, "may not exist, or needs more rights"),
    _row("", "registry", 401, "none", AmbiguousAccessError, "does not exist, or is private"),
    _row("", "registry", 404, "none", NotFoundError, "no such tag or digest"),
]


@pytest.mark.parametrize(
    ("kind", "where", "status", "is_shown", "error", "words"),
    [pytest.param(*row, id=f"{row[0] or 'any'}-{row[1]}-{row[2]}-{'login' if row[3] else 'none'}") for row in ROWS],
)
def test_a_status_is_told_in_the_words_of_its_registry(
    kind: str,
    where: Where,
    status: int,
    is_shown: bool,  # noqa: FBT001 - a table
    error: type[ResolutionError],
    words: str,
) -> None:
    place = PLACES[kind]
    found, world = error_at(place, where, status, is_shown=is_shown)
    said = f"{found.message} | {found.hint}"
    assert type(found) is error, said
    assert words in found.message
    assert found.message.startswith(f"{Reference.parse(place.image).tagged}: ")
    assert found.hint
    assert "{registry}" not in said
    assert not any(secret in said for secret in SECRETS)
    if is_shown and status != 404:
        assert "the credentials from ~/.docker/config.json" in found.message
    if error is AmbiguousAccessError and status == 401:
        assert "(looked in: DOCKER_AUTH_CONFIG, ~/.docker/config.json)" in found.message
    assert sum((one.authorization or "").startswith("Basic ") for one in world.seen) <= 2


def test_every_row_of_the_table_is_played() -> None:
    kinds = {kind.name: kind for kind in (*KINDS, ANY)}
    played = {id(meaning_of(kinds[row[0]], row[1], row[2], is_shown=row[3])) for row in ROWS}
    assert [one for one in MEANINGS if id(one) not in played] == []
    assert {one.kind for one in MEANINGS} == kinds.keys() == PLACES.keys()


@pytest.mark.parametrize("kind", [name for name in PLACES if name])
def test_a_kind_is_recognised_by_its_name_or_its_challenge(kind: str) -> None:
    place = PLACES[kind]
    (challenge,) = parse_challenges([place.challenge])
    assert kind_of(Reference.parse(place.image).registry, challenge).name == kind


@pytest.mark.parametrize(
    "host",
    [
        "ghcr.io.evil",
        "xghcr.io",
        "ghcr.io:5000",
        "docker.io.evil.org",
        f"{ECR}.evil.org",
        f"x{ECR}",
        "1.dkr.ecr.eu-central-1.amazonaws.com",
        "acmecorp.azurecr.io.attacker.com",
        "x.azurecr.io",  # names have five letters at least
        "gcr.io\n",
        "europe-docker.pkg.dev.evil.org",
        "evil/europe-docker.pkg.dev",
        "acme.jfrog.io.evil.org",
        "cgr-dev",
    ],
)
def test_a_host_that_only_looks_like_one_is_none(host: str) -> None:  # SEC-21
    assert kind_of(host, None) is ANY


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr-ecr.eu-central-1.on.aws",
        "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
    ],
)
def test_all_names_of_ecr_are_ecr(host: str) -> None:
    assert kind_of(host, None).name == "ECR"


def test_no_kind_allows_anything() -> None:  # RES-08: kinds choose words and statuses, never hosts or schemes
    fields = {"name", "hosts", "realm", "service", "scope", "expired", "takes_any_login"}
    assert {name for kind in KINDS for name in kind.__slots__} == fields
    assert all(kind.expired <= {400, 403} for kind in KINDS)


def test_a_stranger_who_says_harbor_gets_harbors_words() -> None:
    assert kind_of("evil.example", Challenge(scheme="bearer", service="harbor-registry")).name == "Harbor"
    assert kind_of("ghcr.io", Challenge(scheme="bearer", service="harbor-registry")).name == "GHCR"
