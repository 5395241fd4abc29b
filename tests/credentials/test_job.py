"""The variables of CI jobs: each login for one whole host, and only in a job of that system (AUTH-35, SEC-21)."""

from __future__ import annotations

import pytest

from pinner.credentials.base import Credential
from tests.credentials.test_chain import chain_of

GITLAB = {
    "GITLAB_CI": "true",
    "CI_REGISTRY": "registry.gitlab.com",
    "CI_REGISTRY_USER": "deploy",
    "CI_REGISTRY_PASSWORD": "registry-pw",
    "CI_JOB_TOKEN": "job-token",
    "CI_DEPENDENCY_PROXY_SERVER": "gitlab.com:443",
    "CI_DEPENDENCY_PROXY_USER": "proxy",
    "CI_DEPENDENCY_PROXY_PASSWORD": "proxy-pw",
}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_TOKEN": "ghs",
}
JOBS = GITLAB | GITHUB


@pytest.mark.parametrize(
    "registry",
    [
        "registry.gitlab.com.evil.example",
        "evil-registry.gitlab.com",
        "evil.registry.gitlab.com",
        "gitlab.com.evil.example",
        "registry.gitlab.com.",
        "registry.gitlab.com:5000",
        "registry-gitlab.com",
        "registryXgitlab.com",
        "registry.gitlab.co",
        "gitlab.com:8443",
        "agitlab.com",
        "com",
        "ghcr.io.evil.example",
        "ghcr.io.",
        "evil-ghcr.io",
        "evil.ghcr.io",
        "ghcr.io:8080",
        "ghcrXio",
        "ghcr.io@evil.example",
        "docker.ghcr.io",
        "\u0261hcr.io",
        "ghcr.io\n",
        "ghcr.io/evil",
        "docker.io",
        "localhost",
    ],
)
def test_a_host_that_only_looks_like_another_sees_nothing(registry: str) -> None:  # SEC-21, AUTH-26
    assert chain_of(JOBS).get(registry, "acme/app") is None


@pytest.mark.parametrize(
    ("registry", "username", "source"),
    [
        ("registry.gitlab.com", "deploy", "CI_REGISTRY_PASSWORD"),
        ("Registry.GitLab.com:443", "deploy", "CI_REGISTRY_PASSWORD"),
        ("gitlab.com", "proxy", "CI_DEPENDENCY_PROXY_PASSWORD"),
        ("ghcr.io", "octocat", "GITHUB_TOKEN"),
        ("GHCR.io:443", "octocat", "GITHUB_TOKEN"),
    ],
)
def test_each_login_is_for_its_host(registry: str, username: str, source: str) -> None:  # AUTH-35
    found = chain_of(JOBS).get(registry)
    assert isinstance(found, Credential)
    assert (found.username, found.secret, found.source) == (username, JOBS[source], source)


def test_a_port_belongs_to_the_host() -> None:
    chain = chain_of(GITLAB | {"CI_REGISTRY": "gitlab.example:5050"})
    assert chain.get("gitlab.example:5050") is not None
    assert chain.get("gitlab.example") is None


@pytest.mark.parametrize("missing", ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"])
def test_the_token_of_the_job_takes_the_place_of_a_missing_login(missing: str) -> None:  # AUTH-35
    found = chain_of(GITLAB | {missing: ""}).get("registry.gitlab.com")
    assert found == Credential(username="gitlab-ci-token", secret="job-token", source="CI_JOB_TOKEN")


@pytest.mark.parametrize(
    ("environ", "registry"),
    [
        ({"GITLAB_CI": ""}, "registry.gitlab.com"),
        ({"GITLAB_CI": "1"}, "registry.gitlab.com"),
        ({"CI_REGISTRY": ""}, "registry.gitlab.com"),
        ({"CI_REGISTRY": "https://registry.gitlab.com"}, "registry.gitlab.com"),
        ({"CI_REGISTRY": "registry.gitlab.com/acme"}, "registry.gitlab.com"),
        ({"CI_REGISTRY": "*.gitlab.com"}, "registry.gitlab.com"),
        ({"CI_REGISTRY_PASSWORD": "", "CI_JOB_TOKEN": ""}, "registry.gitlab.com"),
        ({"CI_DEPENDENCY_PROXY_PASSWORD": ""}, "gitlab.com"),
        ({"CI_DEPENDENCY_PROXY_USER": ""}, "gitlab.com"),
        ({"GITHUB_ACTIONS": ""}, "ghcr.io"),
        ({"GITHUB_TOKEN": ""}, "ghcr.io"),
        pytest.param({"GITHUB_SERVER_URL": "https://gitea.example"}, "ghcr.io", id="a token of Gitea"),
        pytest.param({"GITHUB_SERVER_URL": "https://github.com.evil.example"}, "ghcr.io", id="a server like GitHub"),
        pytest.param({"GITHUB_SERVER_URL": ""}, "ghcr.io", id="no server"),
    ],
)
def test_where_a_part_is_missing_or_wrong_there_is_no_login(environ: dict[str, str], registry: str) -> None:  # AUTH-35
    assert chain_of(JOBS | environ).get(registry) is None


def test_a_job_without_an_actor_still_has_its_token() -> None:
    found = chain_of(GITHUB | {"GITHUB_ACTOR": ""}).get("ghcr.io")
    assert isinstance(found, Credential)
    assert found.secret == "ghs"


def test_a_file_goes_before_the_variables_of_the_job() -> None:  # AUTH-30
    environ = JOBS | {"DOCKER_AUTH_CONFIG": '{"auths": {"ghcr.io": {"auth": "YTpi"}}}'}
    found = chain_of(environ).get("ghcr.io")
    assert found is not None
    assert found.source == "DOCKER_AUTH_CONFIG"


def test_names_say_which_variables_were_looked_at() -> None:
    assert chain_of(JOBS).names == ("GitLab job variables", "GITHUB_TOKEN")
