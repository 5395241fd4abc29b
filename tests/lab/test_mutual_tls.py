"""A user's own certificates: private authorities, a client certificate that only its host sees (NET-01, NET-02)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.certificates import make_certificate
from tests.lab.images import push_tiny
from tests.lab.nginx_fronts import running_tls, shown_certificates
from tests.lab.nginx_process import NginxProcess
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.support.program import Ran

IMAGE = "mutual/app:1"


@dataclass(frozen=True, slots=True)
class Company:
    """A registry that insists on a client certificate, another that asks for one, and who may see which."""

    folder: Path
    strict: NginxProcess
    curious: NginxProcess
    authority: Path
    client: tuple[Path, Path]
    digest: str

    def resolve(self, *lines: str, **environ: str | Path) -> Ran:
        settings = self.folder / "registries.toml"
        settings.write_text("\n".join([*lines, ""]), encoding="utf-8")
        images = [f"{one.address}/{IMAGE}" for one in (self.strict, self.curious)]
        return pinner("resolve", "--registries", settings, *images, cwd=self.folder, stdin="", **environ)

    def settings(self, host: NginxProcess, *, shows_client: bool) -> str:
        key, certificate = self.client
        lines = [f'[registries."{host.address}"]', f'ca = "{self.authority}"']
        if shows_client:
            lines += [f'client-cert = "{certificate}"', f'client-key = "{key}"']
        return "\n".join(lines)


@pytest.fixture
def company(openssl: None, nginx: None, registry: RegistryProcess, tmp_path: Path) -> Iterator[Company]:
    push_tiny(registry.url, [("mutual/app", "1")])
    keys = tmp_path / "keys"
    authority = make_certificate(keys, "authority")
    server = make_certificate(keys, "server", authority=authority)
    client = make_certificate(keys, "alice", address="alice.example", authority=authority)
    passing = f"proxy_pass {registry.url}"
    with (
        running_tls(tmp_path / "strict", passing, pair=server, client_ca=authority[1]) as strict,
        running_tls(tmp_path / "curious", passing, pair=server, client_ca=authority[1], is_strict=False) as curious,
    ):
        digest = skopeo.digest_of(f"{registry.address}/{IMAGE}")
        yield Company(tmp_path, strict, curious, authority[1], client, digest)


def test_a_registry_that_insists_on_a_certificate_gets_none_that_was_not_meant_for_it(company: Company) -> None:
    ran = company.resolve(
        company.settings(company.strict, shows_client=False), company.settings(company.curious, shows_client=True)
    )
    assert ran.code == 3
    assert ran.out.split() == [company.digest]
    assert f"{company.strict.address} answered 400" in ran.stderr
    assert shown_certificates(company.strict) == {"-"}


def test_a_client_certificate_is_shown_to_its_host_alone(company: Company) -> None:
    ran = company.resolve(
        company.settings(company.strict, shows_client=True), company.settings(company.curious, shows_client=False)
    )
    assert (ran.code, ran.out.split()) == (0, [company.digest] * 2), ran.stderr
    assert shown_certificates(company.strict) == {"CN=alice"}
    assert shown_certificates(company.curious) == {"-"}


def _fill_folders(company: Company, root: Path) -> None:
    """Give podman's folders the authority for both hosts, and the client certificate for the strict one."""
    key, certificate = company.client
    for host in (company.strict, company.curious):
        folder = root / "containers" / "certs.d" / host.address
        folder.mkdir(parents=True)
        shutil.copy(company.authority, folder / "company.crt")
        if host is company.strict:
            shutil.copy(certificate, folder / "me.cert")
            shutil.copy(key, folder / "me.key")


def test_podmans_folders_do_the_same_without_any_setting(company: Company, tmp_path: Path) -> None:
    _fill_folders(company, tmp_path / "xdg")
    ran = company.resolve(XDG_CONFIG_HOME=tmp_path / "xdg")
    assert (ran.code, ran.out.split()) == (0, [company.digest] * 2), ran.stderr
    assert shown_certificates(company.strict) == {"CN=alice"}
    assert shown_certificates(company.curious) == {"-"}


@pytest.mark.parametrize("has_folders", [True, False])
def test_what_a_certificate_was_told_is_not_kept(
    company: Company, tmp_path: Path, *, has_folders: bool
) -> None:  # RATE-09
    settings = [company.settings(one, shows_client=one is company.strict) for one in (company.strict, company.curious)]
    if has_folders:
        _fill_folders(company, tmp_path / "xdg")
        settings = []
    environ: dict[str, str | Path] = {
        "XDG_CONFIG_HOME": tmp_path / "xdg",
        "XDG_CACHE_HOME": tmp_path / "cache",
        "PINNER_MAX_AGE": "1h",
    }
    ran = company.resolve(*settings, **environ)
    assert (ran.code, ran.out.split()) == (0, [company.digest] * 2), ran.stderr
    kept = json.loads((tmp_path / "cache" / "pinner" / "answers.json").read_text(encoding="utf-8"))["answers"]
    assert list(kept) == [f"{company.curious.address}/{IMAGE}"]


def test_an_authority_with_the_name_of_a_client_certificate_is_explained(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "xdg" / "containers" / "certs.d" / company.strict.address
    folder.mkdir(parents=True)
    shutil.copy(company.authority, folder / "ca.cert")
    ran = company.resolve(company.settings(company.curious, shows_client=False), XDG_CONFIG_HOME=tmp_path / "xdg")
    assert ran.code == 2
    assert ran.out.split() == [company.digest]
    assert "ca.cert' is half of a client certificate: 'ca.key' is missing" in ran.stderr
    assert "the name of an authority ends with .crt" in ran.stderr


def test_without_its_authority_a_private_registry_is_not_believed(company: Company) -> None:
    ran = company.resolve()
    assert (ran.code, ran.out) == (3, "")
    assert ran.stderr.count("is not trusted") == 2
    ran = company.resolve(SSL_CERT_FILE=company.authority)
    assert ran.out.split() == [company.digest]
    ran = company.resolve(REQUESTS_CA_BUNDLE=company.authority, CURL_CA_BUNDLE=company.authority)
    assert ran.out == ""
