"""`pinner auth explain`: what a registry would see, why, and never the secret (AUTH-36)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final

import pytest

from pinner.credentials.chain import SOURCES
from pinner.report.documents import render_schema
from tests.credentials.test_sources import asked, install
from tests.support.json_schema import check_document
from tests.support.program import Ran, run

SECRET: Final = "s3cret-sentinel"
ANSWER: Final = f"""echo '{{"Username": "helped", "Secret": "{SECRET}"}}'"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of the user, who has nothing yet; a test works in another folder."""
    folder = tmp_path / "home"
    (folder / ".docker").mkdir(parents=True)
    (folder / ".config" / "pinner").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    return folder


def explain(home: Path, *arguments: str, **environ: str) -> Ran:
    """Run the verb with the home folder, and see that no output shows the secret."""
    base = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "XDG_CONFIG_HOME": str(home / ".config")}
    ran = run("auth", "explain", *arguments, cwd=home.parent / "work", environ=base | environ)
    said = ran.out + ran.stderr
    assert SECRET not in said
    assert base64.b64encode(SECRET.encode()).decode().rstrip("=")[:-1] not in said
    assert "\x1b" not in said
    return ran


def document(home: Path, *arguments: str, **environ: str) -> dict[str, object]:
    return check_document(explain(home, *arguments, "--format", "json", **environ).out, "auth")


def write_config(home: Path, content: object) -> None:
    file = home / ".docker" / "config.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    file.chmod(0o600)


def write_registries(home: Path, text: str) -> None:
    (home / ".config" / "pinner" / "registries.toml").write_text(text, encoding="utf-8")


def entry(username: str, secret: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{secret}".encode()).decode()}


def test_a_user_who_has_nothing_is_told_every_place(home: Path) -> None:
    ran = explain(home, "ghcr.io")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out == (
        "ghcr.io at https://ghcr.io\n"
        "  auth                --auth: not set\n"
        "  pull-secret         --pull-secret: not set\n"
        "  docker-auth-config  DOCKER_AUTH_CONFIG: not set\n"
        "  registry-auth-file  REGISTRY_AUTH_FILE: not set\n"
        "  docker              ~/.docker/config.json: not there\n"
        "  podman-session      $XDG_RUNTIME_DIR/containers/auth.json: not there\n"
        "  podman              $XDG_CONFIG_HOME/containers/auth.json: not there\n"
        "  dockercfg           ~/.dockercfg: not there\n"
        "  gitlab              GitLab job variables: not set\n"
        "  github              GITHUB_TOKEN: not set\n"
        "  → no credentials: asked anonymously\n"
    )


def test_the_entry_that_wins_is_named_with_its_key_and_user(home: Path) -> None:
    write_config(home, {"auths": {"https://ghcr.io/v1/": entry("alice")}})
    ran = explain(home, "ghcr.io/acme/api")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out.startswith("ghcr.io/acme/api at https://ghcr.io\n")
    line = "  docker              ~/.docker/config.json: 'https://ghcr.io/v1/' has a password for 'alice'\n"
    assert line in ran.out
    assert "  podman              $XDG_CONFIG_HOME/containers/auth.json: not asked\n" in ran.out
    assert ran.out.endswith("  → a password for 'alice' from ~/.docker/config.json\n")


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io", "Registry.hub.docker.com"])
def test_docker_hub_may_be_called_by_all_its_names(home: Path, name: str) -> None:  # REF-02
    write_config(home, {"auths": {"https://index.docker.io/v1/": entry("alice")}})
    found = document(home, name)
    assert (found["registry"], found["url"]) == ("docker.io", "https://registry-1.docker.io")
    assert found["credential"] == {"kind": "password", "username": "alice", "source": "~/.docker/config.json"}


@pytest.mark.parametrize(
    ("target", "repository"),
    [
        ("docker.io/nginx", "library/nginx"),
        ("docker.io/acme/api:1", "acme/api"),
        ("localhost:5000/a/b", "a/b"),
        ("ghcr.io", None),
    ],
)
def test_a_repository_may_follow_the_host(home: Path, target: str, repository: str | None) -> None:
    assert document(home, target)["repository"] == repository


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"identitytoken": SECRET}, "identity-token"),
        ({"registrytoken": SECRET}, "registry-token"),
        ({"username": "<token>", "password": SECRET}, "identity-token"),
    ],
)
def test_the_kind_of_a_credential_is_told(home: Path, fields: dict[str, str], kind: str) -> None:
    write_config(home, {"auths": {"acme.azurecr.io": fields}})
    found = document(home, "acme.azurecr.io")
    assert found["credential"] == {"kind": kind, "username": None, "source": "~/.docker/config.json"}
    article = "an" if kind[0] == "i" else "a"
    assert f"{article} {kind.replace('-', ' ')} from" in explain(home, "acme.azurecr.io").out


def test_a_helper_is_asked_for_real_and_those_behind_it_are_not(home: Path) -> None:
    environ = install(home, "h", ANSWER)
    write_config(home, {"credHelpers": {"a.example": "h"}, "auths": {"a.example": entry("file")}})
    found = document(home, "a.example", **environ, REGISTRY_AUTH_FILE=str(home / "none.json"))
    assert asked(home) == ["get a.example"]
    assert found["credential"] == {"kind": "password", "username": "helped", "source": "docker-credential-h"}
    sources = found["sources"]
    assert isinstance(sources, list)
    assert sources[4] == {
        "source": "docker",
        "place": "~/.docker/config.json",
        "result": "found",
        "key": "credHelpers",
        "helper": "docker-credential-h",
    }
    assert [one["result"] for one in sources[5:]] == ["not-asked"] * 5
    assert [one["source"] for one in sources] == list(SOURCES)


def test_a_helper_that_has_nothing_or_is_missing_is_said(home: Path) -> None:
    environ = install(home, "h", "echo 'credentials not found in native keychain'; exit 1")
    write_config(home, {"credsStore": "h"})
    assert (
        "~/.docker/config.json: docker-credential-h (credsStore) has nothing\n"
        in explain(home, "a.example", **environ).out
    )
    write_config(home, {"credsStore": "absent"})
    ran = explain(home, "ghcr.io", **environ)
    assert "~/.docker/config.json: docker-credential-absent (credsStore) is not installed\n" in ran.out
    assert (ran.code, ran.stderr.count("warning: ")) == (0, 1)


def test_a_broken_file_is_explained_and_is_exit_2(home: Path) -> None:
    write_config(home, f'{{"auths": "{SECRET}"')
    ran = explain(home, "ghcr.io")
    assert ran.code == 2
    assert "  docker              ~/.docker/config.json:1:28: not JSON" in ran.out
    assert "not asked" in ran.out
    assert "→ no answer until this is mended" in ran.out
    found = document(home, "ghcr.io")
    assert found["credential"] is None
    assert isinstance(found["sources"], list)
    assert (found["sources"][4]["result"], found["sources"][4]["error"]) == ("broken", "config")


def test_a_helper_that_fails_is_explained_and_is_exit_4(home: Path) -> None:
    environ = install(home, "h", f"echo '{SECRET}'; exit 7")
    write_config(home, {"credsStore": "h"})
    ran = explain(home, "a.example", **environ)
    assert ran.code == 4
    assert "'docker-credential-h' failed for a.example: exit code 7\n" in ran.out
    assert "run it by hand: echo a.example | docker-credential-h get" in ran.out


def test_hostile_names_move_no_cursor_and_forge_no_line(home: Path) -> None:
    user = "eve\x1b[2J\r\n  → a password for 'alice'\u202e"
    key = "https://u:s3cret-sentinel@a.example/\x1b[31m"
    write_config(home, {"auths": {"a.example": entry(user), key: entry("x")}})
    ran = explain(home, "a.example")
    assert ran.out.count("\n") == 2 + len(SOURCES)
    assert "\u202e" not in ran.out
    assert "\u202e" not in explain(home, "a.example", "--format", "json").out
    write_config(home, {"auths": {key: entry("alice")}, "credHelpers": {key: "h"}})
    assert explain(home, "a.example").code == 0
    write_config(home, {"auths": {key: {"auth": 5}}})
    assert explain(home, "a.example").code == 2


def test_a_hostile_file_name_moves_no_cursor(home: Path) -> None:
    file = home / "\x1b[2J\n  → forged.json"
    for text in (json.dumps({"auths": {"a.example": entry("alice")}}), "{}", "{"):
        file.write_text(text)
        assert explain(home, "a.example", "--pull-secret", str(file)).out.count("\n") == 2 + len(SOURCES)


@pytest.mark.parametrize(
    ("username", "secret"),
    [(SECRET, SECRET), (f"token-{SECRET}", SECRET), (SECRET, "x-oauth-basic"), (SECRET, "x")],
)
def test_a_user_name_that_is_the_secret_is_hidden(home: Path, username: str, secret: str) -> None:  # AUTH-36
    write_config(home, {"auths": {"registry.digitalocean.com": entry(username, secret)}})
    assert "a password, and a user name that may be secret too" in explain(home, "registry.digitalocean.com").out
    found = document(home, "registry.digitalocean.com")
    assert found["credential"] == {"kind": "password", "username": None, "source": "~/.docker/config.json"}


def test_settings_and_mirrors_each_show_what_they_get(home: Path) -> None:
    write_registries(
        home,
        '[registries."docker.io"]\nmirrors = ["https://mirror.example/hub", "https://open.example"]\n'
        'trusted-realms = ["auth.example"]\n'
        '[registries."mirror.example"]\nca = "/etc/ca.pem"\nmax-connections = 2\n'
        '[registries."plain.example"]\nplain-http = true\n',
    )
    write_config(home, {"auths": {"mirror.example/hub/library": entry("mirrored"), "docker.io": entry("hub")}})
    ran = explain(home, "docker.io/nginx")
    assert (
        "  → a password for 'hub' from ~/.docker/config.json\n  registries.toml: trusted-realms = auth.example\n"
        in ran.out
    )
    # RES-28
    order = "asked first for digests, and for tags where the registry cannot be asked"
    assert f"mirror https://mirror.example/hub, {order}\n" in ran.out
    assert "'mirror.example/hub/library' has a password for 'mirrored'" in ran.out
    assert "  registries.toml: ca = /etc/ca.pem\n  registries.toml: max-connections = 2\n" in ran.out
    assert ran.out.endswith("  → no credentials: asked anonymously\n")
    found = document(home, "docker.io/nginx")
    assert isinstance(found["mirrors"], list)
    assert [(one["url"], (one["credential"] or {}).get("username")) for one in found["mirrors"]] == [
        ("https://mirror.example/hub", "mirrored"),
        ("https://open.example", None),
    ]
    assert document(home, "plain.example")["url"] == "http://plain.example"


def test_a_registry_that_is_never_asked_says_so(home: Path) -> None:  # RES-28
    write_registries(home, '[registries."docker.io"]\nmirrors = ["https://mirror.example"]\nblocked = true\n')
    ran = explain(home, "docker.io")
    assert ran.out.startswith("docker.io at https://registry-1.docker.io, never asked: registries.toml says blocked\n")
    assert "mirror https://mirror.example, asked first\n" in ran.out
    found = document(home, "docker.io")
    assert (found["blocked"], found["mirror_tags"]) == (True, "fallback")


def test_a_password_that_plain_http_would_show_is_said_to_be_kept_back(home: Path) -> None:  # NET-07
    table = '[registries."plain.example"]\nplain-http = true\n'
    write_registries(home, table)
    write_config(home, {"auths": {"plain.example": entry("alice")}})
    assert (
        "  → a password for 'alice' from ~/.docker/config.json, kept back: it would"
        in explain(home, "plain.example").out
    )
    assert document(home, "plain.example")["kept_back"] is True
    write_registries(home, f"{table}allow-insecure-auth = true\nscopes-per-token = 5\n")
    ran = explain(home, "plain.example")
    assert "kept back" not in ran.out
    assert "registries.toml: allow-insecure-auth = true\n  registries.toml: scopes-per-token = 5\n" in ran.out


def test_a_mirror_whose_helper_fails_counts_too(home: Path) -> None:
    write_registries(home, '[registries."docker.io"]\nmirrors = ["https://mirror.example"]\n')
    environ = install(home, "h", "exit 7")
    write_config(home, {"credHelpers": {"mirror.example": "h"}})
    assert explain(home, "docker.io", **environ).code == 4


def test_broken_settings_end_the_run(home: Path) -> None:
    write_registries(home, "[registries\n")
    ran = explain(home, "docker.io")
    assert (ran.code, ran.out) == (2, "")


def test_what_was_odd_is_said_in_both_forms(home: Path) -> None:
    write_config(home, {"auths": {"a.example": entry("alice")}})
    (home / ".docker" / "config.json").chmod(0o644)
    ran = explain(home, "a.example")
    assert ran.stderr.startswith("warning: ~/.docker/config.json: everybody on this machine may read it")
    found = document(home, "a.example")
    assert isinstance(found["warnings"], list)
    assert len(found["warnings"]) == 1


def test_flags_of_a_run_are_flags_here(home: Path) -> None:
    (home / "pull.json").write_text(json.dumps({"auths": {"*.example": entry("puller"), "a.example": entry("a")}}))
    (home / "pull.json").chmod(0o600)
    ran = explain(home, "a.example", "--pull-secret", str(home / "pull.json"))
    assert "'a.example' has a password for 'a', and 1 more that match\n" in ran.out
    named = explain(home, "a.example", "--auth", "a.example=env:LOGIN", LOGIN=f"named:{SECRET}")
    assert named.out.endswith("  → a password for 'named' from --auth a.example\n")
    by_variables = explain(
        home,
        "b.example",
        PINNER_AUTH="a.example=env:LOGIN b.example=env:LOGIN",
        LOGIN=f"named:{SECRET}",
        PINNER_PULL_SECRETS=f"{home / 'pull.json'}:{home / 'none.json'}",
    )
    assert by_variables.out.endswith("  → a password for 'named' from --auth b.example\n")


def test_several_pull_secrets_come_from_the_environment(home: Path) -> None:
    for name in ("one", "two"):
        (home / f"{name}.json").write_text(json.dumps({"auths": {f"{name}.example": entry(name)}}))
    files = f"{home / 'one.json'}:{home / 'two.json'}"
    assert "has a password for 'two'" in explain(home, "two.example", PINNER_PULL_SECRETS=files).out


def test_a_source_that_is_left_out_is_said(home: Path) -> None:  # AUTH-37
    write_config(home, {"auths": {"a.example": entry("alice")}})
    ran = explain(home, "a.example", PINNER_AUTH_SOURCES="podman,gitlab")
    assert "  docker              docker: left out by PINNER_AUTH_SOURCES\n" in ran.out
    assert explain(home, "a.example", PINNER_AUTH_SOURCES="nosuch").code == 2


def test_files_of_the_folder_one_stands_in_are_never_looked_at(home: Path) -> None:  # AUTH-25, SEC-22
    work = home.parent / "work"
    environ = install(home, "evil", ANSWER)
    for name in ("config.json", ".dockercfg", "auth.json", ".docker/config.json", ".config/containers/auth.json"):
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text('{"credsStore": "evil"}')
    (work / ".env").write_text("PINNER_AUTH=a.example=env:HOME")
    (work / "registries.toml").write_text('[registries."a.example"]\nplain-http = true\n')
    (work / "pinner.toml").write_text('version = 1\n[auth]\nhelper = "evil"\n')
    ran = explain(home, "a.example", **environ)
    assert ran.out.endswith("→ no credentials: asked anonymously\n")
    assert asked(home) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: no registry is given\n"),
        (["nginx"], "error: 'nginx' does not begin with a registry host\n"),
        (["https://ghcr.io"], "does not begin with a registry host\n"),
        (["ghcr.io@evil.example"], "does not begin with a registry host\n"),
        ([f"alice:{SECRET}@ghcr.io"], "error: 'ghcr.io' does not begin with a registry host\n"),
        (["ghcr.io/ACME"], "the repository must be lowercase"),
        (["ghcr.io/"], "error: "),
        (["ghcr.io", "--auth", f"ghcr.io=alice:{SECRET}"], "error: --auth number 1 is not HOST=env:VARIABLE\n"),
    ],
)
def test_what_is_no_registry_is_a_usage_error(home: Path, arguments: list[str], message: str) -> None:
    ran = explain(home, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.stderr


def test_its_schema_is_printed_without_a_registry(home: Path) -> None:
    ran = explain(home, "--schema")
    assert (ran.code, ran.out) == (0, render_schema("auth"))


@pytest.mark.parametrize("verb", ["pin", "update", "resolve"])
def test_a_secret_on_the_command_line_is_refused_before_anything_is_done(home: Path, verb: str) -> None:  # AUTH-33
    arguments = ["nginx"] if verb == "resolve" else []
    environ = {"HOME": str(home), "PINNER_DEBUG": "1"}
    ran = run(verb, *arguments, "--auth", f"ghcr.io={SECRET}", cwd=home.parent / "work", environ=environ)
    assert ran.code == 2
    assert "--auth number 1 is not HOST=env:VARIABLE" in ran.stderr
    assert SECRET not in ran.out + ran.stderr
