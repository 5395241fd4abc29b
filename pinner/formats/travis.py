"""Travis CI (docs.travis-ci.com, "Use Docker in Builds"): images are named in shell commands only.

They are found and left alone: an image that `docker pull` gets by its digest has not the name that a later `docker run`
asks for.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format

_SCRIPT: Final = Unreadable(
    "script", "the image stands in a shell command; pin it by hand, or by a rule with a pattern"
)
_PHASES: Final = (
    "before_install", "install", "before_script", "script", "after_success", "after_failure", "after_script",
    "before_cache", "before_deploy", "after_deploy",
)  # fmt: skip
_PULL: Final = (
    r"""(?:.*?[;&|(\s])?docker(?:\s+image)?\s+pull\s+(?:--platform[\s=]\S+\s+|-\S+\s+)*+["']?([^\s;&|()"']+).*"""
)

FORMAT: Final = routed_format(
    name="travis",
    places=tuple(
        Images(route=f"{job}{phase}{each}", pattern=_PULL, verdict=_SCRIPT)
        for job in ("", "jobs.include[].", "matrix.include[].")
        for phase in _PHASES
        for each in ("", "[]")
    ),
)
