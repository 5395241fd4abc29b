"""What the configuration says of `update`: `[update]`, validated."""

from __future__ import annotations

from typing import Final

from pinner.ages import read_age, refuse_min_age
from pinner.config_reading import Complain, suggest
from pinner.syntax.toml_places import show

_TABLE: Final = "update"
_KEYS: Final = ("min-age",)


def read_min_age(table: object, complain: Complain) -> int:
    """Return for how many seconds a new digest waits; 0 is not at all."""
    if not isinstance(table, dict):
        complain((_TABLE,), f"must be a table, not {show(table)}", "write [update] in front of its keys")
        return 0
    for name in table:
        if name not in _KEYS:
            complain((_TABLE, name), "unknown key", suggest(name, _KEYS))
    written = table.get("min-age", "0")
    reason = refuse_min_age(written) if isinstance(written, str) else "is no minimum age"
    if reason is not None:
        complain(
            (_TABLE, "min-age"), f"{show(written)} {reason}", 'write for example "3d"; "12h" and "2w" are known too'
        )
        return 0
    return read_age(written) or 0
