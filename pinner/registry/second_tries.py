"""Second tries with pauses between them. Loaded by the first exchange that needs one: most runs need none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from itertools import chain, repeat
from typing import Final, TypeVar

import tenacity

T = TypeVar("T")

_jitter: Final = tenacity.wait_random_exponential(multiplier=0.5, max=20)


def try_again(
    first: Future[T],
    again: Callable[[], T],
    *,
    is_worth_it: Callable[[Future[T]], bool],
    is_enough: Callable[[tenacity.RetryCallState], bool],
    shortest: Callable[[], float],
    pause: Callable[[float], None],
) -> T:
    """Return what a try brings at last, or raise its error; `first` is what the one before brought, the first of all.

    `shortest` says how many seconds a pause must last at least.
    """
    outcomes = chain((first.result,), repeat(again))
    retrying = tenacity.Retrying(
        stop=is_enough,
        wait=lambda state: max(_jitter(state), shortest()),
        retry=lambda state: is_worth_it(_outcome(state)),
        sleep=pause,
        retry_error_callback=lambda state: _outcome(state).result(),
    )

    def attempt() -> T:
        return next(outcomes)()

    return retrying(attempt)


def _outcome(state: tenacity.RetryCallState) -> Future[T]:
    assert state.outcome is not None
    return state.outcome
