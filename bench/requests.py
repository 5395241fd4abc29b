"""Measure what a request costs the client in CPU time, with a kept connection in each of 4, 8, 16 and 32 workers.

Decision 3 of the design rests on this: a worker with a client of its own costs the same however many there are. Wall
time is shown too, but on a machine that is shared only CPU time says something. Exits with 1 where that does not hold.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from statistics import median

from bench.loopback import running_registry
from pinner.oci.reference import Reference
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved

WORKERS = (4, 8, 16, 32)
# Enough clean answers for a host's limit to grow from 8 to 32 (RATE-07), and for every worker to be connected.
WARM_UP = 1200
# Many short turns, side by side in time: a machine that is busy is busy for all of them.
ROUNDS = 9
TURN = 800
LARGEST_RATIO = 1.2


class Client:
    """A run that stays open, and what its turns cost."""

    def __init__(self, host: str, workers: int) -> None:
        self.resolver = RegistryResolver(jobs=workers, timeout=600)
        self._host = host
        self._asked = 0
        self.milliseconds: list[float] = []
        self.rates: list[float] = []
        self._ask(WARM_UP)

    def take_turn(self) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        self._ask(TURN)
        self.milliseconds.append((time.process_time() - cpu) * 1000 / TURN)
        self.rates.append(TURN / (time.perf_counter() - wall))

    def _ask(self, number: int) -> None:
        tags = range(self._asked, self._asked + number)
        self._asked += number
        answers = self.resolver.look_up([Reference.parse(f"{self._host}/team/app:{tag}") for tag in tags])
        assert all(isinstance(one, Resolved) for one in answers)


def main() -> int:
    with running_registry() as host, ExitStack() as stack:
        clients = {workers: Client(host, workers) for workers in WORKERS}
        for client in clients.values():
            stack.callback(client.resolver.close)
        for _ in range(ROUNDS):
            for client in clients.values():
                client.take_turn()
    print("workers   CPU ms a request   requests a second")
    for workers, client in clients.items():
        print(f"{workers:7} {median(client.milliseconds):18.3f} {median(client.rates):19.0f}")
    few, many = clients[WORKERS[0]], clients[WORKERS[-1]]
    ratio = median([two / one for one, two in zip(few.milliseconds, many.milliseconds, strict=True)])
    verdict = "holds" if ratio <= LARGEST_RATIO else "does not hold"
    print(f"{WORKERS[-1]} workers cost {ratio:.2f} times what {WORKERS[0]} cost; at most {LARGEST_RATIO}: {verdict}")
    return int(ratio > LARGEST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
