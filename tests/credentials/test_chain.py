"""The chain: its order, what is left out, and explanations that say what a run does (AUTH-30)."""

from __future__ import annotations

import base64
import json
import shutil
import threading
from pathlib import Path

import pytest

from pinner.credentials.base import Credential
from pinner.credentials.chain import SOURCES, VARIABLE, Chain, default_sources
from pinner.credentials.environment import EnvironmentSource
from pinner.credentials.helper import Helpers
from pinner.credentials.named_login import read_auth
from pinner.credentials.steps import Broken, Found, Nothing, Silent, Why
from pinner.credentials.surroundings import Surroundings
from pinner.errors import ConfigError, HelperError
from tests.credentials.test_sources import ANSWER, CI_TEXT, FIXTURES, asked, config, install
from tests.hostile.sweep import SWEEP


def chain_of(environ: dict[str, str], home: Path | None = None, *, flags: tuple[str, ...] = ()) -> Chain:
    """Return the chain of a user without a user id, so that no file of this machine is looked at."""
    return default_sources(Surroundings(environ=environ, home=home, auth=read_auth(flags), helpers=Helpers(environ)))


def source_of(chain: Chain, registry: str = "docker.io") -> str | None:
    found = chain.get(registry)
    return None if found is None else found.source


def test_a_user_who_has_nothing_is_anonymous() -> None:
    chain = chain_of({})
    assert (chain.get("docker.io"), chain.names, chain.warnings) == (None, (), ())


def test_the_first_source_that_knows_wins() -> None:
    one, two = EnvironmentSource(CI_TEXT, name="one"), EnvironmentSource(CI_TEXT, name="two")
    chain = Chain({"none": Silent("none"), "first": one, "second": two})
    assert source_of(chain) == "one"
    assert chain.names == ("one", "two")
    assert chain.get("other.example") is None
    assert chain.warnings == ()


def test_the_sources_stand_in_the_documented_order(tmp_path: Path) -> None:  # AUTH-30
    home = tmp_path / "home"
    for parts in (
        ("home", ".docker", "config.json"),
        ("home", ".config", "containers", "auth.json"),
        ("file.json",),
        ("docker", "config.json"),
        ("run", "containers", "auth.json"),
        ("xdg", "containers", "auth.json"),
    ):
        path = tmp_path.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FIXTURES / "ci" / "config.json", path)
        SWEEP.keep(path)
    (home / ".dockercfg").write_text(json.dumps(json.loads(CI_TEXT)["auths"]), encoding="utf-8")
    (tmp_path / "pull.json").write_text(CI_TEXT, encoding="utf-8")
    SWEEP.keep(home / ".dockercfg")
    SWEEP.keep(tmp_path / "pull.json")
    environ = {
        "LOGIN": "alice:s3cret",
        "DOCKER_AUTH_CONFIG": CI_TEXT,
        "REGISTRY_AUTH_FILE": str(tmp_path / "file.json"),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "GITLAB_CI": "true",
        "CI_REGISTRY": "docker.io",
        "CI_REGISTRY_USER": "job",
        "CI_REGISTRY_PASSWORD": "s3cret",
    }
    around = Surroundings(
        environ=environ,
        home=home,
        auth=read_auth(["docker.io=env:LOGIN"]),
        pull_secrets=(tmp_path / "pull.json",),
        helpers=Helpers(environ),
    )
    # `github` answers for a host of its own, so it cannot be seen here; its place is the last one.
    left, seen = list(SOURCES), []
    while left != ["github"]:
        found = default_sources(around) if left == list(SOURCES) else _without_flags(around, left)
        explanation = found.explain("docker.io")
        assert isinstance(explanation.outcome, Found)
        winner = next(turn.source for turn in explanation.turns if turn.step is explanation.outcome)
        seen.append(winner)
        left.remove(winner)
    assert seen == list(SOURCES)[:-1]


def _without_flags(around: Surroundings, names: list[str]) -> Chain:
    environ = {**around.environ, VARIABLE: ",".join(names)}
    return default_sources(
        Surroundings(
            environ=environ,
            home=around.home,
            auth=around.auth if "auth" in names else (),
            pull_secrets=around.pull_secrets if "pull-secret" in names else (),
            helpers=around.helpers,
        )
    )


def test_a_variable_that_names_a_file_takes_its_place(tmp_path: Path) -> None:
    environ = {"DOCKER_CONFIG": "/none", "XDG_CONFIG_HOME": "/none", "XDG_RUNTIME_DIR": "/none"}
    assert chain_of(environ, tmp_path).names == (
        "DOCKER_CONFIG",
        "$XDG_RUNTIME_DIR/containers/auth.json",
        "$XDG_CONFIG_HOME/containers/auth.json",
        "~/.dockercfg",
    )


def test_a_relative_xdg_folder_counts_as_none(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "xdg"}
    assert chain_of(environ, tmp_path).names == (
        "~/.docker/config.json",
        "~/.config/containers/auth.json",
        "~/.dockercfg",
    )


def test_on_linux_podman_has_a_file_for_sessions_without_a_runtime_folder() -> None:
    environ: dict[str, str] = {}
    around = Surroundings(environ=environ, user_id=1234, helpers=Helpers(environ))
    assert default_sources(around).names == ("/run/containers/1234/auth.json",)
    with_folder = Surroundings(environ={"XDG_RUNTIME_DIR": "/r"}, user_id=1234, helpers=Helpers(environ))
    assert default_sources(with_folder).names == ("$XDG_RUNTIME_DIR/containers/auth.json",)


@pytest.mark.parametrize(("platform", "has_file"), [("linux", True), ("darwin", False)])
def test_only_linux_has_such_a_file(platform: str, monkeypatch: pytest.MonkeyPatch, *, has_file: bool) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert (Surroundings.of({}).user_id is not None) is has_file


def test_the_legacy_file_has_entries_without_a_wrapper(tmp_path: Path) -> None:
    auth = base64.b64encode(b"alice:pw").decode()
    (tmp_path / ".dockercfg").write_text(json.dumps({"https://index.docker.io/v1/": {"auth": auth}}), encoding="utf-8")
    found = chain_of({}, tmp_path).get("docker.io")
    assert found == Credential(username="alice", secret="pw", source="~/.dockercfg")


@pytest.mark.parametrize("text", [None, "", " , "])
def test_without_a_choice_all_sources_are_asked(text: str | None) -> None:
    environ = {"DOCKER_AUTH_CONFIG": CI_TEXT} | ({} if text is None else {VARIABLE: text})
    assert source_of(chain_of(environ)) == "DOCKER_AUTH_CONFIG"


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_can_be_left_out(name: str) -> None:  # AUTH-37
    rest = [one for one in SOURCES if one != name]
    turns = chain_of({VARIABLE: f" {', '.join(rest)} "}).explain("docker.io").turns
    left_out = [turn.source for turn in turns if isinstance(turn.step, Nothing) and turn.step.why is Why.LEFT_OUT]
    assert left_out == [name]


def test_a_source_that_is_left_out_is_not_read() -> None:  # AUTH-37
    environ = {"DOCKER_AUTH_CONFIG": "broken", VARIABLE: "docker"}
    chain = chain_of(environ)
    assert chain.get("docker.io") is None
    assert "DOCKER_AUTH_CONFIG" not in chain.names


def test_a_name_that_is_no_source_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match="PINNER_AUTH_SOURCES: there is no source 'keychain'") as caught:
        chain_of({VARIABLE: "docker,keychain"})
    assert caught.value.hint is not None
    assert all(name in caught.value.hint for name in SOURCES)


def test_a_flag_that_is_left_out_is_a_mistake_and_not_ignored() -> None:
    with pytest.raises(ConfigError, match="leaves out 'auth', but --auth is given"):
        chain_of({VARIABLE: "docker", "LOGIN": "a:b"}, flags=("ghcr.io=env:LOGIN",))


def test_an_explanation_ends_where_a_run_ends(tmp_path: Path) -> None:  # AUTH-36
    environ = {**install(tmp_path, "late", ANSWER), "DOCKER_AUTH_CONFIG": CI_TEXT}
    (tmp_path / "config.json").write_text('{"credsStore": "late"}', encoding="utf-8")
    chain = chain_of({**environ, "DOCKER_CONFIG": str(tmp_path)})
    explanation = chain.explain("docker.io")
    assert [turn.source for turn in explanation.turns] == list(SOURCES)
    assert isinstance(explanation.outcome, Found)
    assert explanation.outcome.login == chain.get("docker.io")
    whys = {turn.source: turn.step.why for turn in explanation.turns if isinstance(turn.step, Nothing)}
    assert whys["auth"] is Why.UNSET
    assert whys["docker"] is whys["github"] is Why.NOT_ASKED
    assert asked(tmp_path) == []


def test_what_is_broken_ends_the_walk_like_a_login(tmp_path: Path) -> None:  # AUTH-36
    environ = {"REGISTRY_AUTH_FILE": str(config(tmp_path, "{")), "GITLAB_CI": "true"}
    chain = chain_of(environ)
    outcome = chain.explain("docker.io").outcome
    assert isinstance(outcome, Broken)
    with pytest.raises(ConfigError) as caught:
        chain.get("docker.io")
    assert caught.value.message == outcome.error.message
    assert [turn.source for turn in chain.explain("docker.io").turns] == list(SOURCES)


def test_a_store_that_knows_nothing_and_the_entry_behind_it_are_two_steps(tmp_path: Path) -> None:  # AUTH-36
    script = "echo 'credentials not found in native keychain'; exit 1"
    environ = {**install(tmp_path, "h", script), "DOCKER_CONFIG": str(tmp_path)}
    config(tmp_path, '{"auths": {"a.example": {"auth": "YTpi"}}, "credsStore": "h"}')
    turns = [turn.step for turn in chain_of(environ).explain("a.example").turns if turn.source == "docker"]
    assert turns == [
        Nothing(place="DOCKER_CONFIG", why=Why.HELPER_EMPTY, key="credsStore", helper="docker-credential-h"),
        Found(
            place="DOCKER_CONFIG",
            key="a.example",
            login=Credential(username="a", secret="b", source="DOCKER_CONFIG"),
        ),
    ]


def test_files_that_name_one_helper_share_its_answers(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "pass", "echo 'credentials not found in native keychain'; exit 1")
    text = '{"credsStore": "pass"}'
    (tmp_path / "auth.json").write_text(text, encoding="utf-8")
    config(tmp_path, text)
    environ |= {"DOCKER_CONFIG": str(tmp_path), "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
    assert chain_of(environ).get("a.example") is None
    assert asked(tmp_path) == ["get a.example"]


def test_threads_that_need_one_answer_start_one_helper(tmp_path: Path) -> None:  # AUTH-24
    helpers = Helpers(install(tmp_path, "slow", f"sleep 0.3; {ANSWER}"))
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(helpers.named("slow").get("a.example"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Credential(username="alice", secret="s3cret", source="docker-credential-slow")] * 4
    assert asked(tmp_path) == ["get a.example"]


def test_a_failure_of_a_helper_ends_the_look_up(tmp_path: Path) -> None:  # AUTH-24
    environ = install(tmp_path, "x", "exit 3")
    config(tmp_path, '{"credsStore": "x"}')
    environ |= {"DOCKER_CONFIG": str(tmp_path), "GITLAB_CI": "true", "CI_REGISTRY": "a.example"}
    environ |= {"CI_REGISTRY_USER": "job", "CI_REGISTRY_PASSWORD": "pw"}
    with pytest.raises(HelperError):
        chain_of(environ).get("a.example")
