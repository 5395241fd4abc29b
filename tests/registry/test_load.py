"""Many questions to a registry that is in trouble: every digest is right, and no reference is lost."""

from __future__ import annotations

from typing import Final

import pytest
import tenacity

from pinner.oci.digest import Digest
from pinner.registry import kept, second_tries
from pinner.registry.resolver import RegistryResolver
from pinner.registry.stats import RETRY
from pinner.resolution import Resolved
from tests.registry.fakes import references
from tests.registry.faulty import FaultyRegistry, document
from tests.registry.server import serving

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(900)]

QUESTIONS: Final = 10_000
SEED: Final = 20_260_823


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the waits short, and nothing else: as many tries, by the same rules."""
    monkeypatch.setattr(second_tries, "_jitter", tenacity.wait_random_exponential(multiplier=0.005, max=0.05))
    monkeypatch.setattr(kept, "READ_SECONDS", 3.0)


@pytest.mark.usefixtures("short_waits")
def test_ten_thousand_questions_to_a_faulty_registry_are_all_answered_rightly() -> None:  # RATE-01, RATE-07, RATE-15
    registry = FaultyRegistry(SEED, share=0.05, stalls=1)
    with serving(registry.serve) as server, RegistryResolver(jobs=8, timeout=800) as resolver:
        asked = references(*(f"{server.host}/team/app{number % 50}:{number}" for number in range(QUESTIONS)))
        results = resolver.describe(asked)
        counts = resolver.stats.counts
    for reference, result in zip(asked, results, strict=True):
        assert isinstance(result, Resolved), result
        path = f"/v2/{reference.repository}/manifests/{reference.tag}"
        assert result.descriptor.digest == Digest.of(document(path))
    good = registry.answered["good"]
    # On a machine that is busy, a good answer may come too late and be asked for again.
    assert len(results) == QUESTIONS <= good < QUESTIONS * 1.01
    bad = registry.answered.total() - good
    assert len(registry.answered) == 9  # every kind of fault happened
    assert 0.04 < bad / registry.answered.total() < 0.07
    # A stall that was noticed late, or a connection that dropped before its first byte, is asked again for free.
    assert counts[RETRY] <= bad + (good - QUESTIONS) + registry.answered["stall"]
    assert counts["get"] == QUESTIONS + counts[RETRY]
