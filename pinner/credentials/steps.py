"""What a source says about one registry, as values: a run acts on them, `pinner auth explain` shows them.

Both look in the same way, so an explanation cannot say anything else than what a run does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pinner.credentials.base import Login
from pinner.errors import ConfigError, HelperError


class Why(StrEnum):
    """Why a source gives no login."""

    UNSET = "unset"
    ABSENT = "absent"
    NO_ENTRY = "no-entry"
    HELPER_EMPTY = "helper-empty"
    HELPER_MISSING = "helper-missing"
    LEFT_OUT = "left-out"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A login: in which file or variable, under which key or by which helper.

    `others` counts the entries that match as well and are not used.
    """

    place: str
    login: Login
    key: str | None = None
    helper: str | None = None
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No login from here, and why; the next source is asked."""

    place: str
    why: Why
    key: str | None = None
    helper: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What ends the look-up: a file that cannot be used, a helper that failed. No other source is asked instead."""

    place: str
    error: ConfigError | HelperError


Step = Found | Nothing | Broken


def settle(steps: Iterable[Step]) -> Login | None:
    """Return the first login, or None; raise the first error. What comes behind it is not looked at."""
    for step in steps:
        if isinstance(step, Found):
            return step.login
        if isinstance(step, Broken):
            raise step.error
    return None


class Source(ABC):
    """One row of the chain; reads nothing before it is asked, and knows a registry by its whole name only."""

    @property
    @abstractmethod
    def place(self) -> str:
        """What to call the file, variable or flag that is looked in."""

    @property
    def names(self) -> tuple[str, ...]:
        """What to call all places that were looked in, for messages."""
        return (self.place,)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return ()

    @abstractmethod
    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:
        """Return what is known about `host[:port]` here, in the order it was looked at; only the last may decide."""

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        """Return the login for `registry`; see `CredentialSource.get`."""
        return settle(self.look(registry, repository))


class Silent(Source):
    """A source that has nothing to look in: a variable or flag that is not set, or one that was left out."""

    def __init__(self, place: str, why: Why = Why.UNSET) -> None:
        self._place = place
        self._why = why

    @property
    def place(self) -> str:
        """What would have been looked in."""
        return self._place

    @property
    def names(self) -> tuple[str, ...]:
        """Nothing: nowhere was looked."""
        return ()

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:  # noqa: ARG002 - knows none
        """Return why there is nothing."""
        return (Nothing(place=self._place, why=self._why),)
