"""The ordered table of sources (AUTH-30): the first that knows a registry wins.

What was named for this run stands first, then variables and files that somebody wrote, then what every CI job has.
`docs/credentials.md` has the same table for users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pinner.credentials.base import Login, Renewable, Stoppable
from pinner.credentials.environment import find_docker_auth_config
from pinner.credentials.explicit import find_auth
from pinner.credentials.github import find_github
from pinner.credentials.gitlab import find_gitlab
from pinner.credentials.pull_secrets import find_pull_secrets
from pinner.credentials.standard_files import (
    find_docker_config,
    find_dockercfg,
    find_podman_config,
    find_podman_session,
    find_registry_auth_file,
)
from pinner.credentials.steps import Broken, Found, Nothing, Silent, Source, Step, Why, settle
from pinner.credentials.surroundings import Surroundings
from pinner.errors import ConfigError

SOURCES: Final[Mapping[str, Callable[[Surroundings], Source]]] = MappingProxyType(
    {
        "auth": find_auth,
        "pull-secret": find_pull_secrets,
        "docker-auth-config": find_docker_auth_config,
        "registry-auth-file": find_registry_auth_file,
        "docker": find_docker_config,
        "podman-session": find_podman_session,
        "podman": find_podman_config,
        "dockercfg": find_dockercfg,
        "gitlab": find_gitlab,
        "github": find_github,
    }
)
VARIABLE: Final = "PINNER_AUTH_SOURCES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step of the walk, and the name of the source that it belongs to."""

    source: str
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that the chain says about one registry, in order; sources behind the one that decides were not asked."""

    registry: str
    repository: str | None
    turns: tuple[Turn, ...]

    @property
    def outcome(self) -> Found | Broken | None:
        """What decides: the login that is shown, what is broken, or None where everything is asked anonymously."""
        return next((turn.step for turn in self.turns if not isinstance(turn.step, Nothing)), None)


class Chain:
    """Sources in order, by name; the first that knows something wins."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)

    @property
    def names(self) -> tuple[str, ...]:
        """What to call the places that are looked in, in order."""
        return tuple(dict.fromkeys(name for source in self._sources.values() for name in source.names))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all sources, each once."""
        return tuple(dict.fromkeys(warning for source in self._sources.values() for warning in source.warnings))

    def get(self, registry: str, repository: str | None = None) -> Login | None:
        """Return the first answer, or None; see `CredentialSource.get`."""
        return settle(turn.step for turn in self._walk(registry, repository))

    def renewed(self, registry: str, repository: str | None, refused: Login) -> Login | None:
        """Return what the source that knew `refused` knows now; see `Renewable`."""
        renewable = (source for source in self._sources.values() if isinstance(source, Renewable))
        found = (source.renewed(registry, repository, refused) for source in renewable)
        return next((login for login in found if login is not None), None)

    def explain(self, registry: str, repository: str | None = None) -> Explanation:
        """Return what `get` sees on its way, and which sources it does not come to."""
        turns = tuple(self._walk(registry, repository))
        asked = {turn.source for turn in turns}
        unasked = (
            Turn(source=name, step=Nothing(place=source.place, why=Why.NOT_ASKED))
            for name, source in self._sources.items()
            if name not in asked
        )
        return Explanation(registry=registry, repository=repository, turns=(*turns, *unasked))

    def stop(self) -> None:
        """Stop every source that can be stopped; see `Stoppable`."""
        for source in self._sources.values():
            if isinstance(source, Stoppable):
                source.stop()

    def _walk(self, registry: str, repository: str | None) -> Iterator[Turn]:
        """Yield the steps up to the one that decides."""
        for name, source in self._sources.items():
            for step in source.look(registry, repository):
                yield Turn(source=name, step=step)
                if not isinstance(step, Nothing):
                    return


def default_sources(around: Surroundings) -> Chain:
    """Return the chain for one user; nothing is read before a registry is asked for.

    Raise `ConfigError` where `PINNER_AUTH_SOURCES` names what there is not, or leaves out what a flag gives.
    """
    wanted = _wanted(around.environ.get(VARIABLE))
    chain = {name: find(around) if name in wanted else Silent(name, Why.LEFT_OUT) for name, find in SOURCES.items()}
    for name, is_given in (("auth", around.auth), ("pull-secret", around.pull_secrets)):
        if is_given and name not in wanted:
            message = f"{VARIABLE} leaves out {name!r}, but --{name} is given"
            raise ConfigError(message, hint=f"add {name} to {VARIABLE}, or leave the flag out")
    return Chain(chain)


def _wanted(text: str | None) -> frozenset[str]:
    """Return the names of the sources to ask: all, or those between the commas."""
    names = frozenset(part.strip() for part in (text or "").split(",")) - {""}
    unknown = sorted(names - SOURCES.keys())
    if unknown:
        message = f"{VARIABLE}: there is no source {unknown[0]!r}"
        raise ConfigError(message, hint=f"the sources are {', '.join(SOURCES)}")
    return names or frozenset(SOURCES)
