"""What one host showed in this run: it saves requests and never weakens a check (RES-08).

What is known beforehand stands in `oci.hosts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class LearnedTraits:
    """Mutable, shared by all workers; lives as long as its endpoint.

    `repositories_without_head` are those of which a HEAD's 404 was false.
    """

    has_head: bool = True
    repositories_without_head: set[str] = field(default_factory=set)
    repositories_without_referrers: set[str] = field(default_factory=set)
