"""Addresses that a registry sends us to: how far inside they may lie, and which hosts are the same (SEC-02, SEC-21)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinner.credentials.chain import default_sources
from pinner.credentials.surroundings import Surroundings
from pinner.errors import AmbiguousAccessError, BlockedError, InvalidReferenceError
from pinner.oci.reference import Reference
from tests.hostile.answers import DIGEST, bearer, guarded, redirect, refuse, serve, token
from tests.hostile.client import ALICE, BASIC, TOKEN, Outcome, ask, assert_refused, keyring, settings_of
from tests.hostile.conftest import Listen
from tests.hostile.internet import ELSEWHERE, PUBLIC, Internet
from tests.hostile.server import Origin, says


@pytest.fixture
def home(listen: Listen, trusted: Path, internet: Internet) -> Origin:
    """A registry that wants tokens from its own host, on https."""
    internet.place("a.test", "127.0.0.1")
    origin = listen({"/token": says(token(TOKEN))}, name="a.test", tls=True)
    send_to(origin, f"{origin.url}/token")
    return origin


def send_to(host: Origin, realm: str) -> None:
    """Let the registry name another token server."""
    host.routes["*"] = guarded(bearer(realm), f"Bearer {TOKEN}", serve())


def ask_for(host: Origin) -> Outcome:
    return ask(f"{host.authority}/app:1", credentials=keyring(ALICE, host.authority))


INNER = [
    "http://169.254.169.254/latest/api/token",
    "http://127.0.0.1:{port}/token",
    "http://localhost:{port}/token",
    "http://127.1:{port}/token",
    "http://2130706433:{port}/token",
    "http://0x7f.1:{port}/token",
    "http://[::1]:{port}/token",
    "http://[::ffff:127.0.0.1]:{port}/token",
    "http://[::ffff:7f00:1]:{port}/token",
    "http://[::127.0.0.1]:{port}/token",
    "http://[64:ff9b::a9fe:a9fe]/token",
    "http://[2002:a9fe:a9fe::]/token",
    "http://[fd00:ec2::254]/token",
    "http://[fec0::1]/token",
    "http://[fe80::1]/token",
    "http://0.0.0.0:{port}/token",
    "http://[::]:{port}/token",
    "http://10.0.0.1/token",
    "http://192.168.1.1/token",
    "http://172.16.0.1/token",
    "http://100.100.100.200/token",
    "http://192.0.0.192/token",
    "http://240.0.0.1/token",
    "http://inner.test:{port}/token",
    "http://metadata.test/token",
    "http://both.test/token",
]


@pytest.fixture
def outside(listen: Listen, internet: Internet) -> Origin:
    """A registry in the wide world, on plain http because the user says so: nothing but the address is in the way."""
    internet.place("a.test", PUBLIC)
    internet.place("b.test", ELSEWHERE)
    internet.place("inner.test", "127.0.0.1")
    internet.place("metadata.test", "169.254.169.254")
    internet.place("both.test", ("10.0.0.1", "169.254.169.254"))
    return listen({}, name="a.test")


def plain(host: Origin) -> str:
    return f'[registries."{host.authority}"]\nplain-http = true\n'


@pytest.mark.parametrize("way", ["realm", "redirect"])
@pytest.mark.parametrize("inner", INNER)
def test_a_registry_outside_sends_nobody_inside_sec_02(
    outside: Origin, listen: Listen, internet: Internet, way: str, inner: str
) -> None:
    neighbour = listen({"/token": says(token(TOKEN)), "*": serve()}, name="b.test")
    inside = listen({"/token": says(token(TOKEN)), "*": serve()})

    def lead(url: str) -> Outcome:
        answer = refuse(bearer(url)) if way == "realm" else redirect(url)
        outside.routes["*"] = lambda talk: (
            serve()(talk) if "authorization" in talk.request.headers else talk.send(answer)
        )
        return ask(f"{outside.authority}/app:1", registries=settings_of(plain(outside)))

    assert lead(f"{neighbour.url}/{'token' if way == 'realm' else 'copy'}").digest == DIGEST
    internet.connected.clear()
    assert_refused(lead(inner.format(port=inside.port)), BlockedError)
    assert internet.addresses() == {PUBLIC}
    assert inside.is_untouched


@pytest.mark.parametrize(
    "realm",
    [
        "ftp://a.test/token",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:application/json,{}",
        "https://alice:pw@a.test/token",
        "https://a.test/token#part",
        "https://a.test:0/token",
        "https://a.test:65536/token",
        "https://[fe80::1%25eth0]/token",
        "https://a.test./token",
        "https://a_.test\\b.test/token",
        "https://a.test/" + "x" * 4096,
    ],
)
def test_a_realm_that_is_no_address_is_refused_sec_21(home: Origin, internet: Internet, realm: str) -> None:
    assert ask_for(home).digest == DIGEST
    internet.connected.clear()
    send_to(home, realm)
    assert_refused(ask_for(home), BlockedError, "token server that is not allowed")
    assert {port for _, port in internet.connected} == {home.port}


@pytest.mark.parametrize("name", ["a.test.b.test", "xa.test", "a-test.b.test"])
def test_a_host_that_only_looks_like_the_registry_gets_nothing_sec_21(
    home: Origin, listen: Listen, internet: Internet, name: str
) -> None:
    internet.place(name, "127.0.0.1")
    thief = listen(says(token("worthless")), name=name, tls=True)
    send_to(home, f"{thief.url}/token")
    assert_refused(ask_for(home), BlockedError, "asks for its credentials to be sent to")
    assert thief.requests
    assert not thief.has_a_secret


FILE = {"DOCKER_AUTH_CONFIG": json.dumps({"auths": {"ghcr.io": {"auth": BASIC.removeprefix("Basic ")}}})}
JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_ACTOR": ALICE.username,
    "GITHUB_TOKEN": ALICE.secret,
}


@pytest.mark.parametrize("name", ["ghcr.io.a.test", "xghcr.io", "ghcr-io.a.test"])
@pytest.mark.parametrize("environ", [pytest.param(FILE, id="a file"), pytest.param(JOB, id="a job")])
def test_a_login_belongs_to_the_exact_host_sec_21(
    listen: Listen, internet: Internet, trusted: Path, name: str, environ: dict[str, str]
) -> None:
    """CVE-2026-105769 and its like: a name that ends or begins like the one that the login is for."""
    host = listen(guarded('Basic realm="x"', BASIC, serve()), name="ghcr.io", tls=True)
    for one in ("ghcr.io", name):
        internet.place(one, "127.0.0.1" if one == name else PUBLIC)
        internet.listen(one, 443, host)
    source = default_sources(Surroundings.of(environ))
    assert ask("ghcr.io/app:1", credentials=source).digest == DIGEST
    host.received.clear()
    assert_refused(ask(f"{name}/app:1", credentials=source), AmbiguousAccessError, "are missing")
    assert not host.has_a_secret


@pytest.mark.parametrize(
    "name", ["ghcr.io.", "ghcr.io@a.test", "user@ghcr.io", "ghcr.io\\.a.test", "ghcr.io%00.a.test"]
)
def test_a_name_that_is_none_is_no_reference_sec_21(name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        Reference.parse(f"{name}/app:1")


def test_capitals_and_the_usual_port_are_the_same_host_sec_21(
    listen: Listen, internet: Internet, trusted: Path
) -> None:
    internet.place("a.test", "127.0.0.1")
    home = listen(guarded('Basic realm="x"', BASIC, serve()), name="a.test", tls=True)
    internet.listen("a.test", 443, home)
    for spelling in ("a.test/app:1", "A.Test/app:1", "a.test:443/app:1"):
        assert ask(spelling, credentials=keyring(ALICE, "a.test")).digest == DIGEST


def test_a_name_that_moves_between_two_looks_is_checked_each_time_sec_27(
    outside: Origin, listen: Listen, internet: Internet
) -> None:
    inside = listen({"/token": says(token(TOKEN)), "*": serve()}, name="moving.test")
    outside.routes["*"] = guarded(bearer(f"{inside.url}/token"), f"Bearer {TOKEN}", serve())

    def resolve(*places: str) -> Outcome:
        internet.place("moving.test", *places)
        internet.looked_up.clear()
        internet.connected.clear()
        return ask(f"{outside.authority}/app:1", registries=settings_of(plain(outside)))

    assert resolve(ELSEWHERE).digest == DIGEST
    # Looked up once, and what was looked at is what was connected to: the second answer is never heard.
    assert resolve(ELSEWHERE, "127.0.0.1").digest == DIGEST
    assert internet.looked_up.count("moving.test") == 1
    assert internet.addresses() == {PUBLIC, ELSEWHERE}
    assert_refused(resolve("127.0.0.1", ELSEWHERE), BlockedError, "leads to 127.0.0.1")
    assert internet.addresses() == {PUBLIC}
