"""Helpers end with the run, are found on the search path alone, and are left alone after they hung once."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from pinner.credentials import helper as helper_module
from pinner.credentials.base import Credential, Stoppable
from pinner.credentials.chain import Chain
from pinner.credentials.config_document import parse_config
from pinner.credentials.docker_config import DockerConfigSource
from pinner.credentials.helper import Helper, HelperMissingError, Helpers
from pinner.credentials.steps import Silent
from pinner.errors import ConfigError, HelperError
from tests.credentials.test_sources import ANSWER, asked, config, install
from tests.support.processes import has_ended


@pytest.mark.parametrize("path", ["", ":", ".:", "{other}::{other}", "bin:."])
def test_a_program_of_the_current_folder_is_no_helper(  # SEC-34
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    install(tmp_path, "evil", ANSWER)
    install(tmp_path / "bin", "evil", ANSWER)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HelperMissingError):
        Helper("evil", environ={"PATH": path.format(other=tmp_path / "other")}).get("a.example")
    assert asked(tmp_path) == asked(tmp_path / "bin") == []


def test_an_empty_part_of_the_search_path_hides_no_helper(tmp_path: Path) -> None:
    environ = install(tmp_path, "ok", ANSWER)
    login = Helper("ok", environ={"PATH": f":{environ['PATH']}:"}).get("a.example")
    assert login == Credential(username="alice", secret="s3cret", source="docker-credential-ok")


def test_a_helper_that_hung_is_not_asked_for_another_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-24
    helper = Helper("slow", environ=install(tmp_path, "slow", "exec sleep 60"), time_limit=0.3)
    talk, talks = helper._talk, list[str]()

    def count(path: str, server: str) -> tuple[int, bytes]:
        talks.append(server)
        return talk(path, server)

    monkeypatch.setattr(helper, "_talk", count)
    for server in ("a.example", "b.example", "a.example"):
        with pytest.raises(HelperError, match="did not answer within"):
            helper.get(server)
    assert talks == ["a.example"]


def test_a_helper_ends_with_the_run_and_what_it_started_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # RATE-10, AUTH-24
    monkeypatch.setattr(helper_module, "Helper", partial(Helper, time_limit=300))
    script = f"""sleep 300 &
echo $! > "{tmp_path}/child.new" && mv "{tmp_path}/child.new" "{tmp_path}/child"
wait"""
    environ = install(tmp_path, "slow", script)
    path = config(tmp_path, '{"credsStore": "slow"}')
    chain = Chain({"none": Silent("--auth"), "docker": DockerConfigSource(path, helpers=Helpers(environ))})
    assert isinstance(chain, Stoppable)
    errors: list[HelperError] = []

    def ask() -> None:
        try:
            chain.get("a.example")
        except HelperError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    _wait_until_there(tmp_path / "child")
    chain.stop()
    asking.join(60)
    assert not asking.is_alive()
    assert len(errors) == 1
    assert has_ended(int((tmp_path / "child").read_text(encoding="utf-8")))
    with pytest.raises(HelperError, match="the run is over"):
        chain.get("b.example")
    assert asked(tmp_path) == ["get a.example"]


def test_a_helper_of_a_run_that_is_over_is_not_started(tmp_path: Path) -> None:
    source = DockerConfigSource(
        config(tmp_path, '{"credsStore": "ok"}'), helpers=Helpers(install(tmp_path, "ok", ANSWER))
    )
    source.stop()
    with pytest.raises(HelperError, match="the run is over"):
        source.get("a.example")
    assert asked(tmp_path) == []


def _wait_until_there(path: Path) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if path.exists():
            return
        pause.wait(0.02)
    pytest.fail("the helper did not start")


@pytest.mark.parametrize("part", ["auths", "credHelpers"])
def test_a_password_in_a_key_is_not_shown(part: str) -> None:  # AUTH-23
    with pytest.raises(ConfigError) as raised:
        parse_config(f'{{"{part}": {{"https://u:s3cret@a.example": {{"auth": 5}}}}}}', "config.json")
    assert "s3cret" not in str(raised.value)
    assert "a.example" in str(raised.value)
