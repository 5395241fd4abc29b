"""Credentials: the right ones get in, wrong ones are shown once and never told."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.sentinel import SENTINEL
from tests.hostile.sweep import SWEEP
from tests.lab import skopeo
from tests.lab.images import KINDS, push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.token_server import PASSWORD, USER
from tests.lab.trees import contents, write_images
from tests.support.program import tree_hash

WRONG: Final = f"wr0ng:{SENTINEL}"
REPOSITORIES: Final = ("logins/a", "logins/b", "logins/c")


@pytest.fixture
def tree(htpasswd_registry: RegistryProcess, registry: RegistryProcess, tmp_path: Path) -> Path:
    for repository in REPOSITORIES:
        push(registry.url, repository, {"1": KINDS["oci-index"]})
    return write_images(tmp_path / "tree", [f"{htpasswd_registry.address}/{name}:1" for name in REPOSITORIES])


def write_login(folder: Path, host: str, password: str, *, user: str = USER) -> Path:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    return write_docker_config(folder, {"auths": {host: {"auth": auth}}})


def write_docker_config(folder: Path, document: object) -> Path:
    """Write a `config.json` and return its folder, for DOCKER_CONFIG."""
    folder.mkdir(exist_ok=True)
    file = folder / "config.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    file.chmod(0o600)
    SWEEP.keep(file)
    return folder


def write_helper(folder: Path, password: str) -> Path:
    """Write `docker-credential-lab` and return its folder, for PATH; it counts how often it is asked."""
    folder.mkdir()
    answer = json.dumps({"ServerURL": "", "Username": USER, "Secret": password})
    helper = folder / "docker-credential-lab"
    helper.write_text(
        f"#!/bin/sh\nread -r server\necho \"$1 $server\" >> '{folder}/asked'\nprintf '%s' '{answer}'\n",
        encoding="utf-8",
    )
    helper.chmod(0o700)
    SWEEP.keep(helper)
    return folder


def _assert_pinned(tree: Path, host: str) -> None:
    text = (tree / "compose.yaml").read_text(encoding="utf-8")
    for name in REPOSITORIES:
        assert f"{host}/{name}:1@{skopeo.digest_of(f'{host}/{name}:1', credentials=f'{USER}:{PASSWORD}')}\n" in text


def test_a_login_of_docker_gets_in(tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path) -> None:
    config = write_login(tmp_path / "docker", htpasswd_registry.address, PASSWORD)
    ran = pinner("pin", cwd=tree, DOCKER_CONFIG=config)
    assert ran.code == 0, ran.stderr
    assert htpasswd_registry.statuses() == {("GET", 401): 1, ("GET", 200): 3}
    _assert_pinned(tree, htpasswd_registry.address)
    assert PASSWORD not in ran.out + ran.stderr + str(contents(tree))


def test_a_credential_helper_gets_in(tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path) -> None:
    host = htpasswd_registry.address
    config = write_docker_config(tmp_path / "docker", {"credHelpers": {host: "lab"}})
    helper = write_helper(tmp_path / "bin", PASSWORD)
    path = f"{helper}{os.pathsep}{os.environ['PATH']}"
    ran = pinner("pin", cwd=tree, DOCKER_CONFIG=config, PATH=path)
    assert ran.code == 0, ran.stderr
    assert (helper / "asked").read_text(encoding="utf-8") == f"get {host}\n"
    _assert_pinned(tree, host)
    assert PASSWORD not in ran.out + ran.stderr


def test_a_helper_that_is_not_installed_is_named(
    tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path
) -> None:
    config = write_docker_config(tmp_path / "docker", {"credHelpers": {htpasswd_registry.address: "lab-absent"}})
    ran = pinner("pin", cwd=tree, DOCKER_CONFIG=config)
    assert ran.code == 4
    assert "docker-credential-lab-absent" in ran.stderr


@pytest.mark.parametrize("verb", ["pin", "resolve"])
def test_refused_credentials_are_shown_once_and_never_told(
    verb: str, tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path
) -> None:  # RATE-06, AUTH-20, SEC: secrets
    host = htpasswd_registry.address
    config = write_login(tmp_path / "docker", host, WRONG)
    before = tree_hash(tree)
    arguments = [f"{host}/{name}:1" for name in REPOSITORIES] if verb == "resolve" else []
    ran = pinner(verb, *arguments, cwd=tree, DOCKER_CONFIG=config, PINNER_DEBUG="1")
    assert ran.code == 4
    assert host in ran.stderr
    assert "DOCKER_CONFIG" in ran.stderr
    said = ran.out + ran.stderr
    assert WRONG not in said
    assert base64.b64encode(f"{USER}:{WRONG}".encode()).decode() not in said
    # The first request learns how to log in, the second shows the credentials: no third one.
    assert sum(htpasswd_registry.statuses().values()) == 2
    assert tree_hash(tree) == before


def test_a_wrong_password_from_a_helper_names_the_helper(
    tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path
) -> None:
    config = write_docker_config(tmp_path / "docker", {"credsStore": "lab"})
    path = f"{write_helper(tmp_path / 'bin', WRONG)}{os.pathsep}{os.environ['PATH']}"
    ran = pinner("pin", cwd=tree, DOCKER_CONFIG=config, PATH=path)
    assert ran.code == 4
    assert "docker-credential-lab" in ran.stderr
    assert WRONG not in ran.out + ran.stderr
    assert len(htpasswd_registry.requests()) == 2


def test_without_credentials_it_is_said_where_they_were_looked_for(
    tree: Path, htpasswd_registry: RegistryProcess
) -> None:
    before = tree_hash(tree)
    ran = pinner("pin", cwd=tree)
    assert ran.code == 4
    assert htpasswd_registry.address in ran.stderr
    assert "~/.docker/config.json" in ran.stderr
    assert all(f"compose.yaml:{line}:12: error[" in ran.stderr for line in (3, 5, 7))
    assert set(htpasswd_registry.statuses()) == {("GET", 401)}
    assert len(htpasswd_registry.requests()) <= 1 + len(REPOSITORIES)
    assert tree_hash(tree) == before


def test_an_open_registry_beside_a_closed_one_is_still_pinned(
    tree: Path, htpasswd_registry: RegistryProcess, registry: RegistryProcess
) -> None:
    mixed = [f"{registry.address}/logins/a:1", f"{htpasswd_registry.address}/logins/a:1"]
    write_images(tree, mixed)
    ran = pinner("pin", cwd=tree)
    assert ran.code == 4
    text = (tree / "compose.yaml").read_text(encoding="utf-8")
    assert f"{mixed[0]}@sha256:" in text
    assert f"{mixed[1]}\n" in text
