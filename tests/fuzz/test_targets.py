"""The targets of fuzzing on their seeds and on a few mutations, without a fuzzer; `make fuzz` does more."""

from __future__ import annotations

import pytest

from tests.fuzz.mutation import mutations
from tests.fuzz.targets import target, target_names

MUTATIONS = 40

every_target = pytest.mark.parametrize("name", target_names())


@every_target
def test_every_seed_holds(name: str) -> None:
    for seed in target(name).seeds:
        target(name).hold(seed)


@every_target
def test_mutations_of_seeds_hold(name: str) -> None:
    tried = target(name)
    for content in mutations(tried.seeds, tried.words, seed=name, count=MUTATIONS):
        tried.hold(content)
