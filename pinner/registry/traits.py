"""What one host showed in this run: it saves requests and never weakens a check (RES-08).

What is known beforehand stands in `oci.hosts`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class LearnedTraits:
    """Mutable, shared by all workers; lives as long as its endpoint.

    `honest_repositories` are those of which a HEAD's 404 was confirmed, `repositories_without_head` those of which one
    was false. `doubt` is held while a 404 is confirmed, so that workers do not all confirm the same repository.
    """

    has_head: bool = True
    honest_repositories: set[str] = field(default_factory=set)
    repositories_without_head: set[str] = field(default_factory=set)
    repositories_without_referrers: set[str] = field(default_factory=set)
    doubt: threading.Lock = field(default_factory=threading.Lock)
