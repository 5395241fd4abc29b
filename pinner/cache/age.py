"""How old an answer may be, as people write it: `90s`, `15m`, `6h`, `2d`, `1h30m`."""

from __future__ import annotations

from typing import Final

from pinner.ages import read_age
from pinner.errors import UsageError

LONGEST_AGE: Final = 7 * 86_400.0


def parse_age(text: str) -> float:
    """Return seconds; `0` is none. Raise `UsageError` for what is no age, or more than a week."""
    seconds = read_age(text, units="dhms")
    if seconds is None:
        message = f"{text!r} is not an age"
        raise UsageError(message, hint="write a number and s, m, h or d: 15m, 6h")
    if seconds > LONGEST_AGE:
        message = f"{text!r} is more than a week"
        raise UsageError(message, hint="a tag can move every day; ask the registry again")
    return float(seconds)
