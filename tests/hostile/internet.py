"""Names and addresses as a test wants them: `a.test` may stand in the wide world and be a server of this machine."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

from tests.hostile.server import Origin

PUBLIC = "93.184.216.34"
ELSEWHERE = "93.184.216.35"
# Spellings that the C library reads as addresses without asking anybody.
_LITERAL = re.compile(r"[0-9a-fx.:]+", re.IGNORECASE)


class Internet:
    """Answers `getaddrinfo`, which is asked for names and again before connecting; nothing leaves this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._names: dict[str, list[tuple[str, ...]]] = {}
        self._routes: dict[str, str] = {}
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self._ports: dict[tuple[str, int], int] = {}
        self._real_lookup = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def place(self, name: str, *answers: str | tuple[str, ...]) -> None:
        """Let a name lead to an address, or to several; further answers are those to later questions."""
        self._names[name] = [one if isinstance(one, tuple) else (one,) for one in answers]
        for answer in self._names[name]:
            for address in answer:
                self._routes.setdefault(address, "127.0.0.1")

    def listen(self, name: str, port: int, origin: Origin) -> None:
        """Let whoever connects to a port of a placed name find `origin`, whatever port it really has."""
        for answer in self._names[name]:
            for address in answer:
                self._ports[address, port] = origin.port

    def addresses(self) -> set[str]:
        """Return the addresses that were connected to."""
        return {address for address, _ in self.connected}

    def _look_up(self, host: str, port: int, *rest: Any, flags: int = 0, **more: Any) -> Any:
        if flags & socket.AI_NUMERICHOST:
            return self._connect(host, port, *rest, flags=flags, **more)
        if not _LITERAL.fullmatch(host):
            self.looked_up.append(host)
        if host in self._names:
            answers = self._names[host]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            return [entry for one in answer for entry in self._real_lookup(one, port, *rest, **more)]
        if host == "localhost" or _LITERAL.fullmatch(host):
            return self._real_lookup(host, port, *rest, **more)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def _connect(self, address: str, port: int, *rest: Any, **more: Any) -> Any:
        """Say where the socket goes that is connected next: the client asks for each address once more then."""
        self.connected.append((address, port))
        real = self._routes.get(address, address)
        if real not in {"127.0.0.1", "::1"}:
            raise ConnectionRefusedError(111, "Connection refused")
        return self._real_lookup(real, self._ports.get((address, port), port), *rest, **more)
