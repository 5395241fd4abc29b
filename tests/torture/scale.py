"""How much is tortured: a seeded portion with the other tests, all of it with `make torture`."""

from __future__ import annotations

import os
from random import Random
from typing import Final

IS_FULL: Final = os.environ.get("PINNER_TORTURE") == "full"
SEED: Final = int(os.environ.get("PINNER_TORTURE_SEED", "20261121"))
PATIENCE: Final = 7200 if IS_FULL else 900


def rounds(*, quick: int, full: int) -> int:
    """Return how often something is done."""
    return full if IS_FULL else quick


def chance(*about: object) -> Random:
    """Return chance that depends on the seed and on what it is for, and on nothing else."""
    return Random(" ".join(map(str, (SEED, *about))))
