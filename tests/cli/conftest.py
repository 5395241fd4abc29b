"""A registry in memory in the place of the network, for what needs no socket."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from pinner.commands.network import Network
from pinner.oci.platform import Platform
from pinner.resolution import Resolver
from tests.support.resolvers import FakeRegistry


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    """Answer for `nginx:1.27` and `node:22`; tests may add others."""
    registry = FakeRegistry({"docker.io/library/nginx:1.27": "one", "docker.io/library/node:22": "two"})

    def open_resolver(_network: Network, platform: Platform | None = None) -> AbstractContextManager[Resolver]:
        return registry.open_resolver(platform)

    monkeypatch.setattr(Network, "open_resolver", open_resolver)
    return registry
