"""`--auth HOST=env:VARIABLE`: a login that is named for this run; the secret itself stands in a variable.

A command line can be read by everybody on a machine and ends up in logs, so a secret that stands there is refused, and
nothing of a flag that is not understood is ever repeated (AUTH-33).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pinner.credentials.base import Login, RegistryToken
from pinner.credentials.entries import login_of
from pinner.credentials.keys import is_address, normal_key
from pinner.errors import ConfigError, UsageError

FLAG: Final = "--auth"
_FLAG: Final = re.compile(r"(?P<address>[^=]+)=env:(?P<variable>[A-Za-z_][A-Za-z0-9_]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedLogin:
    """A host, or a host and a path, and the variable that holds its login."""

    address: str
    variable: str

    @property
    def place(self) -> str:
        """What messages call it; the variable is not shown: it may be a secret put in the wrong place."""
        return f"{FLAG} {self.address}"

    def read(self, environ: Mapping[str, str]) -> Login:
        """Return the login: `user:password`, or without a colon a token that goes to the registry as it is.

        Raise `ConfigError` where the variable holds neither.
        """
        value = environ.get(self.variable, "").strip("\r\n")
        username, colon, secret = value.partition(":")
        if value and not colon:
            return RegistryToken(secret=value, source=self.place)
        if username and secret:
            return login_of(username, secret, self.place)
        problem = "holds no user:password" if value else "is not set"
        message = f"{self.place}: the environment variable that it names {problem}"
        raise ConfigError(message, hint="set it to user:password, or to a bearer token alone")


def read_auth(flags: Iterable[str]) -> tuple[NamedLogin, ...]:
    """Read the values of `--auth`; raise `UsageError`, without showing them, where one is not `HOST=env:VARIABLE`."""
    logins: dict[str, NamedLogin] = {}
    for number, flag in enumerate(flags, start=1):
        match = _FLAG.fullmatch(flag)
        if match is None or not is_address(match["address"]):
            message = f"{FLAG} number {number} is not HOST=env:VARIABLE"
            hint = "put user:password into a variable and name that, as in --auth ghcr.io=env:GHCR_LOGIN"
            raise UsageError(message, hint=f"{hint}; a secret on the command line can be read by others")
        login = NamedLogin(match["address"], match["variable"])
        if logins.setdefault(normal_key(login.address), login) is not login:
            message = f"{login.place} is given twice"
            raise UsageError(message, hint="leave one of them out")
    return tuple(logins.values())
