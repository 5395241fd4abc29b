"""Woodpecker workflows (woodpecker-ci.org, "Workflow syntax": `steps`, `services`, `clone`; before 1.0: `pipeline`).

Each of them is a list, or a mapping by name. Matrix values come in as variables (`${IMAGE}`).
"""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import routed_format

_SECTIONS: Final = ("steps", "pipeline", "services", "clone")

FORMAT: Final = routed_format(
    name="woodpecker",
    filenames=(".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/**/*.yml", ".woodpecker/**/*.yaml"),
    places=tuple(f"{section}{each}.image" for section in _SECTIONS for each in ("[]", ".*")),
    sections=frozenset(
        {
            *_SECTIONS, "skip_clone", "branches", "when", "workspace", "matrix", "platform", "labels", "depends_on",
            "runs_on", "concurrency", "version", "$schema",
        }
    ),
)  # fmt: skip
