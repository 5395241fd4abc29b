"""What a helper may answer, row by row, with programs that run (docker-credential-helpers; AUTH-24)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.credentials.base import Credential, IdentityToken, Login
from pinner.errors import HelperError
from tests.credentials.test_chain import chain_of
from tests.credentials.test_sources import asked, config, install

OPEN, CLOSED = "ghcr.io", "private.example"
PROGRAM = "docker-credential-h"
NOT_FOUND = "credentials not found in native keychain"


def ask(folder: Path, script: str | None, registry: str = CLOSED) -> Login | None:
    """Return the login for `registry` of a user whose store is the helper, with entries of podman's behind it."""
    environ = install(folder, "h", script) if script is not None else {"PATH": str(folder)}
    home = folder / "home"
    (home / ".config" / "containers").mkdir(parents=True)
    entries = f'{{"auths": {{"{OPEN}": {{"auth": "bmV4dDpwdw=="}}, "{CLOSED}": {{"auth": "bmV4dDpwdw=="}}}}}}'
    (home / ".config" / "containers" / "auth.json").write_text(entries, encoding="utf-8")
    environ["DOCKER_CONFIG"] = str(config(folder, '{"credsStore": "h"}').parent)
    return chain_of(environ, home).get(registry)


def username(login: Login | None) -> str | None:
    return login.username if isinstance(login, Credential) else None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(f"echo '{NOT_FOUND}'; exit 1", "next", id="not found"),
        pytest.param(f"printf '  {NOT_FOUND}\\r\\n\\n'; exit 1", "next", id="not found, trimmed"),
        pytest.param("""echo '{"Username": "", "Secret": ""}'""", "next", id="empty answer, as gcloud and ECR give"),
        pytest.param("""echo '{"Username": "alice", "Secret": ""}'""", "next", id="no secret"),
        pytest.param("""echo '{"ServerURL": "x", "Username": "alice", "Secret": "pw"}'""", "alice", id="a login"),
        pytest.param("""echo '{"Username": "alice", "Secret": "pw"}' ; exit 0""", "alice", id="no server in it"),
    ],
)
def test_an_answer_is_a_login_or_lets_the_next_source_speak(tmp_path: Path, script: str, expected: str) -> None:
    assert username(ask(tmp_path, script)) == expected


def test_behind_the_user_token_stands_an_identity_token(tmp_path: Path) -> None:
    found = ask(tmp_path, """echo '{"Username": "<token>", "Secret": "refresh"}'""")
    assert found == IdentityToken(secret="refresh", source=PROGRAM)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("echo 'no credentials server URL'; exit 1", "it was given no server", id="no server"),
        pytest.param("echo 'no credentials username'; exit 1", "its entry has no user name", id="no user"),
        pytest.param(f"echo '{NOT_FOUND}'", "did not print a JSON object", id="not found, but exit code 0"),
        pytest.param(f"echo '{NOT_FOUND}' >&2; exit 1", "exit code 1", id="not found, but on standard error"),
        pytest.param("echo 'no JSON'", "did not print a JSON object", id="no JSON"),
        pytest.param("head -c 70000 /dev/zero", "printed more than 65536 bytes", id="too much"),
        pytest.param(None, "is not installed", id="not installed, and no open registry"),
    ],
)
def test_a_failure_ends_the_look_up_and_no_other_source_is_guessed(
    tmp_path: Path, script: str | None, words: str
) -> None:
    with pytest.raises(HelperError, match=words):
        ask(tmp_path, script)


def test_a_helper_that_is_not_installed_lets_open_registries_go_on(tmp_path: Path) -> None:
    assert username(ask(tmp_path, None, OPEN)) == "next"


def test_it_is_called_with_get_and_the_address_alone(tmp_path: Path) -> None:
    ask(tmp_path, """echo '{"Username": "alice", "Secret": "pw"}'""", "docker.io")
    assert asked(tmp_path) == ["get https://index.docker.io/v1/"]


def test_a_hosts_own_helper_excludes_the_entries_of_its_file_even_where_it_is_the_store_too(tmp_path: Path) -> None:
    environ = install(tmp_path, "h", f"echo '{NOT_FOUND}'; exit 1")
    text = '{"auths": {"a.example": {"auth": "YTpi"}}, "credsStore": "h", "credHelpers": {"a.example": "h"}}'
    environ["DOCKER_CONFIG"] = str(config(tmp_path, text).parent)
    assert chain_of(environ).get("a.example") is None
