"""Whom to ask for a repository, as values: places, and in which order a registry and its mirrors are asked.

Every file that names mirrors, ours and those of other tools, ends as `Directions`. No I/O; nothing here asks anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from pinner.registry.trust import Trust

Scheme = Literal["https", "http", "either"]
Answers = Literal["all", "tags", "digests"]
MirrorTags = Literal["fallback", "first"]
API_ROOT: Final = "/v2"


def is_digest(wanted: str) -> bool:
    """Return whether what is asked for is a digest; the grammar of tags has no colon."""
    return ":" in wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host (`host[:port]`, as credentials know it) and the names by which it knows repositories.

    A repository loses `strips` from its front and gets `prefix` instead; `root` is the path at which the API begins.
    `scheme` is None for the usual one, and "either" for https, or plain http where the port does not speak TLS.
    `namespace` is told in the query `ns`. `trust` holds certificates that were given for this place alone.
    """

    host: str
    scheme: Scheme | None = None
    strips: str = ""
    prefix: str = ""
    root: str = API_ROOT
    namespace: str | None = None
    answers: Answers = "all"
    trust: Trust | None = None

    def repository(self, path: str) -> str:
        """Return the name under which this place knows the repository `path`."""
        is_below = path == self.strips or path.startswith(f"{self.strips}/")
        rest = path[len(self.strips) :].lstrip("/") if is_below else path
        return "/".join(part for part in (self.prefix, rest) if part)

    def answers_to(self, wanted: str) -> bool:
        """Return whether this place may be asked for a tag or digest."""
        return self.answers == "all" or (self.answers == "digests") is is_digest(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """Who is asked for a repository; `registry` is None where the registry itself must not be asked (`blocked`).

    `source` names the file that says so.
    """

    registry: Place | None
    mirrors: tuple[Place, ...] = ()
    mirror_tags: MirrorTags = "fallback"
    source: str = ""

    def alone(self, rank: int) -> Directions:
        """Return the way to one place only: the registry has rank 0, its mirrors have those from 1."""
        if rank == 0:
            return replace(self, mirrors=())
        return replace(self, registry=None, mirrors=self.mirrors[rank - 1 : rank])

    @property
    def places(self) -> tuple[Place, ...]:
        """Everybody who may be asked for anything."""
        return self.mirrors if self.registry is None else (*self.mirrors, self.registry)

    def order(self, wanted: str) -> tuple[Place, ...]:
        """Return who is asked for a tag or digest, in order (RES-28).

        What a tag means is the registry's to say, and a mirror may be behind. A digest is checked by its hash, so
        whoever is nearest may give it.
        """
        mirrors = tuple(one for one in self.mirrors if one.answers_to(wanted))
        if self.registry is None or not self.registry.answers_to(wanted):
            return mirrors
        if is_digest(wanted) or self.mirror_tags == "first":
            return (*mirrors, self.registry)
        return (self.registry, *mirrors)


class Guide(Protocol):
    """Another tool's configuration: knows directions to some repositories."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the files say and pinner does not do, for the user to see once."""

    def directions(self, registry: str, repository: str) -> Directions | None:
        """Return who is asked for a repository of `registry` (`docker.io` for Docker Hub), or None if nothing is said.

        Raise `ConfigError` naming a file that cannot be used.
        """
