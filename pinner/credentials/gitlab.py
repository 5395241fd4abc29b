"""The container registry and the dependency proxy of a GitLab job (GitLab documentation, "Predefined variables")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pinner.credentials.job import TRUE, JobLogin, JobSource
from pinner.credentials.steps import Silent, Source
from pinner.credentials.surroundings import Surroundings

PLACE: Final = "GitLab job variables"


def find_gitlab(around: Surroundings) -> Source:
    """Return the source for a GitLab job; there is none where `GITLAB_CI` is not `true`."""
    return JobSource(PLACE, around.environ, read_job) if around.environ.get("GITLAB_CI") == TRUE else Silent(PLACE)


def read_job(environ: Mapping[str, str]) -> tuple[JobLogin | None, ...]:
    """Return the logins of the job: for `CI_REGISTRY` its user before the job's token, then the dependency proxy."""
    registry, proxy = environ.get("CI_REGISTRY", ""), environ.get("CI_DEPENDENCY_PROXY_SERVER", "")
    user, proxy_user = environ.get("CI_REGISTRY_USER", ""), environ.get("CI_DEPENDENCY_PROXY_USER", "")
    return (
        JobLogin.of(environ, host=registry, username=user, variable="CI_REGISTRY_PASSWORD"),
        JobLogin.of(environ, host=registry, username="gitlab-ci-token", variable="CI_JOB_TOKEN"),
        JobLogin.of(environ, host=proxy, username=proxy_user, variable="CI_DEPENDENCY_PROXY_PASSWORD"),
    )
