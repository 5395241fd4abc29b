"""How many pulls a registry says are left, by host and by whom they count against (RATE-04).

Docker Hub tells it with every answer, and counts GETs of manifests alone. What is left belongs to the whole machine or
account, so the last ones are not ours to spend: builds and clusters pull too.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pinner.errors import RateLimitedError
from pinner.oci.hosts import host_identity
from pinner.registry.wording import duration

RESERVE: Final = 10
# Of a limit of a hundred, the last twenty are little.
_LITTLE: Final = 5
_LONGEST_HEADER: Final = 256
_QUOTA: Final = re.compile(r"\s*([0-9]{1,9})\s*(?:;\s*w\s*=\s*([0-9]{1,9})\s*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one answer said: so many pulls left of so many, within `seconds` where it said that.

    `payer` is the source of the credentials that the pulls count against, empty for everybody at this address.
    """

    host: str
    payer: str = ""
    remaining: int
    limit: int | None = None
    seconds: int | None = None

    @property
    def is_little(self) -> bool:
        """Whether a user should know before the next run."""
        return self.remaining <= max(RESERVE, (self.limit or 0) // _LITTLE)

    def __str__(self) -> str:
        whose = f" with the credentials from {self.payer}" if self.payer else ""
        of = "" if self.limit is None else f" of {self.limit}"
        within = "" if self.seconds is None else f", within {duration(self.seconds)}"
        return f"{self.host}{whose}: {self.remaining}{of} pulls left{within}"


def read_budget(headers: Mapping[str, str], host: str, payer: str) -> Budget | None:
    """Return what `ratelimit-remaining` and `ratelimit-limit` say, or None; of several values, the tightest.

    A value is `N;w=S`, N of a window of S seconds; the window may be missing. `headers` takes names in any case.
    """
    remaining = min(_quotas(headers, "ratelimit-remaining"), default=None)
    if remaining is None:
        return None
    left, window = remaining
    limits = _quotas(headers, "ratelimit-limit")
    limit = next((one for one in limits if one[1] == window), limits[0] if limits else None)
    seconds = window or (limit[1] if limit is not None else 0)
    return Budget(
        host=host_identity(host),
        payer=payer,
        remaining=left,
        limit=None if limit is None else limit[0],
        seconds=seconds or None,
    )


def _quotas(headers: Mapping[str, str], name: str) -> list[tuple[int, int]]:
    value = headers.get(name, "")
    if len(value) > _LONGEST_HEADER:
        return []  # cut, a number would be another one
    found = [_QUOTA.fullmatch(part) for part in value.split(",")]
    return [(int(one[1]), int(one[2] or 0)) for one in found if one is not None]


_Key = tuple[str, str]


class Budgets:
    """The latest budget of every host and payer, shared by all workers of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[_Key, Budget] = {}
        self._under_way: dict[_Key, int] = {}

    def note(self, headers: Mapping[str, str], host: str, payer: str) -> None:
        """Remember what an answer says, if it says anything."""
        if "ratelimit-remaining" not in headers:
            return
        budget = read_budget(headers, host, payer)
        if budget is not None:
            with self._lock:
                self._latest[budget.host, payer] = budget

    @contextmanager
    def spent(self, host: str, payer: str) -> Iterator[None]:
        """Spend one pull while the block runs; raise `RateLimitedError` before it where only the reserve is left.

        What is under way counts as spent, so that many workers together do not go further than one alone.
        """
        key = (host_identity(host), payer)
        with self._lock:
            budget, under_way = self._latest.get(key), self._under_way.get(key, 0)
            if budget is not None and budget.remaining - under_way <= RESERVE:
                raise _refusal(budget)
            self._under_way[key] = under_way + 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[key] -= 1

    @property
    def latest(self) -> tuple[Budget, ...]:
        """What is known now, by host."""
        with self._lock:
            return tuple(budget for _, budget in sorted(self._latest.items()))


def _refusal(budget: Budget) -> RateLimitedError:
    message = f"{budget}; pinner leaves the last {RESERVE} to others"
    return RateLimitedError(message, hint="run again later, log in for a higher limit, or use a mirror")
