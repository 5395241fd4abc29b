"""A registry with a token server: how many requests a run costs, and who gets in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.lab.images import KINDS, annotated, push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.test_logins import WRONG, write_docker_config, write_login
from tests.lab.token_server import IDENTITY_TOKEN, PASSWORD, TokenServer
from tests.lab.trees import write_images
from tests.support.program import tree_hash

PUBLIC: Final = ("public/a", "public/b", "public/c")
PRIVATE: Final = ("private/a", "private/b", "private/c")
TAGS: Final = tuple(map(str, range(10)))


@pytest.fixture(scope="session")
def pushed(_open_registry: RegistryProcess) -> dict[str, str]:
    """Push thirty images into three public and three private repositories; return their digests."""
    images = {tag: annotated(KINDS["oci-index"], tag) for tag in TAGS}
    return {
        f"{repository}:{tag}": str(digest)
        for repository in (*PUBLIC, *PRIVATE)
        for tag, digest in push(_open_registry.url, repository, images).items()
    }


def _thirty(registry: RegistryProcess, repositories: tuple[str, ...]) -> list[str]:
    return [f"{registry.address}/{name}:{tag}" for tag in TAGS for name in repositories]


def _trust(folder: Path, registry: RegistryProcess, server: TokenServer) -> Path:
    """Let credentials go to the token server, which is on another port than the registry."""
    path = folder / "registries.toml"
    path.write_text(
        f'[registries."{registry.address}"]\ntrusted-realms = ["{server.address}"]\n',
        encoding="utf-8",
    )
    return path


def _merge(folder: Path, registry: RegistryProcess, scopes: int) -> Path:
    path = folder / "registries.toml"
    path.write_text(f'[registries."{registry.address}"]\nscopes-per-token = {scopes}\n', encoding="utf-8")
    return path


def _assert_pinned(root: Path, names: list[str], pushed: dict[str, str]) -> None:
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    assert all(f"{name}@{pushed[name.partition('/')[2]]}\n" in text for name in names)


def test_thirty_references_in_three_repositories_cost_34_requests(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # REQ-02, AUTH-19
    names = _thirty(token_registry, PUBLIC)
    root = write_images(tmp_path / "tree", names)
    ran = pinner("pin", cwd=root)
    assert ran.code == 0, ran.stderr
    _assert_pinned(root, names, pushed)
    assert token_registry.statuses() == {("GET", 401): 1, ("GET", 200): 30}
    assert not [one for one in token_registry.requests() if "/manifests/" not in one.target]  # no ping of /v2/
    assert Counter((one.method, one.user, one.scopes) for one in token_server.asked) == {
        ("GET", "", (f"repository:{name}:pull",)): 1 for name in PUBLIC
    }
    assert len(token_registry.requests()) + len(token_server.asked) == 34


def test_thirty_references_cost_32_requests_where_repositories_share_a_token(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # REQ-01
    names = _thirty(token_registry, PUBLIC)
    root = write_images(tmp_path / "tree", names)
    ran = pinner("pin", "--registries", _merge(tmp_path, token_registry, 25), cwd=root)
    assert ran.code == 0, ran.stderr
    _assert_pinned(root, names, pushed)
    assert token_registry.statuses() == {("GET", 401): 1, ("GET", 200): 30}
    (asked,) = token_server.asked
    assert sorted(asked.scopes) == [f"repository:{name}:pull" for name in PUBLIC]
    assert len(token_registry.requests()) + len(token_server.asked) == 32


def test_a_private_repository_among_shared_tokens_costs_the_sharing_and_no_image(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # REQ-01
    names = _thirty(token_registry, PUBLIC)
    root = write_images(tmp_path / "tree", [*names, f"{token_registry.address}/{PRIVATE[0]}:1"])
    ran = pinner("pin", "--registries", _merge(tmp_path, token_registry, 25), cwd=root)
    assert ran.code == 4
    assert ran.stderr.count("error[") == 1
    _assert_pinned(root, names, pushed)
    assert Counter(len(one.scopes) for one in token_server.asked)[len(PUBLIC) + 1] == 1
    assert token_registry.statuses()["GET", 200] == 30


def test_private_repositories_cost_34_requests_too(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:
    names = _thirty(token_registry, PRIVATE)
    root = write_images(tmp_path / "tree", names)
    config = write_login(tmp_path / "docker", token_registry.address, PASSWORD)
    trust = _trust(tmp_path, token_registry, token_server)
    ran = pinner("pin", "--registries", trust, cwd=root, DOCKER_CONFIG=config)
    assert ran.code == 0, ran.stderr
    _assert_pinned(root, names, pushed)
    assert {one.user for one in token_server.asked} == {"alice"}
    assert len(token_registry.requests()) + len(token_server.asked) == 34


def test_an_identity_token_is_traded_for_tokens(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # AUTH-12
    names = _thirty(token_registry, PRIVATE)
    root = write_images(tmp_path / "tree", names)
    document = {"auths": {token_registry.address: {"identitytoken": IDENTITY_TOKEN}}}
    config = write_docker_config(tmp_path / "docker", document)
    trust = _trust(tmp_path, token_registry, token_server)
    ran = pinner("pin", "--registries", trust, cwd=root, DOCKER_CONFIG=config)
    assert ran.code == 0, ran.stderr
    _assert_pinned(root, names, pushed)
    assert Counter((one.method, one.user) for one in token_server.asked) == {("POST", "alice"): 3}
    assert len(token_registry.requests()) + len(token_server.asked) == 34
    assert IDENTITY_TOKEN not in ran.out + ran.stderr


def test_a_private_repository_without_credentials_is_an_authentication_error(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # AUTH-20
    names = [f"{token_registry.address}/private/a:1", f"{token_registry.address}/public/a:1"]
    root = write_images(tmp_path / "tree", names)
    ran = pinner("pin", cwd=root)
    assert ran.code == 4
    assert "compose.yaml:3:12: error[" in ran.stderr
    assert ran.stderr.count("error[") == 1
    _assert_pinned(root, names[1:], pushed)


@pytest.mark.parametrize("kind", ["password", "identity token"])
def test_refused_credentials_are_shown_to_the_token_server_once(
    kind: str, token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # RATE-06
    host = token_registry.address
    if kind == "password":
        config = write_login(tmp_path / "docker", host, WRONG)
    else:
        config = write_docker_config(tmp_path / "docker", {"auths": {host: {"identitytoken": WRONG}}})
    root = write_images(tmp_path / "tree", _thirty(token_registry, PRIVATE))
    before = tree_hash(root)
    trust = _trust(tmp_path, token_registry, token_server)
    ran = pinner("pin", "--registries", trust, cwd=root, DOCKER_CONFIG=config)
    assert ran.code == 4
    assert host in ran.stderr
    assert "DOCKER_CONFIG" in ran.stderr
    assert WRONG not in ran.out + ran.stderr
    assert [one.status for one in token_server.asked] == [401]
    assert len(token_registry.requests()) == 1
    assert tree_hash(root) == before


def test_credentials_do_not_go_to_a_token_server_that_nobody_trusts(
    token_registry: RegistryProcess, token_server: TokenServer, pushed: dict[str, str], tmp_path: Path
) -> None:  # AUTH-16: another port is another origin
    root = write_images(tmp_path / "tree", [f"{token_registry.address}/private/a:1"])
    config = write_login(tmp_path / "docker", token_registry.address, PASSWORD)
    ran = pinner("pin", cwd=root, DOCKER_CONFIG=config)
    assert ran.code == 3
    assert f'trusted-realms = ["{token_server.address}"]' in ran.stderr
    assert {one.user for one in token_server.asked} <= {""}
