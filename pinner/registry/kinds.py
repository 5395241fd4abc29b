"""What kind of registry a host is: by its whole name, or by what its challenge says. A table and nothing else.

A kind chooses words for people and says which answers mean credentials that have run out. No kind makes anything
allowed: a stranger who claims to be Harbor gets Harbor's words and nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pinner.registry.challenge import Challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKind:
    """A product or service. Patterns match whole texts; a challenge must match all that are given.

    `expired` are the statuses, beside 401, of Basic credentials that have run out. `takes_any_login` marks token
    servers that give a token to wrong credentials too, so that only the registry's 401 tells.
    """

    name: str
    hosts: str | None = None
    realm: str | None = None
    service: str | None = None
    scope: str | None = None
    expired: frozenset[int] = frozenset()
    takes_any_login: bool = False

    def is_host(self, registry: str) -> bool:
        """Return whether `host[:port]` is named by this kind's pattern, from its first letter to its last."""
        return self.hosts is not None and re.fullmatch(self.hosts, registry) is not None

    def is_told_by(self, challenge: Challenge) -> bool:
        """Return whether a challenge has this kind's marks."""
        marks = ((self.realm, challenge.realm), (self.service, challenge.service), (self.scope, challenge.scope))
        told = [re.fullmatch(pattern, value or "") is not None for pattern, value in marks if pattern is not None]
        return bool(told) and all(told)


ANY: Final = HostKind(name="")
_REGION: Final = r"[a-z0-9-]+"
KINDS: Final = (
    HostKind(name="Docker Hub", hosts=r"docker\.io"),
    HostKind(name="GHCR", hosts=r"ghcr\.io"),
    HostKind(name="Quay", hosts=r"quay\.io"),
    HostKind(
        name="ECR",
        hosts=rf"[0-9]{{12}}\.dkr[.-]ecr(?:-fips)?\.{_REGION}\.(?:amazonaws\.com(?:\.cn)?|on\.aws)",
        expired=frozenset({400, 403}),
    ),
    HostKind(name="ECR Public", hosts=r"public\.ecr\.aws"),
    HostKind(name="Google", hosts=rf"(?:(?:us|eu|asia|marketplace)\.)?gcr\.io|{_REGION}-docker\.pkg\.dev"),
    HostKind(name="ACR", hosts=r"[a-z0-9]{5,50}(?:-[a-z0-9]+)?\.azurecr\.(?:io|cn|us|de)"),
    HostKind(name="Chainguard", hosts=r"cgr\.dev"),
    HostKind(name="NVIDIA", hosts=r"nvcr\.io"),
    HostKind(name="GitLab", hosts=r"registry\.gitlab\.com", realm=r"https?://[^/?#]+(?:/[^?#]*)?/jwt/auth"),
    HostKind(name="Harbor", service=r"harbor-registry", takes_any_login=True),
    HostKind(
        name="Artifactory",
        hosts=r"[a-z0-9-]+\.jfrog\.io",
        realm=r"Artifactory Realm|https?://[^?#]+/api/docker/[^?#]+/v2/token",
    ),
    HostKind(name="Nexus", realm=r"Sonatype Nexus Repository Manager.*"),
    HostKind(name="Gitea", hosts=r"codeberg\.org|gitea\.com", service=r"container_registry", scope=r"\*"),
)


def kind_of(registry: str, challenge: Challenge | None) -> HostKind:
    """Return the kind of a registry (`host[:port]` in lowercase), by its name first; `ANY` where nothing tells."""
    by_name = next((kind for kind in KINDS if kind.is_host(registry)), None)
    if by_name is not None or challenge is None:
        return by_name or ANY
    return next((kind for kind in KINDS if kind.is_told_by(challenge)), ANY)
