"""Redirects: where they may lead, and what never goes along (research table 2.8)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pinner.credentials.base import Login, NoCredentials
from pinner.errors import BlockedError, PinnerError, UnreachableError
from tests.hostile.answers import DIGEST, bearer, guarded, redirect, refuse, serve, token, without_body
from tests.hostile.client import ALICE, BASIC, IDENTITY, REGISTRY_TOKEN, TOKEN, Outcome, ask, assert_refused, keyring
from tests.hostile.conftest import Listen
from tests.hostile.internet import Internet
from tests.hostile.sentinel import SENTINEL
from tests.hostile.server import Origin, Script, Talk, in_turn, says

PATH = "/v2/app/manifests/1"


@dataclass(frozen=True, slots=True)
class Access:
    """What a registry asks for, what it wants to see, and the login that leads to it."""

    challenge: str
    wanted: str
    login: Login


every_access = pytest.mark.parametrize(
    "access",
    [
        pytest.param(Access('Basic realm="x"', BASIC, ALICE), id="basic"),
        pytest.param(Access("bearer", f"Bearer {TOKEN}", ALICE), id="bearer by GET"),
        pytest.param(Access("bearer", f"Bearer {TOKEN}", IDENTITY), id="bearer by POST"),
        pytest.param(Access("bearer", f"Bearer {SENTINEL}", REGISTRY_TOKEN), id="registry token"),
    ],
)


@pytest.fixture
def home(listen: Listen, internet: Internet, trusted: Path) -> Origin:
    """A registry on https; a test lets it ask for credentials and redirect."""
    internet.place("a.test", "127.0.0.1")
    internet.place("b.test", "127.0.0.1")
    return listen({"/moved": serve()}, name="a.test", tls=True)


def closed(home: Origin, access: Access, inside: Script) -> None:
    """Let only those in who show credentials."""
    home.routes["/token"] = says(token(TOKEN))
    asked = bearer(f"{home.url}/token") if access.challenge == "bearer" else access.challenge
    home.routes[PATH] = guarded(asked, access.wanted, inside)


def leads_to(location: str | bytes, status: int = 307) -> Script:
    return says(redirect(location, status, "Set-Cookie: track=me; Path=/"))


def resolve(home: Origin, login: Login | None = None, verb: str = "look_up") -> Outcome:
    source = NoCredentials() if login is None else keyring(login, home.authority)
    return ask(f"{home.authority}/app:1", verb=verb, credentials=source)


@every_access
@pytest.mark.parametrize("verb", ["look_up", "describe"])
def test_a_redirect_within_the_origin_keeps_the_credentials_res_23(home: Origin, access: Access, verb: str) -> None:
    home.routes["/moved"] = guarded(access.challenge, access.wanted, serve())
    closed(home, access, leads_to("/moved"))
    assert resolve(home, access.login, verb).digest == DIGEST
    assert home.requests[-1].headers["authorization"] == access.wanted


@every_access
@pytest.mark.parametrize("name", ["b.test", "a.test"])
@pytest.mark.parametrize(
    ("verb", "status"), [("look_up", 301), ("look_up", 303), ("describe", 302), ("describe", 307), ("describe", 308)]
)
def test_a_redirect_to_another_host_or_port_takes_nothing_along_sec_04(
    home: Origin, listen: Listen, access: Access, verb: str, status: int, name: str
) -> None:
    copy = listen(serve(), name=name, tls=True)
    closed(home, access, leads_to(f"{copy.url}/copy", status))
    assert resolve(home, access.login, verb).digest == DIGEST
    assert home.has_a_secret
    assert not copy.has_a_secret
    (asked,) = copy.requests
    assert asked.method == ("HEAD" if verb == "look_up" else "GET")
    assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding"}


@every_access
def test_credentials_do_not_come_back_with_a_chain_that_comes_back_sec_04(
    home: Origin, listen: Listen, access: Access
) -> None:
    """Who was abroad is a stranger at home too: another origin has chosen the address that is asked now."""
    home.routes["/back"] = serve()
    abroad = listen(leads_to(f"{home.url}/back"), name="b.test", tls=True)
    closed(home, access, leads_to(f"{abroad.url}/x"))
    assert resolve(home, access.login).digest == DIGEST
    (back,) = (one for one in home.requests if one.path == "/back")
    assert "authorization" not in back.headers
    assert not abroad.has_a_secret


@every_access
@pytest.mark.parametrize("name", ["a.test", "b.test"])
def test_a_redirect_from_https_to_http_is_refused_sec_04(
    home: Origin, listen: Listen, access: Access, name: str
) -> None:
    closed(home, access, serve())
    assert resolve(home, access.login).digest == DIGEST
    open_line = listen(serve(), name=name)
    closed(home, access, leads_to(f"{open_line.url}/copy?key={SENTINEL}"))
    assert_refused(resolve(home, access.login), BlockedError, "from https to plain http")
    assert open_line.is_untouched


def test_a_redirect_from_http_to_https_of_the_same_host_is_another_origin_sec_04(listen: Listen, trusted: Path) -> None:
    """httpx would keep the credentials here."""
    safe = listen(serve(), tls=True)
    home = listen({PATH: guarded('Basic realm="x"', BASIC, leads_to(f"{safe.url}/copy"))})
    assert resolve(home, ALICE).digest == DIGEST
    assert not safe.has_a_secret


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("/moved", id="a path"),
        pytest.param("../../../moved", id="a path upwards"),
        pytest.param("//{authority}/moved", id="without scheme"),
        pytest.param("{url}/moved#part", id="with a fragment"),
        pytest.param("HTTPS://A.TEST:{port}/moved", id="in capitals"),
        pytest.param("{url}/moved?a=b", id="with a query"),
        pytest.param("\t{url}/moved ", id="with blanks around"),
        pytest.param("https:///moved", id="without a host"),
        pytest.param("ht\ttps://a.te\tst:{port}/moved", id="with tabs, which no address has"),
    ],
)
def test_a_location_is_read_as_the_standard_says_res_23(home: Origin, location: str) -> None:
    home.routes[PATH] = leads_to(location.format(url=home.url, authority=home.authority, port=home.port))
    assert resolve(home).digest == DIGEST
    assert home.paths() == [PATH, "/moved"]
    assert "#" not in home.requests[-1].target


ASTRAY: list[tuple[str, bytes, type[PinnerError]]] = [
    ("a user name", b"https://alice:pw@a.test:%d/moved", BlockedError),
    ("a user name without password", b"https://alice@a.test:%d/moved", BlockedError),
    ("a file", b"file:///etc/passwd", BlockedError),
    ("data", b"data:application/json,{}", BlockedError),
    ("a script", b"javascript:alert(1)", BlockedError),
    ("ftp", b"ftp://a.test:%d/moved", BlockedError),
    ("a socket", b"unix:///var/run/docker.sock", BlockedError),
    ("a port without a number", b"https://a.test:x/moved", BlockedError),
    ("half a bracket", b"https://[::1/moved", BlockedError),
    ("a backslash", b"https://b.test\\@a.test:%d/moved", BlockedError),
    ("a dot at the end", b"https://a.test.:%d/moved", BlockedError),
    ("an escape", b"https://a.test:%d/mo\x1b[31mved", BlockedError),
    ("a blank inside", b"https://a.test:%d/mo ved", BlockedError),
    ("a byte without meaning", b"https://a.test:%d/mo\xffved", BlockedError),
    ("no letters at all", "https://\u202ea.test:%d/moved".encode(), BlockedError),
    ("four kilobytes", b"https://a.test:%d/" + b"x" * 4096, BlockedError),
    ("itself", b"", BlockedError),
]


@pytest.mark.parametrize(("location", "kind"), [pytest.param(*row[1:], id=row[0]) for row in ASTRAY])
def test_a_redirect_that_leads_astray_is_refused_sec_05(
    home: Origin, internet: Internet, location: bytes, kind: type[PinnerError]
) -> None:
    home.routes[PATH] = leads_to("/moved")
    assert resolve(home, ALICE).digest == DIGEST
    internet.connected.clear()
    home.requests.clear()
    home.routes[PATH] = leads_to(location.replace(b"%d", b"%d" % home.port))
    assert_refused(resolve(home, ALICE), kind, "redirects")
    assert set(home.paths()) == {PATH}
    assert {port for _, port in internet.connected} == {home.port}


@pytest.mark.parametrize("lines", [[], ["Location: /moved", "Location: /other"], ["Location: /moved"] * 2])
def test_a_redirect_to_nowhere_or_to_two_places_is_refused_sec_05(home: Origin, lines: list[str]) -> None:
    home.routes[PATH] = leads_to("/moved")
    assert resolve(home).digest == DIGEST
    home.routes[PATH] = says(
        b"\r\n".join([b"HTTP/1.1 302 Found", *map(str.encode, lines), b"Content-Length: 0", b"", b""])
    )
    assert_refused(resolve(home), UnreachableError, "without saying where to")


def chain(home: Origin, hops: int, end: Script) -> None:
    home.routes |= {f"/hop{number}": leads_to(f"/hop{number + 1}") for number in range(1, hops)}
    home.routes |= {PATH: leads_to("/hop1"), f"/hop{hops}": end}


@pytest.mark.parametrize("verb", ["look_up", "describe"])
def test_five_redirects_are_followed_and_the_sixth_is_not_sec_05(home: Origin, verb: str) -> None:
    chain(home, 5, serve())
    assert resolve(home, verb=verb).digest == DIGEST
    assert len(home.requests) == 6
    chain(home, 6, serve())
    assert_refused(resolve(home, verb=verb), BlockedError, "redirects more than 5 times")
    assert len(home.requests) == 12
    assert "/hop6" not in home.paths()


@pytest.mark.parametrize("far", [False, True])
def test_a_loop_ends_sec_05(home: Origin, listen: Listen, far: bool) -> None:  # noqa: FBT001 - a table
    other = listen({}, name="b.test", tls=True)
    other.routes["*"] = leads_to(f"{home.url}{PATH}")
    home.routes[PATH] = leads_to(f"{other.url}/x" if far else PATH)
    assert_refused(resolve(home, ALICE), BlockedError, "redirects more than 5 times")
    assert len(home.requests) + len(other.requests) == 6


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_other_threes_are_not_followed_res_23(home: Origin, status: int) -> None:
    home.routes[PATH] = leads_to("/moved", status)
    assert_refused(resolve(home), UnreachableError, str(status))
    assert "/moved" not in home.paths()


def test_the_digest_on_a_redirect_says_nothing_res_24(home: Origin) -> None:
    home.routes[PATH] = says(
        redirect("/moved", 307, f"Docker-Content-Digest: sha256:{'0' * 64}", "Content-Type: application/json")
    )
    assert resolve(home).digest == DIGEST


def give_token(talk: Talk) -> None:
    """Give what the login is good for, and to strangers what everybody may have."""
    is_known = "authorization" in talk.request.headers or talk.request.body
    talk.send(token(TOKEN if is_known else "anonymous"))


@every_access
@pytest.mark.parametrize("server", ["home", "copy"])
def test_a_redirects_target_gets_an_anonymous_token_at_most_sec_06(
    home: Origin, listen: Listen, access: Access, server: str
) -> None:
    """The target may even name the registry's own token server: it is asked like by a stranger."""
    copy = listen({}, name="b.test", tls=True)
    closed(home, access, leads_to(f"{copy.url}{PATH}"))
    home.routes["/token"] = copy.routes["/token"] = give_token
    asked = bearer(f"{(home if server == 'home' else copy).url}/token")
    copy.routes[PATH] = guarded(asked, "Bearer anonymous", serve())
    assert resolve(home, access.login).digest == DIGEST
    assert copy.requests[-1].headers["authorization"] == "Bearer anonymous"
    assert not copy.has_a_secret


@every_access
@pytest.mark.parametrize("asked", ['Basic realm="x"', "bearer"])
def test_a_redirects_target_that_wants_more_gets_none_of_ours_sec_06(
    home: Origin, listen: Listen, access: Access, asked: str
) -> None:
    copy = listen(serve(), name="b.test", tls=True)
    closed(home, access, leads_to(f"{copy.url}{PATH}"))
    assert resolve(home, access.login).digest == DIGEST
    challenge = bearer(f"{copy.url}/token") if asked == "bearer" else asked
    copy.routes = {"*": says(without_body(refuse(challenge))), "/token": give_token}
    assert_refused(resolve(home, access.login), BlockedError, "which asks for credentials")
    assert not copy.has_a_secret


def test_a_body_behind_a_redirect_is_not_read_far_sec_07(home: Origin) -> None:
    def flood(talk: Talk) -> None:
        talk.send(redirect("/moved").replace(b"Content-Length: 0", b"Content-Length: 1073741824"))
        while True:
            talk.send(b"x" * 65536)

    home.routes[PATH] = in_turn(flood, serve())
    assert resolve(home, verb="describe").digest == DIGEST
