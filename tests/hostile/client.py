"""The real client, asked over real sockets; and what must be true of every refusal."""

from __future__ import annotations

import base64
import traceback
from dataclasses import dataclass
from typing import Any, Final

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.errors import PinnerError
from pinner.registry.resolver import RegistryResolver
from pinner.registry.settings import Registries, parse_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.hostile.sentinel import SENTINEL, is_in
from tests.registry.fakes import Keyring, StillEvent, references

ALICE: Final = Credential(username="alice", secret=SENTINEL, source="keyring")
IDENTITY: Final = IdentityToken(secret=SENTINEL, source="keyring")
REGISTRY_TOKEN: Final = RegistryToken(secret=SENTINEL, source="keyring")
# What ALICE looks like on the wire.
BASIC: Final = "Basic " + base64.b64encode(f"{ALICE.username}:{SENTINEL}".encode()).decode()
# What a token server gives: as secret as the password.
TOKEN: Final = f"bearer.{SENTINEL}"
LONGEST_REGISTRY_TEXT: Final = 512
LONGEST_MESSAGE: Final = LONGEST_REGISTRY_TEXT + 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one question or of several, what was asked for it, and the seconds that it wanted to pause."""

    results: tuple[Resolution, ...]
    warnings: tuple[str, ...]
    requests: dict[str, int]
    pauses: list[float]

    @property
    def digests(self) -> list[str]:
        assert all(isinstance(one, Resolved) for one in self.results), self.results
        return [str(one.descriptor.digest) for one in self.results if isinstance(one, Resolved)]

    @property
    def digest(self) -> str:
        (digest,) = self.digests
        return digest

    @property
    def error(self) -> PinnerError:
        (result,) = self.results
        assert isinstance(result, Unresolved), result
        return result.error


def ask(*texts: str, verb: str = "look_up", timeout: float = 100.0, **settings: Any) -> Outcome:
    """Ask for these references, one after the other; pauses between tries are left out."""
    stop = StillEvent()
    with RegistryResolver(timeout=timeout, stop=stop, **{"jobs": 1, **settings}) as resolver:
        results = getattr(resolver, verb)(references(*texts))
        counts = dict(resolver.stats.counts)
        return Outcome(results=results, warnings=resolver.warnings, requests=counts, pauses=stop.pauses)


def keyring(login: Login, *hosts: str) -> Keyring:
    """Return a source that has the same login for these hosts."""
    return Keyring(logins=dict.fromkeys(hosts, login))


def settings_of(text: str) -> Registries:
    """Read the user's settings."""
    return parse_registries(text, "registries.toml")


def assert_refused(outcome: Outcome, kind: type[PinnerError], *words: str) -> PinnerError:
    """Check that a question failed as it should: by its class, in one clean line, without a secret anywhere."""
    error = outcome.error
    assert type(error) is kind, f"{type(error).__name__}: {error}"
    for word in words:
        assert word in error.message
    assert_clean(error.message)
    assert_clean(error.hint or "")
    assert not is_in(exposure(error))
    for warning in outcome.warnings:
        assert_clean(warning)
    return error


def assert_clean(text: str) -> None:
    """Check that a text is one line that a terminal and a CI log may show."""
    assert text.isprintable()
    assert len(text) <= LONGEST_MESSAGE
    assert not text.lstrip().startswith("::")
    assert not is_in(text)
    assert "?" not in text


def exposure(error: BaseException | None) -> str:
    """Return everything that anybody could print of an error: its causes, their fields, the variables of all frames."""
    parts: list[str] = []
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        parts += [repr(one), str(one), repr(one.args), *map(_shown, vars(one).values())]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            parts += map(_shown, frame.f_locals.values())
    return "\n".join(parts)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a frame may hold what is only half made
        return repr(error)
