"""What the configuration says of every image: `[images]`, validated."""

from __future__ import annotations

from typing import Final

from pinner.config_reading import Complain, suggest
from pinner.errors import InputError
from pinner.oci.platform import Platform
from pinner.syntax.toml_places import show

_TABLE: Final = "images"
_REQUIRED: Final = "required-platforms"
_KEYS: Final = (_REQUIRED,)
_EXAMPLE: Final = f'write for example {_REQUIRED} = ["linux/amd64", "linux/arm64"]'


def read_required_platforms(table: object, complain: Complain) -> tuple[Platform, ...]:
    """Return the platforms that every image must have, once each."""
    if not isinstance(table, dict):
        complain((_TABLE,), f"must be a table, not {show(table)}", f"write [{_TABLE}] in front of its keys")
        return ()
    for name in table:
        if name not in _KEYS:
            complain((_TABLE, name), "unknown key", suggest(name, _KEYS))
    written = table.get(_REQUIRED, [])
    if not isinstance(written, list):
        complain((_TABLE, _REQUIRED), f"must be a list of strings, not {show(written)}", _EXAMPLE)
        return ()
    platforms: list[Platform] = []
    for index, one in enumerate(written):
        where = (_TABLE, _REQUIRED, index)
        if not isinstance(one, str):
            complain(where, f"must be a string, not {show(one)}", _EXAMPLE)
            continue
        try:
            platforms.append(Platform.parse(one))
        except InputError as error:
            complain(where, error.message, error.hint)
    return tuple(dict.fromkeys(platforms))
