"""How old an answer may be, as people write it: `90s`, `15m`, `6h`, `2d`, `1h30m`."""

from __future__ import annotations

import re
from typing import Final

from pinner.errors import UsageError

LONGEST_AGE: Final = 7 * 86_400.0
_SECONDS: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART: Final = re.compile(r"([0-9]{1,9})([dhms])", re.ASCII)


def parse_age(text: str) -> float:
    """Return seconds; `0` is none. Raise `UsageError` for what is no age, or more than a week."""
    written = text.strip()
    parts = _PART.findall(written)
    if written != "0" and (not parts or "".join(map("".join, parts)) != written):
        message = f"{text!r} is not an age"
        raise UsageError(message, hint="write a number and s, m, h or d: 15m, 6h")
    seconds = float(sum(int(number) * _SECONDS[unit] for number, unit in parts))
    if seconds > LONGEST_AGE:
        message = f"{text!r} is more than a week"
        raise UsageError(message, hint="a tag can move every day; ask the registry again")
    return seconds
