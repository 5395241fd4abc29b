"""The token of a GitHub Actions job, for `ghcr.io` and no other host.

Gitea and Forgejo set the same variables in their jobs, and GitHub Enterprise Server has another registry: their tokens
must not reach `ghcr.io`, so the server has to be github.com itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pinner.credentials.job import TRUE, JobLogin, JobSource
from pinner.credentials.steps import Silent, Source
from pinner.credentials.surroundings import Surroundings

PLACE: Final = "GITHUB_TOKEN"
HOST: Final = "ghcr.io"
SERVER: Final = "https://github.com"
# The registry looks at the token alone, but a user name there must be.
_NOBODY: Final = "github-actions"


def find_github(around: Surroundings) -> Source:
    """Return the source for a job of github.com; elsewhere there is none."""
    environ = around.environ
    is_job = environ.get("GITHUB_ACTIONS") == TRUE and environ.get("GITHUB_SERVER_URL") == SERVER
    return JobSource(PLACE, environ, read_job) if is_job else Silent(PLACE)


def read_job(environ: Mapping[str, str]) -> tuple[JobLogin | None, ...]:
    """Return the login of the job: its actor with `GITHUB_TOKEN`, where the workflow passes that on."""
    actor = environ.get("GITHUB_ACTOR") or _NOBODY
    return (JobLogin.of(environ, host=HOST, username=actor, variable=PLACE),)
