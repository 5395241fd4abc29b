"""Typed reading of the files that say how registries are reached; every mistake is told with its file and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from pinner.errors import ConfigError
from pinner.registry.origin import Origin

W = TypeVar("W", bound=str)
_LOGIN: Final = re.compile(r"(?<=//)[^/@]*(?=@)")


def shown(url: str) -> str:
    """Return an address as a message may show it: quoted, and without the login that it must not hold."""
    return repr(_LOGIN.sub("…", url))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in which file a value stands; every reader checks its type and says the place."""

    path: str
    key: str = ""

    def at(self, key: str) -> Spot:
        """Return the spot of a key below this one."""
        return Spot(self.path, self.key + key)

    def refuse(self, problem: str, *, hint: str | None = None) -> NoReturn:
        """Raise `ConfigError` for what stands here."""
        message = f"{self.path}: {self.key}: {problem}" if self.key else f"{self.path}: {problem}"
        raise ConfigError(message, hint=hint)

    def check_keys(self, table: Mapping[str, object], known: tuple[str, ...]) -> None:
        """Refuse a key that is not among `known`."""
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
                self.refuse(f"unknown key {key!r}", hint=hint)

    def check_host(self, host: str) -> None:
        """Refuse what is no `host[:port]`."""
        try:
            authority = Origin.of(f"https://{host}").authority
        except ValueError as error:
            self.refuse(f"not a registry host: {error}", hint="write host or host:port, without a scheme")
        if authority != host.lower().removesuffix(":443"):
            self.refuse("not a registry host", hint="write host or host:port, without a scheme or a path")

    def table(self, value: object, key: str = "") -> Mapping[str, object]:
        """Return a table."""
        if not isinstance(value, dict):
            self.at(key).refuse(f"{value!r} is not a table")
        return value

    def strings(self, value: object) -> list[str]:
        """Return a list of texts."""
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.refuse("not a list of texts")
        return value

    def boolean(self, value: object) -> bool:
        """Return true or false."""
        if not isinstance(value, bool):
            self.refuse(f"{value!r} is neither true nor false")
        return value

    def word(self, value: object, known: tuple[W, ...]) -> W:
        """Return one of the words that may stand here."""
        found = next((one for one in known if value == one), None)
        if found is None:
            self.refuse(f"{value!r} is not one of {', '.join(map(repr, known))}")
        return found

    def file_names(self, value: object) -> tuple[str, ...]:
        """Return file names, given as one text or a list of them."""
        names = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(name for name in map(self.file_name, names) if name is not None)

    def file_name(self, value: object) -> str | None:
        """Return a file name, or None where none is given."""
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            self.refuse(f"{value!r} is not a file name")
        return value

    def realm(self, value: str) -> str:
        """Return the host of a token server, in lowercase."""
        try:
            origin = Origin.of(f"https://{value}")
        except ValueError as error:
            self.refuse(f"not a host: {error}", hint="write host or host:port of the token server")
        if value.lower() not in {origin.host, f"{origin.host}:{origin.port}"}:
            self.refuse(f"{value!r} is not a host", hint="write host or host:port of the token server")
        return value.lower()

    def count(self, value: object, *, most: int) -> int:
        """Return a number from 1 to `most`."""
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.refuse(f"{value!r} is not a number from 1 to {most}")
        return value
