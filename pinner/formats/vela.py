"""Vela pipelines (go-vela.github.io/docs, "YAML reference": `steps`, `services`, `stages`, `secrets` with origin)."""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import routed_format

FORMAT: Final = routed_format(
    name="vela",
    places=("steps[].image", "services[].image", "stages.*.steps[].image", "secrets[].origin.image"),
)
