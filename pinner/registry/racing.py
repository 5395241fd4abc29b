"""The first of several addresses that answers, found by attempts that begin one after another and run side by side.

RFC 8305, "Happy Eyeballs": a name whose first address is dead costs a quarter of a second, not a time-out. No threads:
all attempts are sockets that one selector watches, so nothing outlives the call.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import Final, Self

# "Connection Attempt Delay" (RFC 8305, section 5).
STAGGER_SECONDS: Final = 0.25
# A selector does not wake up when the run is stopped, so whoever waits looks up this often.
_LOOK_UP_SECONDS: Final = 0.1
_UNDER_WAY: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


def connect_first(addresses: Sequence[str], port: int, *, seconds: float, check: Callable[[], None]) -> socket.socket:
    """Return a socket that is connected to the first of `addresses` (literals) that accepts; the others are closed.

    Raise `TimeoutError` after `seconds` and, where all have failed before, the error of the last one. `check` is called
    while waiting, to raise when the run is over.
    """
    with _Race(port, end=time.monotonic() + seconds, check=check) as race:
        return race.run(interleaved(addresses))


def interleaved(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses with their families taking turns, beginning with that of the first (RFC 8305, section 4)."""
    is_first_of_six = bool(addresses) and ":" in addresses[0]
    leading = [one for one in addresses if (":" in one) is is_first_of_six]
    others = [one for one in addresses if (":" in one) is not is_first_of_six]
    return tuple(one for one in chain.from_iterable(zip_longest(leading, others)) if one is not None)


class _Race:
    """The attempts under way; leaving the block closes them all, but for the winner."""

    def __init__(self, port: int, *, end: float, check: Callable[[], None]) -> None:
        self._port = port
        self._end = end
        self._check = check
        self._selector = selectors.DefaultSelector()
        self._failure: OSError = OSError(errno.EADDRNOTAVAIL, "no address")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in tuple(self._selector.get_map().values()):
            self._drop(key.fileobj)
        self._selector.close()

    def run(self, addresses: Sequence[str]) -> socket.socket:
        winner = None
        for number, address in enumerate(addresses, 1):
            latest = self._begin(address)
            if number == len(addresses):
                winner = self._watch(self._end)
            elif latest is not None:
                winner = self._watch(min(self._end, time.monotonic() + STAGGER_SECONDS), latest)
            if winner is not None:
                return winner
            if time.monotonic() >= self._end:
                break
        if self._selector.get_map():
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        raise self._failure

    def _begin(self, address: str) -> socket.socket | None:
        """Start an attempt; return None where it has failed at once."""
        attempt: socket.socket | None = None
        try:
            # Asked again as a literal, for the family and for what an address of the link needs besides.
            family, kind, protocol, _, place = socket.getaddrinfo(
                address, self._port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )[0]
            attempt = socket.socket(family, kind, protocol)
            attempt.settimeout(0)
            code = attempt.connect_ex(place)
        except OSError as error:
            self._failure = error
            if attempt is not None:
                attempt.close()
            return None
        if code not in _UNDER_WAY:
            self._failure = _error(code)
            attempt.close()
            return None
        self._selector.register(attempt, selectors.EVENT_WRITE)
        return attempt

    def _watch(self, until: float, latest: socket.socket | None = None) -> socket.socket | None:
        """Return the attempt that got through, or None at `until`, or when none is left or `latest` has failed."""
        while self._selector.get_map():
            self._check()
            left = until - time.monotonic()
            if left <= 0:
                break
            for key, _ in self._selector.select(min(left, _LOOK_UP_SECONDS)):
                winner = self._settle(key.fileobj)
                if winner is not None:
                    return winner
            if latest is not None and latest.fileno() < 0:
                break
        return None

    def _settle(self, attempt: object) -> socket.socket | None:
        assert isinstance(attempt, socket.socket)
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._failure = _error(code)
            self._drop(attempt)
            return None
        self._selector.unregister(attempt)
        return attempt

    def _drop(self, attempt: object) -> None:
        assert isinstance(attempt, socket.socket)
        self._selector.unregister(attempt)
        attempt.close()


def _error(code: int) -> OSError:
    """Return the error of a number; `OSError` picks the class, such as `ConnectionRefusedError`."""
    return OSError(code, os.strerror(code))
