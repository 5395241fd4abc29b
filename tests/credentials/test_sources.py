"""Files, variables and helpers as sources, and their order (AUTH-24, AUTH-30)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinner.credentials.base import Credential, IdentityToken, NoCredentials
from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.environment import EnvironmentSource
from pinner.credentials.helper import Helper, Helpers
from pinner.credentials.private_file import MAXIMUM_SIZE
from pinner.errors import ConfigError, HelperError
from tests.hostile.sweep import SWEEP

FIXTURES = Path(__file__).parents[2] / "fixtures" / "docker_config"
CI_TEXT = (FIXTURES / "ci" / "config.json").read_text(encoding="utf-8")


def install(folder: Path, name: str, script: str) -> dict[str, str]:
    """Write a helper and return the environment that finds it; `asked` in the folder counts its runs."""
    program = folder / f"docker-credential-{name}"
    program.write_text(
        f'#!/bin/sh\nread -r server\necho "$1 $server" >> "{folder}/asked"\n{script}\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def asked(folder: Path) -> list[str]:
    file = folder / "asked"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


ANSWER = """echo '{"ServerURL": "x", "Username": "alice", "Secret": "s3cret"}'"""


def config(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    SWEEP.keep(path)
    return path


def test_a_source_that_knows_nothing_is_anonymous() -> None:
    source = NoCredentials()
    assert (source.get("docker.io"), source.names, source.warnings) == (None, (), ())


def test_a_file_that_is_not_there_knows_nothing(tmp_path: Path) -> None:
    source = DockerConfigSource(tmp_path / "none.json", name="~/.docker/config.json", helpers=Helpers({}))
    assert source.get("docker.io") is None
    assert source.names == ("~/.docker/config.json",)


def test_nothing_is_read_before_a_host_is_asked_for(tmp_path: Path) -> None:  # AUTH-25
    path = config(tmp_path, "not JSON")
    source = DockerConfigSource(path, helpers=Helpers({}))
    assert source.names == (str(path),)
    with pytest.raises(ConfigError, match=r"config\.json:1:1: not JSON"):
        source.get("docker.io")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = config(tmp_path, CI_TEXT)
    source = DockerConfigSource(path, name="c", helpers=Helpers({}))
    assert source.get("docker.io") is not None
    path.unlink()
    assert source.get("docker.io") == Credential(username="hub", secret="s3cret:with:colon", source="c")


def test_a_broken_file_stays_broken_for_the_run_and_its_error_carries_nothing(tmp_path: Path) -> None:  # AUTH-23
    source = DockerConfigSource(config(tmp_path, '{"s3cret"'), name="c", helpers=Helpers({}))
    errors = []
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            source.get("docker.io")
        assert caught.value.__cause__ is caught.value.__context__ is None
        errors.append(caught.value)
        config(tmp_path, CI_TEXT)
    assert errors[0] is not errors[1]
    assert errors[0].message == errors[1].message


def test_a_file_that_everybody_may_read_is_warned_about(tmp_path: Path) -> None:  # AUTH-22
    source = DockerConfigSource(config(tmp_path, CI_TEXT, 0o644), name="c", helpers=Helpers({}))
    source.get("docker.io")
    assert source.warnings == ("c: everybody on this machine may read it; chmod 600 keeps it yours",)


def test_a_pipe_a_folder_or_a_giant_is_refused(tmp_path: Path) -> None:  # AUTH-22
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    giant = tmp_path / "giant"
    with giant.open("wb") as file:
        file.truncate(MAXIMUM_SIZE + 1)
    for path, words in ((pipe, "not a regular file"), (tmp_path, "not a regular file"), (giant, "larger than")):
        with pytest.raises(ConfigError, match=words):
            DockerConfigSource(path, helpers=Helpers({})).get("docker.io")


def test_a_file_that_is_not_text_is_refused_without_showing_it(tmp_path: Path) -> None:  # AUTH-22
    path = tmp_path / "config.json"
    path.write_bytes(b'{"x": "\xff"}')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 7"):
        DockerConfigSource(path, helpers=Helpers({})).get("docker.io")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        DockerConfigSource(config(tmp_path, "{}"), helpers=Helpers({})).get("docker.io")


def test_a_helper_is_asked_with_the_address_it_knows(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "store", ANSWER)
    source = DockerConfigSource(FIXTURES / "desktop" / "config.json", name="c", helpers=Helpers(environ))
    assert source.get("docker.io") == Credential(username="alice", secret="s3cret", source="docker-credential-store")
    assert asked(tmp_path) == ["get https://index.docker.io/v1/"]
    assert source.names == ("c", "docker-credential-store")


def test_a_helper_is_asked_once_for_a_server(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "store", ANSWER)
    source = DockerConfigSource(FIXTURES / "desktop" / "config.json", helpers=Helpers(environ))
    for registry in ("docker.io", "docker.io", "ghcr.io", "registry-1.docker.io"):
        source.get(registry)
    assert asked(tmp_path) == ["get https://index.docker.io/v1/", "get ghcr.io"]


def test_a_helper_that_knows_nothing_lets_the_next_source_answer(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "store", "echo 'credentials not found in native keychain'; exit 1")
    source = DockerConfigSource(FIXTURES / "desktop" / "config.json", helpers=Helpers(environ))
    assert source.get("docker.io") is None


def test_a_store_that_knows_nothing_leaves_the_file_its_word_but_a_hosts_own_helper_does_not(tmp_path: Path) -> None:
    environ = install(tmp_path, "h", "echo 'credentials not found in native keychain'; exit 1")
    auths = '"auths": {"a.example": {"auth": "YTpi"}, "b.example": {"auth": "YTpi"}}'
    path = config(tmp_path, f'{{{auths}, "credsStore": "h", "credHelpers": {{"b.example": "h2"}}}}')
    install(tmp_path, "h2", "echo 'credentials not found in native keychain'; exit 1")
    source = DockerConfigSource(path, helpers=Helpers(environ))
    assert source.get("a.example") is not None
    assert source.get("b.example") is None


def test_an_identity_token_of_a_helper_is_one(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "t", """echo '{"Username": "<token>", "Secret": "refresh"}'""")
    assert Helper("t", environ=environ).get("a") == IdentityToken(secret="refresh", source="docker-credential-t")


@pytest.mark.parametrize(
    "answer",
    [
        '{"Username": "", "Secret": ""}',
        '{"Username": "a", "Secret": ""}',
        '{"Secret": "s"}',
        '{"Username": 1, "Secret": 2}',
    ],
)
def test_an_empty_answer_is_no_login(tmp_path: Path, answer: str) -> None:  # AUTH-24
    assert Helper("e", environ=install(tmp_path, "e", f"echo '{answer}'")).get("a") is None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no credentials server URL'; exit 1", "failed for a.example: it was given no server (exit code 1)"),
        ("echo 'no credentials username'; exit 1", "failed for a.example: its entry has no user name (exit code 1)"),
        ("echo 'error: Vault is locked.'; exit 2", "failed for a.example: its keychain is locked (exit code 2)"),
        ("echo 'You are not logged in'; exit 1", "failed for a.example: nobody is logged in to it (exit code 1)"),
        ("printf 'bad\\033[31m\\nthing'; exit 1", "failed for a.example: exit code 1"),
        ("exit 3", "failed for a.example: exit code 3"),
        ("kill -9 $$", "failed for a.example: ended by signal 9"),
        ("echo no json", "did not print a JSON object"),
        ("echo '[]'", "did not print a JSON object"),
        ("head -c 100000 /dev/zero", "printed more than 65536 bytes"),
    ],
)
def test_a_helper_that_fails_is_named(tmp_path: Path, script: str, words: str) -> None:  # AUTH-24, SEC-23
    helper = Helper("x", environ=install(tmp_path, "x", script))
    with pytest.raises(HelperError) as caught:
        helper.get("a.example")
    assert "'docker-credential-x'" in caught.value.message
    assert words in caught.value.message


def test_a_failure_is_remembered_and_told_with_the_file_that_names_the_helper(tmp_path: Path) -> None:
    environ = install(tmp_path, "store", "exit 3")
    source = DockerConfigSource(FIXTURES / "desktop" / "config.json", name="c", helpers=Helpers(environ))
    for _ in range(2):
        with pytest.raises(HelperError) as caught:
            source.get("ghcr.io")
        assert caught.value.hint == "run it by hand: echo ghcr.io | docker-credential-store get; c names it"
    assert len(asked(tmp_path)) == 1


@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & exec sleep 60", "exec 1>&-; sleep 60"])
def test_a_helper_that_hangs_is_ended_with_all_it_started(tmp_path: Path, script: str) -> None:  # AUTH-24, SEC-23
    helper = Helper("slow", environ=install(tmp_path, "slow", script), time_limit=0.3)
    with pytest.raises(HelperError, match=r"did not answer within 0\.3 seconds"):
        helper.get("a.example")


def test_a_helper_may_answer_without_reading(tmp_path: Path) -> None:
    environ = install(tmp_path, "deaf", "")
    (tmp_path / "docker-credential-deaf").write_text(f"#!/bin/sh\nexec 0<&-\n{ANSWER}\n", encoding="utf-8")
    assert Helper("deaf", environ=environ).get("a" * 100_000) is not None


def test_a_helper_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    environ = install(tmp_path, "broken", "")
    (tmp_path / "docker-credential-broken").write_text("#!/no/such/shell\n", encoding="utf-8")
    with pytest.raises(HelperError, match="cannot be started"):
        Helper("broken", environ=environ).get("a")


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "a b", "x;y", "ü"])
def test_a_name_that_is_a_path_is_never_started(tmp_path: Path, name: str) -> None:  # AUTH-24
    with pytest.raises(HelperError, match="is not the name of a credential helper"):
        Helper(name, environ={"PATH": str(tmp_path)}).get("a")


def test_a_missing_helper_does_not_stand_before_public_images(tmp_path: Path) -> None:  # AUTH-24
    source = DockerConfigSource(
        FIXTURES / "desktop" / "config.json", name="c", helpers=Helpers({"PATH": str(tmp_path)})
    )
    assert source.get("docker.io") is None
    assert any(
        "'docker-credential-store' is not installed; docker.io is asked without" in one for one in source.warnings
    )
    with pytest.raises(HelperError, match="'docker-credential-own' is not installed"):
        source.get("123456789012.dkr.ecr.eu-central-1.amazonaws.com")


def test_the_variable_is_read_like_a_file_without_helpers() -> None:
    source = EnvironmentSource(CI_TEXT)
    assert source.warnings == ()
    assert source.get("docker.io") == Credential(
        username="hub", secret="s3cret:with:colon", source="DOCKER_AUTH_CONFIG"
    )
    assert source.names == ("DOCKER_AUTH_CONFIG",)
    desktop = EnvironmentSource((FIXTURES / "desktop" / "config.json").read_text(encoding="utf-8"))
    assert desktop.get("docker.io") is None
    assert "not started" in desktop.warnings[0]


def test_a_variable_that_is_not_json_is_named() -> None:
    with pytest.raises(ConfigError, match="DOCKER_AUTH_CONFIG:1:1: not JSON"):
        EnvironmentSource("nonsense").get("docker.io")
