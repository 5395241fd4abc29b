"""Asking a helper once more, after a registry refused what it gave (AUTH-15, AUTH-24)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.credentials.base import Credential, IdentityToken, NoCredentials, Renewable
from pinner.credentials.chain import Chain
from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.environment import EnvironmentSource
from pinner.credentials.helper import Helpers
from pinner.credentials.steps import Silent
from tests.credentials.test_sources import ANSWER, asked, config, install

HOST = "a.example"
FIRST = Credential(username="u", secret="one", source="docker-credential-h")
SECOND = Credential(username="u", secret="two", source="docker-credential-h")
# Gives another secret at each run: one, two, three.
COUNTING = """
case $(wc -l < "$(dirname "$0")/asked") in 1) secret=one;; 2) secret=two;; *) secret=three;; esac
echo "{\\"Username\\": \\"u\\", \\"Secret\\": \\"$secret\\"}\""""


def source_of(folder: Path, script: str) -> DockerConfigSource:
    helpers = Helpers(install(folder, "h", script))
    return DockerConfigSource(config(folder, '{"credsStore": "h"}'), helpers=helpers)


def test_nothing_is_renewed_before_it_was_given(tmp_path: Path) -> None:
    source = source_of(tmp_path, COUNTING)
    assert source.renewed(HOST, None, FIRST) is None
    assert source.get("b.example") == FIRST
    assert source.renewed(HOST, None, FIRST) is None
    assert asked(tmp_path) == ["get b.example"]


def test_what_stands_in_a_file_or_variable_is_not_renewed(tmp_path: Path) -> None:
    path = config(tmp_path, '{"auths": {"a.example": {"auth": "dTpvbmU="}}}')
    file = DockerConfigSource(path, name="c", helpers=Helpers({}))
    variable = EnvironmentSource(path.read_text(encoding="utf-8"))
    login = file.get(HOST)
    assert login is not None
    assert file.renewed(HOST, None, login) is None
    assert not isinstance(variable, Renewable)
    assert not isinstance(NoCredentials(), Renewable)


def test_a_helper_is_asked_once_more_and_not_a_third_time(tmp_path: Path) -> None:  # AUTH-24
    chain = Chain({"none": Silent("--auth"), "docker": source_of(tmp_path, COUNTING)})
    assert chain.get(HOST) == FIRST
    assert chain.renewed(HOST, None, FIRST) == SECOND
    assert chain.renewed(HOST, None, FIRST) == SECOND  # another worker, with the same refusal
    assert chain.get(HOST) == SECOND
    assert chain.renewed(HOST, None, SECOND) is None
    assert asked(tmp_path) == [f"get {HOST}"] * 2


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(ANSWER, id="the same"),
        pytest.param("exit 1", id="a failure"),
        pytest.param("echo credentials not found in native keychain; exit 1", id="nothing"),
        pytest.param("echo no JSON", id="nonsense"),
    ],
)
def test_a_helper_with_nothing_new_leaves_the_refused_login_as_it_is(then: str, tmp_path: Path) -> None:  # AUTH-24
    script = f'if [ $(wc -l < "$(dirname "$0")/asked") = 1 ]; then {ANSWER}; else {then}; fi'
    source = source_of(tmp_path, script)
    login = source.get(HOST)
    assert login is not None
    assert source.renewed(HOST, None, login) is None
    assert source.renewed(HOST, None, login) is None
    assert source.get(HOST) == login
    assert asked(tmp_path) == [f"get {HOST}"] * 2


def test_a_login_of_another_source_is_not_taken_for_the_helpers(tmp_path: Path) -> None:
    source = source_of(tmp_path, COUNTING)
    assert source.get(HOST) == FIRST
    assert source.renewed(HOST, None, IdentityToken(secret="x", source="DOCKER_AUTH_CONFIG")) is None
    assert asked(tmp_path) == [f"get {HOST}"]
