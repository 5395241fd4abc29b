"""Drone pipelines (docs.drone.io, "Docker pipeline": `steps`, `services`; before 1.0: `pipeline`, `clone`)."""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import routed_format

FORMAT: Final = routed_format(
    name="drone",
    places=("steps[].image", "services[].image", "pipeline.*.image", "services.*.image", "clone.*.image"),
    sections=frozenset(
        {
            "kind", "type", "name", "platform", "workspace", "clone", "steps", "services", "pipeline", "volumes",
            "trigger", "node", "concurrency", "depends_on", "image_pull_secrets", "matrix", "environment", "branches",
        }
    ),
)  # fmt: skip
