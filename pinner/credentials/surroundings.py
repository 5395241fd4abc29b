"""What a run was given: all that a source may look at to find its places."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pinner.credentials.helper import Helpers
from pinner.credentials.named_login import NamedLogin


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The user's environment, and what the command line named; never anything of a repository (AUTH-25).

    `user_id` is None where podman keeps no file by it: only Linux has one.
    """

    environ: Mapping[str, str] = field(repr=False)
    home: Path | None = None
    user_id: int | None = None
    auth: tuple[NamedLogin, ...] = ()
    pull_secrets: tuple[Path, ...] = ()
    helpers: Helpers = field(repr=False)

    @classmethod
    def of(
        cls, environ: Mapping[str, str], *, auth: tuple[NamedLogin, ...] = (), pull_secrets: tuple[Path, ...] = ()
    ) -> Self:
        """Return the surroundings of this process's user with the variables of `environ`."""
        home = environ.get("HOME")
        return cls(
            environ=environ,
            home=Path(home) if home else None,
            user_id=os.getuid() if sys.platform == "linux" else None,
            auth=auth,
            pull_secrets=pull_secrets,
            helpers=Helpers(environ),
        )
