"""Helmfile (helmfile.readthedocs.io, "Configuration"): values that stand beside the releases."""

from __future__ import annotations

from typing import Final

from pinner.formats.carried_values import carrying_format
from pinner.formats.carriers import Carried

FORMAT: Final = carrying_format(
    name="helmfile",
    carried=Carried(
        values=("releases[].values[]", "templates.*.values[]"), parameters=("releases[].set", "templates.*.set")
    ),
)
