"""What libraries log: with all loggers at DEBUG, no query, no header and no body of an exchange (SEC-29)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.credentials.base import Login
from pinner.errors import UnreachableError
from pinner.registry import origin
from pinner.registry.exchange import Ask
from pinner.registry.proxies import Proxies
from pinner.registry.realm import check_realm
from pinner.registry.tokens import Errand
from tests.hostile.answers import DIGEST, bearer, guarded, head, redirect, serve, token
from tests.hostile.client import ALICE, IDENTITY, TOKEN, ask, assert_refused, keyring
from tests.hostile.conftest import Listen
from tests.hostile.internet import Internet
from tests.hostile.sentinel import SENTINEL, is_in
from tests.hostile.server import Origin, says


@pytest.fixture
def home(listen: Listen, internet: Internet, trusted: Path) -> Origin:
    internet.place("a.test", "127.0.0.1")
    host = listen({}, name="a.test", tls=True)
    host.routes |= {
        "/token": says(token(TOKEN)),
        "/moved": serve(),
        "*": guarded(
            bearer(f"{host.url}/token?key={SENTINEL}"),
            f"Bearer {TOKEN}",
            says(redirect(f"/moved?signature={SENTINEL}", 307, f"Set-Cookie: sid={SENTINEL}")),
        ),
    }
    return host


@pytest.mark.parametrize("login", [ALICE, IDENTITY])
def test_a_whole_login_logs_steps_and_no_secret_sec_29(
    home: Origin, caplog: pytest.LogCaptureFixture, login: Login
) -> None:
    outcome = ask(f"{home.authority}/app:1", credentials=keyring(login, home.authority))
    assert outcome.digest == DIGEST
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names == {"pinner"}
    assert "/token" in caplog.text
    assert not is_in(caplog.text)
    assert "key=" not in caplog.text
    assert "signature" not in caplog.text


def test_a_line_that_is_no_header_is_not_logged_sec_29(home: Origin, caplog: pytest.LogCaptureFixture) -> None:
    home.routes["*"] = says(head(200, SENTINEL.replace(":", "")))
    assert_refused(ask(f"{home.authority}/app:1"), UnreachableError, "broke off its answer: illegal header line")
    assert not is_in(caplog.text)


def test_the_parts_of_an_exchange_show_nothing_when_they_are_printed_sec_29() -> None:
    realm = check_realm(f"https://a.test/token?key={SENTINEL}", origin.Origin.of("https://a.test"))
    ask_for = Ask(
        kind="token",
        url=f"https://a.test/?key={SENTINEL}",
        host="a.test",
        lane="l",
        authorization=f"Bearer {SENTINEL}",
        form={"refresh_token": SENTINEL},
    )
    shown = [
        repr(ALICE),
        repr(IDENTITY),
        repr(ask_for),
        repr(Errand(registry=origin.Origin.of("https://a.test"), realm=realm, service="s", scopes=("x",), login=ALICE)),
        repr(realm),
        repr(Proxies.of({"HTTPS_PROXY": f"http://me:{SENTINEL.replace('/', '')}@proxy.test:8080"})),
    ]
    assert not [one for one in shown if is_in(one)]
