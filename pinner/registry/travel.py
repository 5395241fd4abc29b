"""Redirects of one request, followed hop by hop."""

from __future__ import annotations

from pinner.errors import BlockedError
from pinner.registry.exchange import Answer, Ask
from pinner.registry.origin import Origin
from pinner.registry.redirects import MAXIMUM_REDIRECTS, REDIRECTS, next_hop
from pinner.registry.retry import Network
from pinner.registry.settings import Registries


class Traveller:
    """Follows redirects for all workers of a run."""

    def __init__(self, *, network: Network, registries: Registries) -> None:
        self._network = network
        self._registries = registries

    def travel(self, ask: Ask) -> Answer:
        """Return the answer at the end of the redirects; raise `BlockedError` where they do not end."""
        start = Origin.of(ask.url).host
        for _ in range(MAXIMUM_REDIRECTS + 1):
            answer = self._network.send(ask)
            if answer.status not in REDIRECTS:
                return answer
            reach = self._network.addresses.reach_from(start)
            ask = next_hop(answer, ask, registries=self._registries, reach=reach)
        message = f"{ask.host} redirects more than {MAXIMUM_REDIRECTS} times"
        raise BlockedError(message, hint="ask the operator of the registry")
