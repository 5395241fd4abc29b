"""Realm policy (AUTH-28, SEC-01, SEC-03, SEC-21), and rows 8 and 14 of the table of challenges (AUTH-27)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pinner.errors import BlockedError
from pinner.registry.domains import SHARED_DOMAINS, registrable_domain
from pinner.registry.origin import Origin
from pinner.registry.realm import PARTNERS, check_realm, may_see_credentials

REGISTRY = Origin.of("https://registry.example")


def may_see(registry: str, realm: str, trusted: tuple[str, ...] = ()) -> bool:
    origin = Origin.of(registry)
    return may_see_credentials(check_realm(realm, origin, trusted_realms=trusted), origin, trusted_realms=trusted)


@pytest.mark.parametrize(
    ("registry", "realm", "trusted"),
    [
        pytest.param("https://registry.example", "https://registry.example/token", (), id="same origin"),
        pytest.param("https://registry.example", "/token", (), id="row-8 relative"),
        pytest.param("https://registry.example", "https://REGISTRY.example/token", (), id="host in capitals"),
        pytest.param("https://registry.example", "https://registry.example:8443/token", (), id="other port by https"),
        pytest.param("http://127.0.0.1:5000", "http://127.0.0.1:5000/token", (), id="plain loopback"),
        pytest.param("http://127.0.0.1:5000", "https://127.0.0.1:5001/token", (), id="loopback, other port by https"),
        pytest.param("https://registry-1.docker.io", "https://auth.docker.io/token", (), id="Docker Hub's partner"),
        pytest.param("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", (), id="GitLab's partner"),
        pytest.param("https://registry.corp.com", "https://auth.corp.com/t", (), id="AUTH-40 same owner"),
        pytest.param("https://registry.corp.com", "https://AUTH.Corp.com/t", (), id="AUTH-40 same owner, capitals"),
        pytest.param("https://registry.corp.com:5000", "https://auth.corp.com:443/t", (), id="AUTH-40 default port"),
        pytest.param("https://registry.corp.co.uk", "https://corp.co.uk/t", (), id="AUTH-40 the domain itself, co.uk"),
        pytest.param(
            "https://a.b.acme.github.io", "https://acme.github.io/t", (), id="AUTH-40 one project of github.io"
        ),
        pytest.param("https://us.icr.io", "https://icr.io/t", (), id="AUTH-40 regions of icr.io"),
        pytest.param("https://x.azurecr.io", "https://x.azurecr.io/oauth2/token", (), id="AUTH-40 ACR's own host"),
        pytest.param("https://a.example", "https://b.example/t", ("b.example",), id="named by the user"),
        pytest.param("https://a.example", "https://b.example:444/t", ("b.example:444",), id="named with its port"),
        pytest.param("http://127.0.0.1:1", "http://127.0.0.1:2/t", ("127.0.0.1:2",), id="named, plain http"),
    ],
)
def test_credentials_may_go_to(registry: str, realm: str, trusted: tuple[str, ...]) -> None:
    assert may_see(registry, realm, trusted)


@pytest.mark.parametrize(
    ("registry", "realm", "trusted"),
    [
        pytest.param("https://registry.example", "https://evil.example/token", (), id="SEC-01 another host"),
        pytest.param(
            "https://registry.example", "https://auth.registry.example/t", (), id="a suffix that is not listed"
        ),
        pytest.param("https://r.corp.com", "https://auth.corp.com:8443/t", (), id="AUTH-40 same owner, other port"),
        pytest.param("http://r.corp.com", "http://auth.corp.com/t", (), id="AUTH-40 same owner, plain http"),
        pytest.param("http://r.corp.com", "http://auth.corp.com:443/t", (), id="AUTH-40 same owner, plain http on 443"),
        pytest.param("https://a.co.uk", "https://b.co.uk/t", (), id="AUTH-40 co.uk is a suffix"),
        pytest.param("https://a.github.io", "https://b.github.io/t", (), id="AUTH-40 two tenants of github.io"),
        pytest.param("https://a.github.io", "https://github.io/t", (), id="AUTH-40 the private suffix itself"),
        pytest.param("https://a.s3.amazonaws.com", "https://b.s3.amazonaws.com/t", (), id="AUTH-40 two buckets"),
        pytest.param(
            "https://1.dkr.ecr.eu-west-1.amazonaws.com", "https://evil.amazonaws.com/t", (), id="AUTH-40 amazonaws.com"
        ),
        pytest.param("https://x.azurecr.io", "https://y.azurecr.io/t", (), id="AUTH-40 two tenants of ACR"),
        pytest.param("https://x.azurecr.io", "https://x.azurecr.io.attacker.com/t", (), id="SEC-21 ACR look-alike"),
        pytest.param("https://x.azurecr.io", "https://xazurecr.io/t", (), id="SEC-21 a dot less"),
        pytest.param("https://corp.com", "https://evilcorp.com/t", (), id="SEC-21 no boundary"),
        pytest.param("https://a.svc.local", "https://b.svc.local/t", (), id="AUTH-40 .local is not listed"),
        pytest.param("https://10.0.0.5", "https://10.0.0.6/t", (), id="AUTH-40 addresses have no owner"),
        pytest.param("https://[fd00::1]", "https://[fd00::2]/t", (), id="AUTH-40 IPv6 neither"),
        pytest.param("https://localhost", "https://a.localhost/t", (), id="AUTH-40 localhost neither"),
        pytest.param("https://registry", "https://auth/t", (), id="AUTH-40 single labels"),
        pytest.param("https://a-1-2-3-4.sslip.io", "https://evil-6-6-6-6.sslip.io/t", (), id="AUTH-40 wildcard DNS"),
        pytest.param("https://xregistry.gitlab.com.evil.com", "https://gitlab.com/t", (), id="SEC-21 partner's tail"),
        pytest.param("https://nvcr.io", "https://authn.nvidia.com.evil.com/t", (), id="SEC-21 partner's head"),
        pytest.param("https://nvcr.io", "https://xauthn.nvidia.com/t", (), id="SEC-21 nearly the partner"),
        pytest.param("https://registry.example", "https://registry.example.evil.com/t", (), id="SEC-21 suffix"),
        pytest.param("https://ghcr.io", "https://ghcr.io.evil/t", (), id="SEC-21 ghcr.io.evil"),
        pytest.param("https://registry-1.docker.io", "https://auth.docker.io:8443/t", (), id="partner, other port"),
        pytest.param("http://127.0.0.1:5000", "http://127.0.0.1:5001/t", (), id="plain loopback, other port"),
        pytest.param("https://a.example", "https://b.example:444/t", ("b.example:445",), id="named with other port"),
        pytest.param("http://127.0.0.1:1", "http://127.0.0.2:2/t", ("127.0.0.2",), id="named without port, plain http"),
    ],
)
def test_only_anonymous_requests_may_go_to(registry: str, realm: str, trusted: tuple[str, ...]) -> None:
    assert not may_see(registry, realm, trusted)


@pytest.mark.parametrize(
    "realm",
    [
        pytest.param("http://registry.example/token", id="SEC-03 plain http"),
        pytest.param("http://169.254.169.254/latest", id="row-14 metadata"),
        pytest.param("file:///etc/passwd", id="row-14 file"),
        pytest.param("https://u:p@h/", id="row-14 user name"),
        pytest.param("https://ghcr.io@evil/t", id="SEC-21 user name that looks like a host"),
        pytest.param("https://registry.example./t", id="SEC-21 dot at the end"),
        pytest.param("https://h/t#part", id="fragment"),
        pytest.param("https://h/" + "a" * 2048, id="too long"),
        pytest.param("https://exämple/t", id="not ASCII"),
        pytest.param("https://h:0/t", id="port 0"),
        pytest.param("https://h:99999/t", id="port beyond"),
        pytest.param("https://h\\@evil/t", id="backslash"),
        pytest.param("https://h/\x1b[31m", id="control"),
    ],
)
def test_a_realm_is_blocked(realm: str) -> None:
    with pytest.raises(BlockedError, match=r"registry\.example"):
        check_realm(realm, REGISTRY)


def test_hosts_that_need_no_look_at_their_address_are_near() -> None:
    assert check_realm("/t", REGISTRY).is_near
    assert check_realm("https://b.example/t", REGISTRY, trusted_realms=("b.example",)).is_near
    assert not check_realm("https://b.example/t", REGISTRY).is_near


@pytest.mark.parametrize(("registry", "realm"), [(host, realm) for host in PARTNERS for realm in PARTNERS[host]])
def test_a_partner_is_one_for_whole_names_only(registry: str, realm: str) -> None:  # SEC-21
    assert may_see(f"https://{registry}", f"https://{realm}/token")
    assert not may_see(f"https://{registry}.evil.org", f"https://{realm}/token")
    assert not may_see(f"https://{registry}", f"https://{realm}.evil.org/token")


@pytest.mark.parametrize("domain", sorted(SHARED_DOMAINS))
def test_strangers_that_share_a_domain_are_no_owners_of_it(domain: str) -> None:  # AUTH-40
    assert registrable_domain(f"a.{domain}") is None


@pytest.mark.parametrize(
    ("statements", "is_read"),
    [
        pytest.param("grants.Grant", False, id="a run without such a question"),
        pytest.param("realm.may_see_credentials(near, near.origin)", False, id="the registry's own host"),
        pytest.param(
            "realm.may_see_credentials(hub, origin.Origin('https', 'registry-1.docker.io', 443))", False, id="partner"
        ),
        pytest.param(
            "realm.may_see_credentials(near, origin.Origin('https', 'b.corp.com', 443))", True, id="same owner"
        ),
    ],
)
def test_the_list_is_read_only_when_an_answer_depends_on_it(statements: str, is_read: bool) -> None:  # noqa: FBT001 - a table
    program = f"""
import sys
from pinner.registry import grants, origin, realm
near = realm.check_realm("/t", origin.Origin("https", "a.corp.com", 443))
hub = realm.check_realm("https://auth.docker.io/token", origin.Origin("https", "registry-1.docker.io", 443))
{statements}
sys.exit("publicsuffixlist" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], check=False)
    assert ran.returncode == is_read
