"""TLS: whom pinner believes, and that a loopback registry with TLS is not asked in the clear for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.certificates import make_certificate
from tests.lab.images import push_tiny
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess, running_registry
from tests.lab.trees import write_images
from tests.support.program import tree_hash


@dataclass(frozen=True, slots=True)
class Secured:
    """A registry with TLS and the certificate that one would have to trust."""

    image: str
    host: str
    certificate: Path


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def certified(request: pytest.FixtureRequest) -> str:
    """Name the address that the certificate is for."""
    address: str = request.param
    return address


@pytest.fixture
def secured(
    certified: str, openssl: None, registry: RegistryProcess, storage: Path, tmp_path: Path
) -> Iterator[Secured]:
    push_tiny(registry.url, [("secured/app", "1")])
    key, certificate = make_certificate(tmp_path / "keys", "lab", address=certified)
    tls: dict[str, object] = {"certificate": str(certificate), "key": str(key)}
    with running_registry(tmp_path / "registry", storage, tls=tls) as running:
        yield Secured(f"{running.address}/secured/app:1", running.address, certificate)


@pytest.mark.parametrize("certified", ["127.0.0.1"], indirect=True)
def test_a_certificate_that_the_user_trusts_is_good_enough(secured: Secured, tmp_path: Path) -> None:  # NET-01, NET-06
    settings = secured.certificate.parent / "registries.toml"
    settings.write_text(f'[registries."{secured.host}"]\nca = "{secured.certificate.name}"\n', encoding="utf-8")
    root = write_images(tmp_path / "tree", [secured.image])
    ran = pinner("pin", "--registries", settings, cwd=root)
    assert ran.code == 0, ran.stderr
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    assert f"{secured.image}@{skopeo.digest_of(secured.image)}\n" in text


def test_a_certificate_that_nobody_vouches_for_is_refused(secured: Secured, tmp_path: Path) -> None:
    root = write_images(tmp_path / "tree", [secured.image])
    before = tree_hash(root)
    ran = pinner("pin", cwd=root)
    assert ran.code == 3
    assert "certificate" in ran.stderr
    assert secured.host in ran.stderr
    assert tree_hash(root) == before


@pytest.mark.parametrize("certified", ["127.0.0.2"], indirect=True)
def test_a_trusted_certificate_of_another_host_is_refused(secured: Secured, tmp_path: Path) -> None:
    settings = tmp_path / "registries.toml"
    settings.write_text(f'[registries."{secured.host}"]\nca = "{secured.certificate}"\n', encoding="utf-8")
    root = write_images(tmp_path / "tree", [secured.image])
    before = tree_hash(root)
    ran = pinner("pin", "--registries", settings, cwd=root)
    assert ran.code == 3
    assert "certificate" in ran.stderr
    assert tree_hash(root) == before
