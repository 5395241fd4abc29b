"""Who may read which repository: Basic credentials, random bearer tokens and the challenges for both.

Tokens live in memory only. (distribution docs, spec/auth/token.md; RFC 6750; RFC 7617)
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

SERVICE: Final = "demo"
PRIVATE_PREFIX: Final = "private/"
_TOKEN_BYTES: Final = 32
_SCOPE_PARTS: Final = 3


class Access(Enum):
    """What the credentials of a request are worth."""

    GRANTED = auto()
    MISSING = auto()
    INVALID = auto()
    INSUFFICIENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The repositories that a token opens, and until when, in seconds of the issuer's clock."""

    repositories: frozenset[str]
    expires: float


class TokenIssuer:
    """Issues and remembers tokens; `users` maps names to passwords, `lifetime` is in seconds."""

    def __init__(
        self, users: Mapping[str, str], *, lifetime: int = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._users = dict(users)
        self._lifetime = lifetime
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(self, scopes: Iterable[str], *, known: bool) -> dict[str, object]:
        """Return a token document for the readable part of `scopes`, which may be nothing (as on Docker Hub)."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        wanted = (_read_scope(scope) for value in scopes for scope in value.split())
        names = frozenset(name for name in wanted if name and (known or not is_private(name)))
        self._grants[token] = Grant(repositories=names, expires=self._clock() + self._lifetime)
        issued_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"token": token, "expires_in": self._lifetime, "issued_at": issued_at}

    def revoke_all(self) -> None:
        """Forget every token, as if all had expired."""
        self._grants.clear()

    def check_basic(self, authorization: str | None) -> Access:
        """Judge Basic credentials."""
        if authorization is None:
            return Access.MISSING
        credentials = _read_basic(authorization)
        if credentials is None:
            return Access.INVALID
        name, password = credentials
        expected = self._users.get(name)
        if expected is None or not hmac.compare_digest(expected.encode(), password.encode()):
            return Access.INVALID
        return Access.GRANTED

    def check_bearer(self, authorization: str | None, name: str | None) -> Access:
        """Judge a bearer token for one repository; None asks only whether the token is good."""
        if authorization is None:
            return Access.MISSING
        scheme, _, token = authorization.partition(" ")
        grant = self._grants.get(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None or self._clock() >= grant.expires:
            return Access.INVALID
        if name is not None and name not in grant.repositories:
            return Access.INSUFFICIENT
        return Access.GRANTED


def is_private(name: str) -> bool:
    """Return whether a repository needs credentials."""
    return name.startswith(PRIVATE_PREFIX)


def bearer_challenge(realm: str, name: str | None, access: Access) -> str:
    """Return the `WWW-Authenticate` that sends a client to the token endpoint."""
    challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
    if name is not None:
        challenge += f',scope="repository:{name}:pull"'
    error = {Access.INVALID: "invalid_token", Access.INSUFFICIENT: "insufficient_scope"}.get(access)
    return f'{challenge},error="{error}"' if error else challenge


def basic_challenge() -> str:
    """Return the `WWW-Authenticate` that asks for a name and a password."""
    return f'Basic realm="{SERVICE}"'


def _read_scope(scope: str) -> str | None:
    """Return the repository that a scope wants to pull from, None for every other scope."""
    parts = scope.split(":")
    if len(parts) != _SCOPE_PARTS or parts[0] != "repository" or "pull" not in parts[2].split(","):
        return None
    return parts[1]


def _read_basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, password) if colon else None
