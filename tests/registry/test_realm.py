"""Realm policy (AUTH-28, SEC-01, SEC-03, SEC-21), and rows 8 and 14 of the table of challenges (AUTH-27)."""

from __future__ import annotations

import pytest

from pinner.errors import BlockedError
from pinner.registry.origin import Origin
from pinner.registry.realm import check_realm

REGISTRY = Origin.of("https://registry.example")


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
        pytest.param("https://a.example", "https://b.example/t", ("b.example",), id="named by the user"),
        pytest.param("https://a.example", "https://b.example:444/t", ("b.example:444",), id="named with its port"),
        pytest.param("http://127.0.0.1:1", "http://127.0.0.1:2/t", ("127.0.0.1:2",), id="named, plain http"),
    ],
)
def test_credentials_may_go_to(registry: str, realm: str, trusted: tuple[str, ...]) -> None:
    assert check_realm(realm, Origin.of(registry), trusted_realms=trusted).is_trusted


@pytest.mark.parametrize(
    ("registry", "realm", "trusted"),
    [
        pytest.param("https://registry.example", "https://evil.example/token", (), id="SEC-01 another host"),
        pytest.param("https://registry.example", "https://auth.registry.example/t", (), id="a subdomain"),
        pytest.param("https://registry.example", "https://registry.example.evil.com/t", (), id="SEC-21 suffix"),
        pytest.param("https://ghcr.io", "https://ghcr.io.evil/t", (), id="SEC-21 ghcr.io.evil"),
        pytest.param("https://registry-1.docker.io", "https://auth.docker.io:8443/t", (), id="partner, other port"),
        pytest.param("http://127.0.0.1:5000", "http://127.0.0.1:5001/t", (), id="plain loopback, other port"),
        pytest.param("https://a.example", "https://b.example:444/t", ("b.example:445",), id="named with other port"),
        pytest.param("http://127.0.0.1:1", "http://127.0.0.2:2/t", ("127.0.0.2",), id="named without port, plain http"),
    ],
)
def test_only_anonymous_requests_may_go_to(registry: str, realm: str, trusted: tuple[str, ...]) -> None:
    assert not check_realm(realm, Origin.of(registry), trusted_realms=trusted).is_trusted


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
