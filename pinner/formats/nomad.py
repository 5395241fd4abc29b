"""Jobs of Nomad in HCL (developer.hashicorp.com/nomad/docs, "Job Specification", "Task Drivers").

Nomad's docker driver pulls the tag when a digest stands behind it, and then looks for an image of both; podman's takes
one or the other. So the digest stands alone here, and a comment keeps the tag, whatever the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pinner.formats.base import Format, Unreadable
from pinner.formats.hcl_places import HclImages, HclTable, HclValues, prove_with
from pinner.formats.hcl_reading import HclPlace
from pinner.formats.hcl_variables import variable_or_local
from pinner.syntax.hcl_leaves import Leaf, literal_attribute
from pinner.syntax.hcl_nodes import Attribute, Body
from pinner.text import Source

_JOB: Final = r'^[ \t]*job[ \t]+(?:"|[A-Za-z_])'
_TASKS: Final = ("task", "sidecar_task")
_CONTAINER_DRIVERS: Final = frozenset({"docker", "podman", "containerd-driver", "containerd"})
# Drivers whose `image` is a disk, or that have none.
_OTHER_DRIVERS: Final = frozenset({"qemu", "raw_exec", "exec", "exec2", "java", "virt"})
_UNKNOWN: Final = Unreadable("unknown-driver", "whether this driver runs container images is not known")
_LOADED: Final = Unreadable("build", "the image is loaded from an archive; the name only finds it there")
_DEFAULT: Final = Unreadable(
    "variable-default", "this file makes no image of it; if others do, write `# pinner: image` above it"
)


def _is_of_task(leaf: Leaf) -> bool:
    """Return whether an image is that of a task whose driver may run containers."""
    task = _task_of(leaf)
    return task is not None and literal_attribute(task, "driver") not in _OTHER_DRIVERS


def _task_of(leaf: Leaf) -> Body | None:
    blocks = leaf.blocks[-2:]
    return blocks[0].body if len(blocks) > 1 and blocks[0].type in _TASKS else None


def _read_task(place: HclPlace, _: HclValues) -> Iterator[HclPlace]:
    """Yield the image of a task, unless its driver is unknown or its image is in an archive."""
    task, config = place.leaf.blocks[-2], place.leaf.blocks[-1]
    # A sidecar without a driver runs in docker.
    driver = literal_attribute(task.body, "driver") or ("docker" if task.type == "sidecar_task" else "")
    if driver not in _CONTAINER_DRIVERS:
        yield replace(place, verdict=_UNKNOWN)
    elif any(isinstance(one, Attribute) and one.name == "load" for one in config.body.items):
        yield replace(place, verdict=_LOADED)
    else:
        yield place


def _is_job(source: Source) -> bool:
    return re.search(_JOB, source.text, re.MULTILINE) is not None


_TABLE: Final = HclTable(
    places=(
        HclImages(
            route="job.*.**.config.image",
            where=_is_of_task,
            read=_read_task,
            prefixes=("docker://", "https://"),
            is_digest_alone=True,
        ),
    ),
    define=variable_or_local,
    doubtful=(
        HclImages(route="variable.*image*.default", verdict=_DEFAULT),
        HclImages(route="locals.*image*", verdict=_DEFAULT),
    ),
)

FORMAT: Final = Format(
    name="nomad",
    is_ours=_is_job,
    find=_TABLE.find,
    prove=prove_with(_TABLE.find),
)
