"""Who is asked for a digest: the registry and every mirror, each by itself, and nobody else (RES-32)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from pinner.commands import network as commands_network
from pinner.commands.network import Network
from pinner.commands.survey import ask_registries, survey_with
from pinner.errors import ConfigError, MisconfiguredError, NotFoundError, UnreachableError
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.registry.resolver import RegistryResolver
from pinner.registry.settings import Registries
from pinner.resolution import Resolved, Resolver, Sighting, Unresolved
from tests.registry.fakes import INDEX, Respond, World, failure, open_registry

HUB, FIRST, SECOND = "registry-1.docker.io", "first.example", "second.example:5000"
NGINX = Reference.parse(f"nginx@{Digest.of(INDEX)}")
QUAY = Reference.parse(f"quay.io/a/b@{Digest.of(INDEX)}")
MIRRORS = f'[registries."docker.io"]\nmirrors = ["https://{FIRST}", "https://{SECOND}/proxy/hub"]\n'


@dataclass
class Reach:
    """A world, and the way of `verify` into it by the settings in a file."""

    world: World
    network: Network
    seconds: list[float] = field(default_factory=list)

    def survey(self, *references: Reference) -> tuple[tuple[Sighting, ...], ...]:
        with self.network.open_resolver() as resolver:
            return survey_with(self.network)(resolver, references)


def lacks(_: httpx.Request) -> httpx.Response:
    return failure(404, "MANIFEST_UNKNOWN")


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Reach]:
    """Make a world of hosts, each with its answer, and settings that name mirrors."""

    def make(settings: str = MIRRORS, **hosts: Respond) -> Reach:
        path = tmp_path / "registries.toml"
        path.write_text(settings, encoding="utf-8")
        names = {"hub": HUB, "first": FIRST, "second": SECOND, "quay": "quay.io"}
        world = World(hosts={names[name]: respond for name, respond in hosts.items()})
        made = Reach(world, Network(registries=path, timeout=50, environ={}))

        @contextmanager
        def open_resolver(
            network: Network, platform: Platform | None = None, *, rank: int | None = None
        ) -> Iterator[Resolver]:
            made.seconds.append(network.timeout)
            registries = replace(network.read_settings(), rank=rank)
            with world.resolver(jobs=1, registries=registries, platform=platform) as resolver:
                yield resolver

        monkeypatch.setattr(commands_network.Network, "open_resolver", open_resolver)
        return made

    return make


def kinds(sightings: tuple[Sighting, ...]) -> list[tuple[str | None, str]]:
    return [(one.mirror, one.answer.error.code if isinstance(one.answer, Unresolved) else "there") for one in sightings]


def test_without_mirrors_the_registry_is_asked_once(reach: Callable[..., Reach]) -> None:
    made = reach("", hub=open_registry())
    (found,) = made.survey(NGINX)
    assert kinds(found) == [(None, "there")]
    assert [(one.method, one.host) for one in made.world.seen] == [("HEAD", HUB)]
    # By the resolver that is open anyway, which has a token already.
    assert len(made.seconds) == 1


def test_every_mirror_answers_for_itself(reach: Callable[..., Reach]) -> None:
    made = reach(hub=open_registry(), first=lacks, second=open_registry(), quay=open_registry())
    nginx, quay = made.survey(NGINX, QUAY)
    assert kinds(nginx) == [(None, "there"), (FIRST, "not-found"), (f"{SECOND}/proxy/hub", "there")]
    assert kinds(quay) == [(None, "there")]
    assert {one.path for one in made.world.seen if one.host == SECOND} == {
        f"/v2/proxy/hub/library/nginx/manifests/{NGINX.digest}"
    }


def test_a_mirror_that_has_a_digest_does_not_speak_for_the_registry(reach: Callable[..., Reach]) -> None:
    made = reach(hub=lacks, first=open_registry(), second=open_registry())
    (found,) = made.survey(NGINX)
    assert [kind for _, kind in kinds(found)] == ["not-found", "there", "there"]
    registry = found[0].answer
    assert isinstance(registry, Unresolved)
    assert isinstance(registry.error, NotFoundError)


def test_one_host_that_is_down_hides_no_other(reach: Callable[..., Reach]) -> None:
    made = reach(hub=open_registry(), second=open_registry())
    (found,) = made.survey(NGINX)
    assert [kind for _, kind in kinds(found)] == ["there", "unreachable", "there"]
    assert isinstance(found[1].answer, Unresolved)
    assert isinstance(found[1].answer.error, UnreachableError)


def test_a_registry_that_may_not_be_asked_is_not(reach: Callable[..., Reach]) -> None:
    made = reach(f"{MIRRORS}blocked = true\n", hub=open_registry(), first=lacks, second=open_registry())
    (found,) = made.survey(NGINX)
    assert kinds(found) == [(FIRST, "not-found"), (f"{SECOND}/proxy/hub", "there")]
    assert not [one for one in made.world.seen if one.host == HUB]


def test_all_places_share_the_time_of_the_run(reach: Callable[..., Reach]) -> None:
    made = reach(hub=open_registry(), first=lacks, second=lacks)
    made.survey(NGINX)
    assert made.seconds[0] == 50
    registry, first, second = made.seconds[1:]
    assert 50 > registry > first > second > 0


def test_settings_that_cannot_be_used_are_told_with_their_image(
    reach: Callable[..., Reach], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = reach("", hub=open_registry())

    def refuse(*_: object) -> None:
        message = "hosts.toml: not TOML"
        raise ConfigError(message)

    with made.network.open_resolver() as resolver:
        survey = survey_with(made.network)
        monkeypatch.setattr(Registries, "directions", refuse)
        ((sighting,),) = survey(resolver, [NGINX])
    assert isinstance(sighting.answer, Unresolved)
    assert isinstance(sighting.answer.error, MisconfiguredError)
    assert sighting.answer.error.message == "docker.io/library/nginx: hosts.toml: not TOML"


def test_where_nobody_else_is_asked_the_resolver_speaks_alone() -> None:
    world = World(hosts={HUB: open_registry()})
    with world.resolver(jobs=1) as resolver:
        assert isinstance(resolver, RegistryResolver)
        ((sighting,),) = ask_registries(resolver, [NGINX])
    assert sighting.mirror is None
    assert isinstance(sighting.answer, Resolved)
