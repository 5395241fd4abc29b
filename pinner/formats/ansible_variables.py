"""Variables of Ansible: defaults of roles, and those of groups and hosts (docs.ansible.com, "Using variables").

What an image is named in is shown and left alone: tasks may take such a value apart.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format

_VALUE: Final = Unreadable(
    "ansible-variable", "tasks may use the value in any way; pin it by hand, or name it in a rule"
)

FORMAT: Final = routed_format(
    name="ansible-variables",
    places=tuple(
        Images(route=f"**.{key}", pattern=r"([^\s/]\S*[\w]:[\w][\w.-]*|\S+@sha256:[0-9a-f]{64})", verdict=_VALUE)
        for key in ("*image*", "*IMAGE*")
    ),
)
