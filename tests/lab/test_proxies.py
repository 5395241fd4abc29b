"""A company's proxy: what goes through it, what does not, and what a wrong login means (NET-08, NET-09)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import skopeo
from tests.lab.certificates import make_certificate
from tests.lab.forward_proxy import running_proxy
from tests.lab.images import push_tiny
from tests.lab.nginx_fronts import running_tls
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.support.program import Ran

# Names that only the proxy can look up.
SECURE, PLAIN = "registry.corp.invalid", "plain.corp.invalid:5000"
LOGIN, WRONG = "me:s3cret", "me:wr0ng-sentinel"


class Office:
    """Registries behind a proxy, and a user who knows their authority."""

    def __init__(self, routes: dict[str, str], folder: Path, registry: RegistryProcess) -> None:
        self.routes = routes
        self.folder = folder
        self.registry = registry

    def resolve(self, *images: str, **environ: str) -> Ran:
        return pinner(
            "resolve", "--timeout", "20", "--registries", "registries.toml", *images, cwd=self.folder, **environ
        )


@pytest.fixture
def office(openssl: None, nginx: None, registry: RegistryProcess, tmp_path: Path) -> Iterator[Office]:
    push_tiny(registry.url, [("office/app", "1")])
    pair = make_certificate(tmp_path / "keys", "server", address=SECURE)
    (tmp_path / "registries.toml").write_text(
        f'[registries."{SECURE}"]\nca = "{pair[1]}"\n[registries."{PLAIN}"]\nplain-http = true\n', encoding="utf-8"
    )
    with running_tls(tmp_path / "nginx", f"proxy_pass {registry.url}", pair=pair) as secure:
        registry.forget()
        yield Office({f"{SECURE}:443": secure.address, PLAIN: registry.address}, tmp_path, registry)


def test_a_name_that_only_the_proxy_knows_is_asked_through_it(office: Office) -> None:
    with running_proxy(office.routes, login=LOGIN) as proxy:
        ran = office.resolve(
            *(f"{SECURE}/office/app:1", f"{PLAIN}/office/app:1"), ALL_PROXY=f"http://{LOGIN}@{proxy.address}"
        )
        assert ran.code == 0, ran.stderr
        assert ran.out.split() == [skopeo.digest_of(f"{office.registry.address}/office/app:1")] * 2
        assert sorted(proxy.asked) == [
            f"CONNECT {SECURE}:443",
            f"HEAD http://{PLAIN}/v2/office/app/manifests/1",
        ]


def test_without_the_proxy_such_a_name_leads_nowhere(office: Office) -> None:
    ran = office.resolve(f"{SECURE}/office/app:1")
    assert ran.code == 3
    assert f"the name of {SECURE} cannot be resolved" in ran.stderr


@pytest.mark.parametrize("image", [f"{SECURE}/office/app:1", f"{PLAIN}/office/app:1"])
@pytest.mark.parametrize(("login", "words"), [("", "asks for a login"), (f"{WRONG}@", "refuses its login")])
def test_a_proxy_that_wants_another_login_is_named_with_its_variable(
    office: Office, image: str, login: str, words: str
) -> None:
    images = [image.replace("app:1", f"app:{number}") for number in range(6)]
    with running_proxy(office.routes, login=LOGIN) as proxy:
        ran = office.resolve("--jobs", "1", *images, ALL_PROXY=f"http://{login}{proxy.address}")
        assert len(proxy.asked) == 1
    assert (ran.code, ran.out) == (2, "")
    assert f"the proxy http://{proxy_address(ran)} that ALL_PROXY names {words} (407)" in ran.stderr
    assert "wr0ng" not in ran.stderr
    assert office.registry.requests() == ()


def proxy_address(ran: Ran) -> str:
    return ran.stderr.partition("the proxy http://")[2].partition(" ")[0]


def test_exceptions_and_loopback_go_direct(office: Office) -> None:
    local = f"{office.registry.address}/office/app:1"
    with running_proxy(office.routes) as proxy:
        ran = office.resolve(
            *(f"{SECURE}/office/app:1", local),
            HTTPS_PROXY=f"http://{proxy.address}",
            HTTP_PROXY=f"http://{proxy.address}",
            NO_PROXY=".corp.invalid, 10.0.0.0/8",
        )
        assert proxy.asked == []
    assert ran.code == 3
    assert ran.out.split() == [skopeo.digest_of(local)]
    assert f"the name of {SECURE} cannot be resolved" in ran.stderr


def test_a_host_that_the_proxy_refuses_is_told_apart(office: Office) -> None:
    with running_proxy({}) as proxy:
        ran = office.resolve(f"{SECURE}/office/app:1", HTTPS_PROXY=f"http://{proxy.address}")
    assert ran.code == 3
    assert f"the proxy refused to connect to {SECURE}" in ran.stderr


def test_behind_a_proxy_a_registry_cannot_send_us_inside(office: Office, tmp_path: Path) -> None:  # NET-09, SEC-02
    pair = tmp_path / "keys" / "server.key", tmp_path / "keys" / "server.crt"
    with (
        running_tls(tmp_path / "evil", "return 307 https://169.254.169.254/latest", pair=pair) as evil,
        running_proxy({f"{SECURE}:443": evil.address}) as proxy,
    ):
        ran = office.resolve(f"{SECURE}/office/app:1", HTTPS_PROXY=f"http://{proxy.address}")
        assert set(proxy.asked) == {f"CONNECT {SECURE}:443"}
    assert ran.code == 3
    assert "169.254.169.254 is an address that a registry may not send us to" in ran.stderr
