"""Ages as people write them: `90s`, `15m`, `6h`, `3d`, `2w`, `1d12h`."""

from __future__ import annotations

from typing import Final

from pinner.patterns import compile_later

LONGEST_MIN_AGE: Final = 366 * 86_400
_SECONDS: Final = {"w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART: Final = compile_later(r"([0-9]{1,9})([wdhms])")


def read_age(text: str, *, units: str = "whd") -> int | None:
    """Return seconds, or None for what is no age in these units; `0` needs none."""
    written = text.strip()
    parts = _PART.findall(written)
    is_age = bool(parts) and "".join(map("".join, parts)) == written and all(unit in units for _, unit in parts)
    return sum(int(number) * _SECONDS[unit] for number, unit in parts) if is_age or written == "0" else None


def refuse_min_age(text: str) -> str | None:
    """Return why a text is no minimum age, or None where it is one."""
    seconds = read_age(text)
    if seconds is None:
        return "is no minimum age"
    return "is more than a year" if seconds > LONGEST_MIN_AGE else None
