"""What several hosts said about one question: whose failure ends it, and which error tells it. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pinner.errors import (
    AuthenticationError,
    BlockedError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
    UnreachableError,
)
from pinner.registry.failures import prefixed, reworded

# What a user can mend at a mirror, the weightiest first: it is the reason when the registry gave no answer.
_MENDABLE: Final = (AuthenticationError, RateLimitedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why one host gave no digest; `mirror` is its address, or None for the registry itself."""

    error: ResolutionError
    mirror: str | None = None

    @property
    def is_last_word(self) -> bool:
        """Whether nobody else may be asked after this (RES-28).

        A mirror that lacks something, or is down, says nothing about the registry. One that lies must be told. What the
        registry itself says for certain ("not found", "denied") is not overruled by a copy.
        """
        if self.mirror is not None:
            return isinstance(self.error, IntegrityError | BlockedError)
        return not isinstance(self.error, UnreachableError | RateLimitedError)

    @property
    def told(self) -> ResolutionError:
        """The error, with the mirror's name in front."""
        return self.error if self.mirror is None else prefixed(self.error, f"mirror {self.mirror}")


def summed_up(failures: Sequence[Failure]) -> ResolutionError:
    """Return one error that names everybody who was asked, the reason first."""
    reason = _reason(failures)
    others = [one.told.message for one in failures if one is not reason]
    told = reason.told
    return reworded(told, "; ".join(dict.fromkeys((told.message, *others))))


def _reason(failures: Sequence[Failure]) -> Failure:
    """Return whose failure decides: a last word, the registry's, or a mirror's where the registry gave no answer.

    That a mirror lacks something is the reason only where nobody else could have been asked.
    """
    for one in failures:
        if one.is_last_word or (one.mirror is None and not isinstance(one.error, UnreachableError)):
            return one
    for kind in _MENDABLE:
        for one in failures:
            if isinstance(one.error, kind):
                return one
    return min(failures, key=lambda one: (one.mirror is not None, isinstance(one.error, NotFoundError)))
