"""Credentials as values, and the seam to whoever knows them.

A secret is never part of a repr, a message or a log (AUTH-23); sources are called by their names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user name and a password or personal token; `source` is the name of where it was found."""

    username: str
    secret: str = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityToken:
    """A refresh token, good only to be changed for a bearer token (distribution, oauth.md).

    `beside` is the password that stands in the same entry, for token servers that take no refresh token (AUTH-04).
    """

    secret: str = field(repr=False)
    source: str
    beside: Credential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryToken:
    """A bearer token that goes to the registry as it is."""

    secret: str = field(repr=False)
    source: str


Login = Credential | IdentityToken | RegistryToken

# Passwords that only fill a field: the user name beside them is the secret.
_FILLERS: Final = frozenset({"x", "x-oauth-basic"})


def shown_username(login: Credential) -> str | None:
    """Return the user name as others may see it, or None where it is the secret, or holds it.

    Some registries want a token in both places (AUTH-36).
    """
    return None if login.secret in login.username or login.secret in _FILLERS else login.username


class CredentialSource(Protocol):
    """Knows credentials for registries; reads nothing before it is asked, and only for the host it is asked for."""

    @property
    def names(self) -> tuple[str, ...]:
        """What to call the places that were looked in, for messages."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        """Return what to show to `host[:port]`, or None; a repository narrows entries that are scoped to a path.

        Raise `HelperError` where a credential helper failed and `ConfigError` where a file is wrong.
        """


@runtime_checkable
class Stoppable(Protocol):
    """A source that may have programs under way."""

    def stop(self) -> None:
        """End them now, from any thread; whoever waits for one gets an error."""


@runtime_checkable
class Renewable(Protocol):
    """A source that can be asked once more for a login that may have run out."""

    def renewed(self, registry: str, repository: str | None, refused: Login) -> Login | None:
        """Return another login in the place of one that was refused, or None; never that one again (AUTH-24)."""


class NoCredentials:
    """A source that knows nothing: everything is asked anonymously."""

    names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def get(self, registry: str, repository: str | None = None) -> Login | None:  # noqa: ARG002 - the Protocol's shape
        """Return None."""
        return None
