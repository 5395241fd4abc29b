"""CircleCI (circleci.com/docs, "Configuration reference": `docker` of jobs and executors, also within inline orbs).

The image of a `machine` is a virtual machine, and none of ours.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import routed_format

FORMAT: Final = routed_format(
    name="circleci",
    filenames=(".circleci/*.yml", ".circleci/*.yaml", ".circleci/**/*.yml", ".circleci/**/*.yaml"),
    places=(
        "jobs.*.docker[].image",
        "executors.*.docker[].image",
        "orbs.*.jobs.*.docker[].image",
        "orbs.*.executors.*.docker[].image",
    ),
    # Under any other key people keep what anchors name.
    sections=frozenset(
        {"version", "setup", "orbs", "commands", "parameters", "executors", "jobs", "job-groups", "workflows"}
    ),
)
