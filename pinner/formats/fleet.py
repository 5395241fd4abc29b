"""Fleet (fleet.rancher.io/ref-fleet-yaml): Helm values of a bundle and of its targets."""

from __future__ import annotations

from typing import Final

from pinner.formats.carried_values import carrying_format
from pinner.formats.carriers import Carried

FORMAT: Final = carrying_format(
    name="fleet",
    carried=Carried(values=("helm.values", "targetCustomizations[].helm.values")),
)
