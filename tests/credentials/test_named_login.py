"""`--auth HOST=env:VARIABLE` (AUTH-33)."""

from __future__ import annotations

import pytest

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.credentials.explicit import ExplicitSource
from pinner.credentials.named_login import read_auth
from pinner.credentials.steps import Found
from pinner.errors import ConfigError, UsageError


def source(environ: dict[str, str], *flags: str) -> ExplicitSource:
    return ExplicitSource(read_auth(flags), environ)


def login(value: str) -> Login | None:
    return source({"LOGIN": value}, "ghcr.io=env:LOGIN").get("ghcr.io")


def test_another_host_is_not_concerned() -> None:
    assert source({"LOGIN": "alice:pw"}, "ghcr.io=env:LOGIN").get("quay.io") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("alice:pw", Credential(username="alice", secret="pw", source="--auth ghcr.io")),
        ("alice:p:w\n", Credential(username="alice", secret="p:w", source="--auth ghcr.io")),
        ("robot$acme+ci:pw", Credential(username="robot$acme+ci", secret="pw", source="--auth ghcr.io")),
        ("<token>:refresh", IdentityToken(secret="refresh", source="--auth ghcr.io")),
        ("ya29.bearer", RegistryToken(secret="ya29.bearer", source="--auth ghcr.io")),
    ],
)
def test_the_variable_holds_a_login_or_a_bearer_token(value: str, expected: Login) -> None:
    assert login(value) == expected


@pytest.mark.parametrize(
    ("value", "problem"), [("", "is not set"), ("\n", "is not set"), (":pw", "holds no user"), ("alice:", "holds no")]
)
def test_a_variable_without_a_login_is_a_mistake_and_not_shown(value: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=rf"^--auth ghcr\.io: the environment variable that it names {problem}"):
        login(value)


def test_a_variable_is_read_when_its_host_is_asked_for() -> None:  # AUTH-25
    chosen = source({}, "ghcr.io=env:MISSING")
    assert chosen.get("quay.io") is None
    with pytest.raises(ConfigError, match="is not set"):
        chosen.get("ghcr.io")


@pytest.mark.parametrize(
    "flag",
    [
        "ghcr.io=alice:s3cret",
        "ghcr.io=s3cret",
        "ghcr.io=env:alice:s3cret",
        "ghcr.io=env:s3cret-with-dash",
        "ghcr.io=env:",
        "alice:s3cret@ghcr.io=env:LOGIN",
        "https://ghcr.io/s3cret=env:LOGIN",
        "s3cret=env:LOGIN",
        "s3cret",
        "=env:LOGIN",
        "ghcr.io/S3CRET=env:LOGIN",
        "ghcr.io =env:LOGIN",
        "ghcr.io=env:LOGIN\n",
        "",
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(flag: str) -> None:  # AUTH-33, AUTH-23
    with pytest.raises(UsageError) as caught:
        read_auth(["quay.io=env:QUAY", flag])
    said = f"{caught.value!r} {caught.value.hint} {caught.value.__cause__!r}"
    assert caught.value.message == "--auth number 2 is not HOST=env:VARIABLE"
    assert "s3cret" not in said.lower()


def test_a_variable_that_is_not_set_is_not_repeated() -> None:  # AUTH-33
    with pytest.raises(ConfigError) as caught:
        source({}, "ghcr.io=env:ghp_s3cret").get("ghcr.io")
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint}"


def test_one_host_has_one_login() -> None:
    with pytest.raises(UsageError, match="is given twice"):
        read_auth(["docker.io=env:A", "index.docker.io=env:B"])


def test_the_most_specific_path_wins() -> None:
    environ = {"A": "a:1", "B": "b:2"}
    chosen = source(environ, "registry.gitlab.com/acme=env:B", "registry.gitlab.com=env:A")

    def key(repository: str | None) -> str | None:
        (step,) = chosen.look("registry.gitlab.com", repository)
        return step.key if isinstance(step, Found) else None

    assert [key("acme/app"), key("acmecorp/app"), key(None)] == [
        "registry.gitlab.com/acme",
        "registry.gitlab.com",
        "registry.gitlab.com",
    ]


@pytest.mark.parametrize(
    "spelling", ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]
)
def test_docker_hub_is_one_host_under_all_its_names(spelling: str) -> None:  # REF-03
    assert source({"A": "a:1"}, f"{spelling}=env:A").get("docker.io") is not None
