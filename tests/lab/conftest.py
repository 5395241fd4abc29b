"""The lab: real programs on loopback. Tests are skipped, with the reason, where a program is absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.lab.images import KINDS, push
from tests.lab.processes import find_program
from tests.lab.registry_process import HTPASSWD_REALM, RegistryProcess, running_registry
from tests.lab.token_server import Signer, TokenServer, running_token_server

HERE: Final = Path(__file__).parent
PROGRAMS: Final = ("docker-registry", "skopeo")
# bcrypt of the made-up password in token_server.py; docker-registry takes no other kind of hash.
HTPASSWD: Final = "alice:$2y$04$tMJQjpACG2SIwzOmktCeaempUjyzRFck4eodBndmp93.pObqr0/O2\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = [name for name in PROGRAMS if find_program(name) is None]
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.lab)
        item.add_marker(pytest.mark.enable_socket)
        if absent:
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(absent)}"))


def _require(program: str) -> None:
    if find_program(program) is None:
        pytest.skip(f"not installed: {program}")


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all registries of the session keep their images: what is pushed into one is served by all."""
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="session")
def _open_registry(tmp_path_factory: pytest.TempPathFactory, storage: Path) -> Iterator[RegistryProcess]:
    with running_registry(tmp_path_factory.mktemp("open"), storage) as registry:
        yield registry


@pytest.fixture
def registry(_open_registry: RegistryProcess) -> RegistryProcess:
    """A registry that lets everybody in; its log begins with the test."""
    _open_registry.forget()
    return _open_registry


@pytest.fixture
def own_registry(tmp_path: Path, storage: Path) -> Iterator[RegistryProcess]:
    """A registry that the test may stop."""
    with running_registry(tmp_path / "registry", storage) as registry:
        yield registry


@pytest.fixture
def htpasswd_registry(tmp_path: Path, storage: Path) -> Iterator[RegistryProcess]:
    """A registry that asks everybody for a user name and a password."""
    path = tmp_path / "htpasswd"
    path.write_text(HTPASSWD, encoding="ascii")
    auth: dict[str, object] = {"htpasswd": {"realm": HTPASSWD_REALM, "path": str(path)}}
    with running_registry(tmp_path / "registry", storage, auth=auth) as registry:
        yield registry


@pytest.fixture(scope="session")
def openssl() -> None:
    """Skip where there is no openssl."""
    _require("openssl")


@pytest.fixture(scope="session")
def signer(openssl: None, tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """The key of the token server."""
    return Signer(tmp_path_factory.mktemp("key"))


@pytest.fixture
def token_server(signer: Signer) -> Iterator[TokenServer]:
    """A token server whose log begins with the test."""
    with running_token_server(signer) as server:
        yield server


@pytest.fixture
def token_registry(tmp_path: Path, storage: Path, token_server: TokenServer) -> Iterator[RegistryProcess]:
    """A registry that sends everybody to the token server."""
    with running_registry(tmp_path / "registry", storage, auth=token_server.auth()) as registry:
        yield registry


@pytest.fixture(scope="session")
def kinds(_open_registry: RegistryProcess) -> dict[str, str]:
    """Push an image of every kind as `kinds/image:<kind>`; return each one's digest."""
    digests = push(_open_registry.url, "kinds/image", KINDS)
    return {kind: str(digest) for kind, digest in digests.items()}


@pytest.fixture
def nginx() -> None:
    """Skip where there is no nginx."""
    _require("nginx")
