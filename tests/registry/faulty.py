"""A registry on loopback that answers badly now and then, by a seed: what it does to whom depends on nothing else."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

from pinner.oci import media_types
from pinner.oci.digest import Digest
from tests.registry.fakes import INDEX
from tests.registry.server import reply

# Five tries are the most that an exchange gets, and a silent server gets two: with this many bad answers in a row none
# is ever lost, whatever the order. The registry keeps to it by itself; chance decides only how many there are.
MOST_BAD_ANSWERS: Final = 4
_PATIENCE: Final = 20.0

Misbehave = Callable[[socket.socket, bytes], None]


def document(path: str) -> bytes:
    """Return the index under a path of the API, which no other path has."""
    return json.dumps({**json.loads(INDEX), "annotations": {"path": path}}).encode()


def _answer(status: int, **headers: str) -> Misbehave:
    body = json.dumps({"errors": [{"code": "TOOMANYREQUESTS" if status == 429 else "UNKNOWN"}]}).encode()
    return lambda connection, _good: connection.sendall(reply(status, body, **headers))


def _reset(connection: socket.socket, _good: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _cut_off(connection: socket.socket, good: bytes) -> None:
    connection.sendall(good[:-40])
    connection.shutdown(socket.SHUT_RDWR)


def _cut_off_by_a_proxy(connection: socket.socket, good: bytes) -> None:
    """Send half a document with the length of that half: only its end tells."""
    head, _, body = good.partition(b"\r\n\r\n")
    half = body[: len(body) // 2].rstrip(b"}")
    length = f"content-length: {len(body)}".encode()
    connection.sendall(head.replace(length, f"content-length: {len(half)}".encode()) + b"\r\n\r\n" + half)


def _stall(connection: socket.socket, _good: bytes) -> None:
    """Say nothing until the client gives up and goes away."""
    connection.settimeout(_PATIENCE)
    connection.recv(1)
    connection.close()


_FAULTS: Final[dict[str, tuple[Misbehave, int]]] = {
    "500": (_answer(500), 30),
    "503": (_answer(503), 5),
    "429": (_answer(429), 10),
    "429 with a wait": (_answer(429, retry_after="0.01"), 5),
    "reset": (_reset, 20),
    "cut off": (_cut_off, 20),
    "cut off by a proxy": (_cut_off_by_a_proxy, 10),
}


class FaultyRegistry:
    """Serves for `tests.registry.server`: a `share` of its answers are bad, `stalls` in a thousand questions stall."""

    def __init__(self, seed: int, *, share: float, stalls: int) -> None:
        self._seed = seed
        self._share = share
        self._stalls = stalls
        self._lock = threading.Lock()
        self._plans: dict[str, list[str]] = {}
        self.answered: Counter[str] = Counter()

    def serve(self, connection: socket.socket, head: str, _number: int) -> None:
        path = head.split(" ")[1]
        with self._lock:
            plan = self._plans.setdefault(path, self._plan(path))
            fault = plan.pop() if plan else "good"
            self.answered[fault] += 1
        content = document(path)
        good = reply(200, content, content_type=media_types.OCI_INDEX, docker_content_digest=str(Digest.of(content)))
        if fault == "good":
            connection.sendall(good)
        elif fault == "stall":
            _stall(connection, good)
        else:
            _FAULTS[fault][0](connection, good)

    def _plan(self, path: str) -> list[str]:
        """Return the bad answers that this path will get before its first good one."""
        chance = Random(f"{self._seed} {path}")
        plan: list[str] = []
        while len(plan) < MOST_BAD_ANSWERS and chance.random() < self._share:
            weights = [weight for _, weight in _FAULTS.values()]
            plan += chance.choices(list(_FAULTS), weights)
        if len(plan) < MOST_BAD_ANSWERS and chance.randrange(1000) < self._stalls:
            plan.insert(chance.randrange(len(plan) + 1), "stall")
        return plan
