"""What is left of registries.toml, from the command line: connections, realms; and registries at odd addresses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.images import push_tiny
from tests.lab.nginx_fronts import running_connection_limit
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess, running, running_registry
from tests.lab.test_logins import write_login
from tests.lab.token_server import PASSWORD, USER, TokenServer


def write_settings(folder: Path, text: str) -> Path:
    path = folder / "registries.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_host_has_no_more_requests_under_way_than_the_user_allows(
    nginx: None, registry: RegistryProcess, tmp_path: Path
) -> None:  # RATE-07
    tags = [str(number) for number in range(40)]
    push_tiny(registry.url, [("narrow/app", tag) for tag in tags])
    with running_connection_limit(tmp_path / "nginx", registry.url, most=1) as narrow:
        settings = write_settings(tmp_path, f'[registries."{narrow.address}"]\nmax-connections = 1\n')
        images = [f"{narrow.address}/narrow/app:{tag}" for tag in tags]
        ran = pinner("resolve", "--jobs", "8", "--registries", settings, *images, cwd=tmp_path)
        assert ran.code == 0, ran.stderr
        assert {one.status for one in narrow.requests()} == {200}
        assert len(narrow.requests()) == len(tags)


@pytest.fixture
def foreign_realm(token_server: TokenServer, storage: Path, tmp_path: Path) -> Iterator[RegistryProcess]:
    """A registry whose token server stands on a host of another name."""
    auth = token_server.auth()
    token = auth["token"]
    assert isinstance(token, dict)
    realm = token_server.realm.replace("127.0.0.1", "localhost")
    with running_registry(tmp_path / "registry", storage, auth={"token": {**token, "realm": realm}}) as registry:
        yield registry


def test_credentials_go_to_a_foreign_token_server_only_where_the_user_trusts_it(
    foreign_realm: RegistryProcess, token_server: TokenServer, registry: RegistryProcess, tmp_path: Path
) -> None:  # AUTH-28, SEC-01
    push_tiny(registry.url, [("private/realm", "1")])
    image = f"{foreign_realm.address}/private/realm:1"
    config = write_login(tmp_path / "docker", foreign_realm.address, PASSWORD)
    ran = pinner("resolve", image, cwd=tmp_path, DOCKER_CONFIG=config)
    assert ran.code != 0
    assert "trusted-realms" in ran.stderr
    assert {one.user for one in token_server.asked} == {""}
    realm = token_server.address.replace("127.0.0.1", "localhost")
    settings = write_settings(tmp_path, f'[registries."{foreign_realm.address}"]\ntrusted-realms = ["{realm}"]\n')
    ran = pinner("resolve", "--registries", settings, image, cwd=tmp_path, DOCKER_CONFIG=config)
    assert ran.code == 0, ran.stderr
    assert ran.out.split() == [skopeo.digest_of(f"{registry.address}/private/realm:1")]
    assert token_server.asked[-1].user == USER


@pytest.fixture
def sixth(storage: Path, tmp_path: Path) -> Iterator[RegistryProcess]:
    """A registry on the loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    with running(RegistryProcess(tmp_path / "registry", storage, host="[::1]")) as registry:
        yield registry


def test_a_registry_may_be_an_address_of_ipv6(  # NET-11, REF-13
    sixth: RegistryProcess, registry: RegistryProcess, tmp_path: Path
) -> None:
    push_tiny(sixth.url, [("six/app", "1")])
    image = f"{sixth.address}/six/app:1"
    sixth.forget()
    digest = skopeo.digest_of(f"{registry.address}/six/app:1")  # the same storage; skopeo reads no such name
    root = tmp_path / "tree"
    root.mkdir()
    (root / "Dockerfile").write_text(f"FROM {image}\n", encoding="utf-8")
    ran = pinner("pin", cwd=root)
    assert ran.code == 0, ran.stderr
    assert (root / "Dockerfile").read_text(encoding="utf-8") == f"FROM {image}@{digest}\n"
    assert f'[images."{image}"]' in (root / "pinner.lock").read_text(encoding="utf-8")
    assert sixth.statuses() == {("GET", 200): 1}


def test_podmans_insecure_registry_speaks_no_tls(registry: RegistryProcess, tmp_path: Path) -> None:  # NET-06
    push_tiny(registry.url, [("insecure/app", "1")])
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nlocation = "{registry.address}"\ninsecure = true\n', encoding="utf-8")
    settings = write_settings(tmp_path, 'read = ["./registries.conf"]\n')
    image = f"{registry.address}/insecure/app:1"
    ran = pinner("resolve", "--registries", settings, image, cwd=tmp_path)
    assert (ran.code, ran.out.split()) == (0, [skopeo.digest_of(image)]), ran.stderr
    assert "may be asked by plain http; certificates are verified" in ran.stderr
