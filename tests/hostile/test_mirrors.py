"""Mirrors that lie, roll back or ask for more than is theirs (SEC-25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pinner.errors import IntegrityError
from pinner.resolution import Resolved
from tests.hostile.answers import (
    DIGEST,
    OTHER,
    OTHER_DIGEST,
    bearer,
    failure,
    guarded,
    image,
    redirect,
    reply,
    serve,
    token,
)
from tests.hostile.client import ALICE, BASIC, TOKEN, Outcome, ask, assert_refused, keyring, settings_of
from tests.hostile.conftest import Listen
from tests.hostile.internet import Internet
from tests.hostile.sentinel import SENTINEL
from tests.hostile.server import Origin, Talk, says


def give_token(talk: Talk) -> None:
    talk.send(token(TOKEN if "authorization" in talk.request.headers else "anonymous"))


@pytest.fixture
def home(listen: Listen, internet: Internet, trusted: Path) -> Origin:
    """A registry that gives its images to those who log in."""
    internet.place("a.test", "127.0.0.1")
    internet.place("b.test", "127.0.0.1")
    origin = listen({"/token": give_token}, name="a.test", tls=True)
    origin.routes["*"] = guarded(bearer(f"{origin.url}/token"), f"Bearer {TOKEN}", serve())
    return origin


@pytest.fixture
def mirror(listen: Listen) -> Origin:
    return listen(serve(), name="b.test", tls=True)


def logged_in(home: Origin, mirror: Origin, *more: str) -> dict[str, Any]:
    """Return the settings of a user who has a login for the registry, and a mirror before it."""
    text = f'[registries."{home.authority}"]\nmirrors = ["{mirror.url}"]\n'
    return {"registries": settings_of(text), "credentials": keyring(ALICE, home.authority, *more)}


def only(outcome: Outcome) -> Resolved:
    (result,) = outcome.results
    assert isinstance(result, Resolved), result
    return result


def test_a_tag_that_a_mirror_rolled_back_does_not_move_back_sec_25(home: Origin, mirror: Origin) -> None:
    for content in (serve(), serve(OTHER)):
        mirror.routes["*"] = content
        outcome = ask(f"{home.authority}/app:1", **logged_in(home, mirror))
        assert (outcome.digest, only(outcome).mirror) == (DIGEST, None)
    assert mirror.is_untouched


def test_what_a_mirror_said_is_marked_and_warned_of_sec_25(home: Origin, mirror: Origin) -> None:
    """The registry is down, so nobody can know; its words in the warning are as clean as in an error."""
    mirror.routes["*"] = serve(OTHER)
    for words in ("out of order", f"\x1b[31m::error::\n\u202e{SENTINEL}"):
        home.routes["*"] = guarded(bearer(f"{home.url}/token"), f"Bearer {TOKEN}", says(failure(503, words)))
        outcome = ask(f"{home.authority}/app:1", **logged_in(home, mirror))
        assert (outcome.digest, only(outcome).mirror) == (OTHER_DIGEST, mirror.url)
        (warning,) = outcome.warnings
        assert warning.isprintable()
        assert "it may be stale" in warning
    assert not mirror.has_a_secret


@pytest.mark.parametrize("answer", [image(OTHER), image(OTHER, digest=DIGEST)])
def test_a_mirror_that_swaps_bytes_is_told_of_and_not_passed_over_sec_10(
    home: Origin, mirror: Origin, answer: bytes
) -> None:
    reference = f"{home.authority}/app@{DIGEST}"
    settings = logged_in(home, mirror)
    assert only(ask(reference, verb="describe", **settings)).mirror == mirror.url
    mirror.routes["*"] = says(answer)
    assert_refused(ask(reference, verb="describe", **settings), IntegrityError, mirror.url)


@pytest.mark.parametrize("challenge", ['Basic realm="x"', "own", "home"])
def test_a_mirror_gets_nothing_of_the_registrys_login_sec_01(home: Origin, mirror: Origin, challenge: str) -> None:
    realm = {"own": f"{mirror.url}/token", "home": f"{home.url}/token"}.get(challenge)
    asked = challenge if realm is None else bearer(realm)
    mirror.routes |= {"/token": says(token("worthless")), "*": guarded(asked, "nobody", serve())}
    outcome = ask(f"{home.authority}/app@{DIGEST}", **logged_in(home, mirror))
    assert mirror.requests
    assert not mirror.has_a_secret
    assert (outcome.digest, only(outcome).mirror) == (DIGEST, None)


def test_a_mirror_that_sends_us_elsewhere_takes_nothing_along_sec_04(
    home: Origin, mirror: Origin, listen: Listen
) -> None:
    far = listen(serve(), name="b.test", tls=True)
    mirror.routes["*"] = guarded('Basic realm="x"', BASIC, says(redirect(f"{far.url}/x")))
    outcome = ask(f"{home.authority}/app@{DIGEST}", **logged_in(home, mirror, mirror.authority))
    assert (outcome.digest, only(outcome).mirror) == (DIGEST, mirror.url)
    assert mirror.has_a_secret
    assert far.requests
    assert not far.has_a_secret


def test_what_a_mirror_does_not_have_the_registry_is_asked_for_sec_25(home: Origin, mirror: Origin) -> None:
    mirror.routes["*"] = says(reply(404))
    outcome = ask(f"{home.authority}/app@{DIGEST}", **logged_in(home, mirror))
    assert mirror.requests
    assert (outcome.digest, only(outcome).mirror) == (DIGEST, None)
    assert not mirror.has_a_secret
