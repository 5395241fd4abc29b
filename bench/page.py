"""docs/performance.md: what was measured, in the order of its chapters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.parts import Origin, Part
from bench.peers import Absent, Present
from bench.tables import judge, table

Peers = Mapping[str, Present | Absent]


def report_peers(peers: Peers) -> str:
    """Return which programs took part, and why others did not."""
    return table(
        ("program", "version"),
        [(name, one.version if isinstance(one, Present) else f"absent: {one.reason}") for name, one in peers.items()],
    )


def write_page(parts: Iterable[Part], peers: Peers, origin: Origin) -> str:
    """Return the page."""
    listed = list(parts)
    chapters = "\n".join(f"## {part.title}\n\n{part.text}" for part in listed)
    times = table(("part", "commit", "measured"), [(part.title, part.origin.commit, part.when) for part in listed])
    return f"""\
# Performance

Written by `make bench`: every table is of one commit on one machine, programs took turns, and times are medians. Only
ratios mean something elsewhere; a ratio is the median of the ratios of each turn. What takes long has fewer runs. What
a scan found stands beside its time: one that finds less may well be faster. MiB is peak memory of the largest process;
what is smaller than a bare interpreter is shown as large as that. [costs.md](costs.md) says why the numbers are what
they are, and what was tried.

- Machine: {origin.machine}.
- pinner: a wheel with compiled modules.

{times}
## Targets

{judge(target for part in listed for target in part.targets)}
{chapters}
## Programs

{report_peers(peers)}"""
