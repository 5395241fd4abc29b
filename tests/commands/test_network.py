from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.network import Network, OpenResolver, describe_all, frozen_resolver, offline_resolver
from pinner.demo.registry import DemoRegistry
from pinner.errors import ConfigError
from pinner.oci.reference import Reference
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved, Unresolved
from tests.support.resolvers import FakeRegistry


def test_without_questions_no_resolver_is_opened() -> None:
    peer = FakeRegistry({})
    assert describe_all(peer.open_resolver, (), None) == ()
    assert peer.opened == []


@pytest.mark.parametrize(("refuse", "code"), [(offline_resolver, "offline"), (frozen_resolver, "not-locked")])
def test_a_resolver_without_a_network_refuses_every_question(refuse: OpenResolver, code: str) -> None:
    references = (Reference.parse("nginx"), Reference.parse("node"))
    with refuse(None) as resolver:
        answers = (*resolver.look_up(references), *resolver.describe(references))
    assert [one.error.message.partition(" ")[0] for one in answers if isinstance(one, Unresolved)] == [
        "docker.io/library/nginx:latest",
        "docker.io/library/node:latest",
    ] * 2
    assert [one.error.code for one in answers if isinstance(one, Unresolved)] == [code] * 4


@pytest.mark.enable_socket
def test_the_settings_of_the_user_say_where_a_registry_is_asked(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with DemoRegistry() as registry:
        digest = registry.push_image("library/nginx", "1.27", marker="one")
        settings = tmp_path / "registries.toml"
        settings.write_text(f'[registries."docker.io"]\nblocked = true\nmirrors = ["{registry.url}"]\n')
        network = Network(registries=settings, environ={}, on_progress=lambda done, total: seen.append((done, total)))
        with network.open_resolver() as resolver:
            (answer,) = resolver.look_up([Reference.parse("nginx:1.27")])
    assert isinstance(answer, Resolved)
    assert answer.descriptor.digest == digest
    assert answer.mirror is not None
    assert seen == [(1, 1)]


def test_what_was_odd_but_no_reason_to_stop_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegistryResolver, "warnings", ("the clock is wrong",))
    warnings: list[str] = []
    with Network(environ={}, on_warning=warnings.append).open_resolver():
        assert warnings == []
    assert warnings == ["the clock is wrong"]


def test_settings_that_were_named_must_be_there(tmp_path: Path) -> None:
    network = Network(registries=tmp_path / "missing.toml", environ={})
    with pytest.raises(ConfigError, match="cannot be read"), network.open_resolver():
        pass
