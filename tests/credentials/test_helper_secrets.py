"""Whatever a helper prints may be a secret: no error shows it, wherever it stands and however the helper ends."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.helper import Helper, Helpers
from pinner.errors import HelperError
from tests.credentials.test_sources import FIXTURES, install

SECRET = "s3cretPW"
JSON = f'{{"ServerURL":"x","Username":"bob","Secret":"{SECRET}"}}'
OUTPUTS = [
    pytest.param(JSON, id="json"),
    pytest.param(JSON[:-1], id="json-broken"),
    pytest.param(f'["{SECRET}"]', id="json-list"),
    pytest.param(f'"{SECRET}"', id="json-text"),
    pytest.param("[" * 20_000 + SECRET, id="json-deep"),
    pytest.param(SECRET, id="plain"),
    pytest.param(f"error getting credentials: {SECRET}", id="plain-with-a-known-start"),
    pytest.param(f"credentials not found in native keychain: {SECRET}", id="plain-with-more-than-not-found"),
    pytest.param(f"the keychain of {SECRET} is locked", id="plain-around-a-known-phrase"),
    pytest.param(f"no credentials server URL\nfor\n{SECRET}\n", id="lines"),
    pytest.param(f"{JSON}\n{JSON}", id="json-twice"),
    pytest.param(SECRET * 10_000, id="too-much"),
]


def shown(error: BaseException) -> str:
    """Return everything that anybody could print of an error, with the variables of all frames but the test's own."""
    assert error.__traceback__ is not None
    assert error.__cause__ is error.__context__ is None
    beneath = error.with_traceback(error.__traceback__.tb_next)
    trace = traceback.TracebackException.from_exception(beneath, capture_locals=True)
    return f"{error!r} {error} {error.args} {getattr(error, 'hint', '')} {vars(error)} {''.join(trace.format())}"


def failure_of(folder: Path, script: str, time_limit: float = 10.0) -> HelperError:
    """Return what a helper with this script raises the second time: what is remembered must be as silent."""
    helper = Helper("x", environ=install(folder, "x", script), time_limit=time_limit)
    errors = []
    for _ in range(2):
        with pytest.raises(HelperError) as caught:
            helper.get("a.example")
        errors.append(caught.value)
        assert SECRET not in shown(caught.value)
    assert errors[0] is not errors[1]
    return errors[1]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("code", [1, 3])
def test_the_output_of_a_helper_that_fails_is_not_shown(tmp_path: Path, output: str, code: int) -> None:  # AUTH-23
    (tmp_path / "output").write_text(output, encoding="utf-8")
    error = failure_of(tmp_path, f'cat "{tmp_path}/output"; cat "{tmp_path}/output" >&2; exit {code}')
    assert "docker-credential-x" in error.message


@pytest.mark.parametrize("output", OUTPUTS[1:])
def test_an_answer_that_is_no_login_is_not_shown(tmp_path: Path, output: str) -> None:  # AUTH-23
    (tmp_path / "output").write_text(output, encoding="utf-8")
    error = failure_of(tmp_path, f'cat "{tmp_path}/output"')
    assert "did not print a JSON object" in error.message or "printed more than" in error.message


def test_what_a_helper_says_on_standard_error_is_not_shown(  # AUTH-23
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    error = failure_of(tmp_path, f"echo '{JSON}' >&2; exit 1")
    assert error.message == "the credential helper 'docker-credential-x' failed for a.example: exit code 1"
    assert error.hint == "run it by hand: echo a.example | docker-credential-x get"
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("script", [f"echo {SECRET}; sleep 60", f"echo {SECRET}; exec 1>&-; sleep 60"])
def test_a_helper_that_hangs_after_it_spoke_is_not_shown(tmp_path: Path, script: str) -> None:  # AUTH-23, SEC-23
    assert "did not answer within" in failure_of(tmp_path, script, time_limit=0.3).message


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_file_that_names_the_helper_adds_nothing_of_it(tmp_path: Path, output: str) -> None:  # AUTH-23
    (tmp_path / "output").write_text(output, encoding="utf-8")
    environ = install(tmp_path, "store", f'cat "{tmp_path}/output"; exit 1')
    source = DockerConfigSource(FIXTURES / "desktop" / "config.json", name="c", helpers=Helpers(environ))
    for _ in range(2):
        with pytest.raises(HelperError) as caught:
            source.get("ghcr.io")
        assert SECRET not in shown(caught.value)
        assert (caught.value.hint or "").count("c names it") <= 1
