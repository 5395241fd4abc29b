"""The logins that a CI job finds in its variables, each for exactly one host (AUTH-35, SEC-21).

They stand behind the files: a file is somebody's choice, these variables are in every job. Elsewhere than in a job of
that system they count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pinner.credentials.base import Credential
from pinner.credentials.steps import Found, Nothing, Source, Step, Why
from pinner.oci.hosts import host_identity

# What the variable that marks a job holds.
TRUE: Final = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLogin:
    """A login of a job: the whole name of its host, and the variable that the secret comes from."""

    host: str
    credential: Credential

    @classmethod
    def of(cls, environ: Mapping[str, str], *, host: str, username: str, variable: str) -> JobLogin | None:
        """Return the login whose secret `variable` holds, or None where a part is missing."""
        secret = environ.get(variable)
        if not host or not username or not secret:
            return None
        return cls(host=host, credential=Credential(username=username, secret=secret, source=variable))


ReadJob = Callable[[Mapping[str, str]], tuple[JobLogin | None, ...]]


class JobSource(Source):
    """The variables of one CI system."""

    def __init__(self, place: str, environ: Mapping[str, str], read: ReadJob) -> None:
        self._place = place
        self._environ = environ
        self._read = read

    @property
    def place(self) -> str:
        """What the variables are called together."""
        return self._place

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:  # noqa: ARG002 - hosts only
        """Return the login whose host is `registry`, the whole of it."""
        for login in self._read(self._environ):
            if login is not None and host_identity(login.host) == host_identity(registry):
                place = login.credential.source
                return (Found(place=place, key=login.host, login=login.credential),)
        return (Nothing(place=self._place, why=Why.NO_ENTRY),)
