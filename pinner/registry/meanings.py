"""What a status most likely means at a kind of registry (RES-31): a table of words, read from top to bottom.

Each row was paid for by somebody who read the plain status and looked for the fault in the wrong place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pinner.errors import AmbiguousAccessError, ResolutionError
from pinner.registry.kinds import HostKind

Where = Literal["token server", "registry"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row; `is_shown` is None where it does not matter whether credentials were shown.

    `hint` is the next step, with `{registry}` for the host; `error` the class to raise in the place of the usual one.
    """

    kind: str
    where: Where
    statuses: tuple[int, ...]
    words: str
    hint: str | None = None
    is_shown: bool | None = None
    error: type[ResolutionError] | None = None


_REALM: Final[Where] = "token server"
_REGISTRY: Final[Where] = "registry"
_LOGIN: Final = "check the name, or log in: `docker login {registry}`"
_AGAIN: Final = "log in again: `docker login {registry}`"
_GHCR: Final = "check the name, or log in with a token that has read:packages: `docker login ghcr.io`"
_ECR: Final = "check region, name and rights, or get a new password: `aws ecr get-login-password`"
_GITLAB: Final = "check the name and the token's read_registry right; if all was well before, wait an hour"

MEANINGS: Final = (
    Meaning("Docker Hub", _REGISTRY, (401,), "Docker Hub answers 401 for images that do not exist", _LOGIN),
    Meaning("Docker Hub", _REALM, (401,), "user name, password or access token are wrong", _AGAIN, is_shown=True),
    Meaning(
        "GHCR", _REALM, (401, 403), "GHCR gives no token for missing and for private images", _GHCR, is_shown=False
    ),
    Meaning("GHCR", _REALM, (403,), "the image is missing, or the token has run out or too few rights", _GHCR),
    Meaning("GHCR", _REALM, (401,), "the token is wrong or has run out", _GHCR),
    Meaning("Quay", _REGISTRY, (401,), "Quay answers 401 for missing and for private images", _LOGIN),
    Meaning("Quay", _REALM, (401,), "a robot's user name is `namespace+robot`", _AGAIN, is_shown=True),
    Meaning("ECR", _REGISTRY, (404,), "each account and region of ECR has repositories of its own", _ECR),
    Meaning("ECR", _REGISTRY, (403,), "its policy denies it, or the password has run out (12 hours)", _ECR),
    Meaning("ECR", _REGISTRY, (400, 401), "ECR's passwords run out after 12 hours", _ECR, is_shown=True),
    Meaning("ECR", _REGISTRY, (401,), "ECR lets nobody in without a password", _ECR),
    Meaning("ECR Public", _REGISTRY, (400, 401), "ECR Public says so to a token that has run out", "run again"),
    Meaning("ECR Public", _REGISTRY, (404,), "ECR Public has no private images: this one does not exist"),
    Meaning("Google", _REGISTRY, (401, 403), "or it may not exist", _LOGIN, is_shown=False, error=AmbiguousAccessError),
    Meaning("Google", _REGISTRY, (403,), "or it may not exist; the account needs artifactregistry.reader", _LOGIN),
    Meaning("Google", _REALM, (401, 403), "access tokens of Google run out after an hour", _AGAIN, is_shown=True),
    Meaning("ACR", _REGISTRY, (401,), "missing, or the registry allows no anonymous pull", "try `az acr login`"),
    Meaning("ACR", _REALM, (401,), "tokens of `az acr login` run out after three hours", "try `az acr login`"),
    Meaning(
        "GitLab", _REALM, (403,), "no right to it, or the address is blocked for an hour after failed logins", _GITLAB
    ),
    Meaning("GitLab", _REGISTRY, (401, 403), "GitLab says so for missing and for private images", _GITLAB),
    Meaning("Harbor", _REGISTRY, (401,), "Harbor gives a token to wrong credentials too", _AGAIN, is_shown=True),
    Meaning("Harbor", _REGISTRY, (401,), "Harbor says so for private and for missing projects", _LOGIN),
    Meaning(
        "Artifactory",
        _REGISTRY,
        (403,),
        "Artifactory may say 403 where a tag is missing in a virtual repository",
        _LOGIN,
    ),
    Meaning(
        "Artifactory",
        _REGISTRY,
        (404,),
        "a virtual repository of Artifactory shows what its members have and you may read",
    ),
    Meaning("Artifactory", _REGISTRY, (401,), "Artifactory allows no anonymous access, or the key is wrong", _LOGIN),
    Meaning("Nexus", _REGISTRY, (404,), "each repository of Nexus has a port or a host of its own"),
    Meaning("Nexus", _REGISTRY, (401,), "Nexus needs its Docker Bearer Token realm for anonymous access", _LOGIN),
    Meaning(
        "Gitea", _REGISTRY, (401, 404), "Gitea says so for missing packages and for those of private owners", _LOGIN
    ),
    Meaning("Gitea", _REALM, (401,), "Gitea wants an access token with the right read:package", _AGAIN),
    Meaning(
        "Chainguard", _REALM, (401, 403), "the pull token is wrong, has run out or is for another organisation", _AGAIN
    ),
    Meaning(
        "Chainguard",
        _REGISTRY,
        (403, 404),
        "the tag is not part of what you may pull: without a contract, `latest` only",
    ),
    Meaning("NVIDIA", _REALM, (401, 403), "the user name is `$oauthtoken`, the password a key of NGC", _AGAIN),
    Meaning("NVIDIA", _REGISTRY, (401, 403), "missing, or it needs a key of NGC and an accepted licence", _LOGIN),
    # Everybody else; docker-registry says the same words to wrong credentials and about missing repositories.
    Meaning("", _REGISTRY, (401,), "the image may not exist, or these credentials may not pull it", is_shown=True),
    Meaning("", _REGISTRY, (403,), "the image may not exist, or needs rights you lack"),
    Meaning("", _REALM, (403,), "the image may not exist, or needs more rights", is_shown=True),
)


def meaning_of(kind: HostKind, where: Where, status: int, *, is_shown: bool) -> Meaning | None:
    """Return the first row that fits, of this kind or of everybody; `is_shown` says whether credentials were shown."""
    return next(
        (
            one
            for one in MEANINGS
            if one.kind in {kind.name, ""}
            and one.where == where
            and status in one.statuses
            and one.is_shown in {None, is_shown}
        ),
        None,
    )
