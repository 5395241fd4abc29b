"""What a run asked of registries, and what is left to ask, for people (REQ-04, RATE-04)."""

from __future__ import annotations

from collections.abc import Iterator

from pinner.registry.stats import CACHE, RETRY, Stats
from pinner.report.text import escape


def render_traffic(stats: Stats) -> str:
    """Return one line that counts, then a line a host, the busiest first, and a line a budget."""
    counts = dict(stats.counts)
    retries, cached = counts.pop(RETRY, 0), counts.pop(CACHE, 0)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    parts = [
        f"{_count(stats.requests, 'request')}{f' ({kinds})' if kinds else ''}",
        _count(stats.connections, "connection"),
        f"{retries} second {'try' if retries == 1 else 'tries'}",
        f"{_count(cached, 'answer')} from the cache",
    ]
    return _join([", ".join(parts), *_hosts(stats), *(str(one) for one in stats.budgets.latest)])


def render_low_budgets(stats: Stats) -> str:
    """Return a line for every budget that is nearly spent: the next run may have to wait."""
    return _join(str(one) for one in stats.budgets.latest if one.is_little)


def _hosts(stats: Stats) -> Iterator[str]:
    for host, number in sorted(stats.hosts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {number} to {host}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _join(lines: Iterator[str] | list[str]) -> str:
    return "".join(f"{escape(line)}\n" for line in lines)
