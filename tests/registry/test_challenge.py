"""The table of challenges (AUTH-27), scopes (AUTH-11, AUTH-12) and token answers (AUTH-05, AUTH-09)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.challenge import (
    MAXIMUM_CHALLENGES,
    Challenge,
    choose_challenge,
    fallback_scope,
    parse_challenges,
    parse_token,
    scope_of,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def chosen(*values: str) -> Challenge | None:
    return choose_challenge(parse_challenges(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            [
                (
                    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
                    'scope="repository:library/x:pull"'
                )
            ],
            Challenge(
                scheme="bearer",
                realm="https://auth.docker.io/token",
                service="registry.docker.io",
                scope="repository:library/x:pull",
            ),
            id="row-1 Docker Hub",
        ),
        pytest.param(
            [
                (
                    'Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*",'
                    'Basic realm="https://codeberg.org/v2",service="container_registry",scope="*"'
                )
            ],
            Challenge(scheme="bearer", realm="https://codeberg.org/v2/token", service="container_registry", scope="*"),
            id="row-2 two challenges in one line",
        ),
        pytest.param(
            [
                (
                    'Negotiate, Basic realm="a, b", '
                    'Bearer realm="https://h/token",service="s",scope="repository:a/b:pull,push"'
                )
            ],
            Challenge(scheme="bearer", realm="https://h/token", service="s", scope="repository:a/b:pull,push"),
            id="row-3 a comma in quotes",
        ),
        pytest.param(
            ['BASIC realm="Sonatype Nexus Repository Manager"'],
            Challenge(scheme="basic", realm="Sonatype Nexus Repository Manager"),
            id="row-4 Nexus",
        ),
        pytest.param(
            [r'Basic realm="Registry Realm, with \"quotes\""'],
            Challenge(scheme="basic", realm='Registry Realm, with "quotes"'),
            id="row-5 escaped quotes",
        ),
        pytest.param(
            ['Bearer realm="https://nvcr.io/proxy_auth"'],
            Challenge(scheme="bearer", realm="https://nvcr.io/proxy_auth"),
            id="row-6 no service",
        ),
        pytest.param(
            ["bearer realm=https://h/token , service=s"],
            Challenge(scheme="bearer", realm="https://h/token", service="s"),
            id="row-7 without quotes",
        ),
        pytest.param(
            ['Bearer realm="/token",service="s"'],
            Challenge(scheme="bearer", realm="/token", service="s"),
            id="row-8 relative realm",
        ),
        pytest.param(
            ['Basic realm="b"', 'Bearer realm="https://h/t"'],
            Challenge(scheme="bearer", realm="https://h/t"),
            id="row-9 two lines",
        ),
        pytest.param(
            ['Bearer error="invalid_token",realm="https://h/t",service="s",scope="a"'],
            Challenge(scheme="bearer", realm="https://h/t", service="s", scope="a", error="invalid_token"),
            id="row-10 any order",
        ),
        pytest.param(
            ['Basic realm="https://123.dkr.ecr.eu-central-1.amazonaws.com/",service="ecr.amazonaws.com"'],
            Challenge(
                scheme="basic",
                realm="https://123.dkr.ecr.eu-central-1.amazonaws.com/",
                service="ecr.amazonaws.com",
            ),
            id="row-11 ECR",
        ),
        pytest.param(
            ['Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'],
            Challenge(scheme="bearer", realm="https://public.ecr.aws/token/", service="public.ecr.aws", scope="aws"),
            id="row-12 ECR public",
        ),
        pytest.param([], None, id="row-13 missing"),
        pytest.param([""], None, id="row-13 empty"),
        pytest.param(
            ['Bearer realm="http://169.254.169.254/"'],
            Challenge(scheme="bearer", realm="http://169.254.169.254/"),
            id="row-14 is for the realm policy",
        ),
        pytest.param(["Negotiate YII=, NTLM, Digest realm=x"], None, id="AUTH-02 nothing usable"),
        pytest.param(["Bearer"], None, id="a bearer without realm"),
        pytest.param(
            ['Bearer realm = "https://h/t" , service = s'],
            Challenge(scheme="bearer", realm="https://h/t", service="s"),
            id="white space around the equals sign",
        ),
        pytest.param(
            ['Basic realm="x", Bearer realm="unterminated'], Challenge(scheme="basic", realm="x"), id="AUTH-01"
        ),
        pytest.param(['Basic realm="a",realm="b"'], Challenge(scheme="basic", realm="a"), id="the first of two counts"),
        pytest.param(['Basic realm="a", "junk'], Challenge(scheme="basic", realm="a"), id="junk behind"),
        pytest.param(['realm="x"'], None, id="no scheme"),
        pytest.param(["Basic " + "x" * 9000], None, id="AUTH-01 too long"),
    ],
)
def test_challenges_are_read_as_the_table_says(values: list[str], expected: Challenge | None) -> None:
    assert chosen(*values) == expected


def test_no_more_than_sixteen_challenges_are_kept() -> None:  # AUTH-01
    assert len(parse_challenges(["Basic, " * 100])) == MAXIMUM_CHALLENGES


@given(st.lists(st.text(max_size=200), max_size=4))
def test_no_header_makes_the_parser_raise(values: list[str]) -> None:
    choose_challenge(parse_challenges(values))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param(None, "repository:a/b:pull", id="AUTH-11 none"),
        pytest.param("repository:a/b:pull", "repository:a/b:pull", id="AUTH-11 ours"),
        pytest.param("repository:a/b:pull,push", "repository:a/b:pull", id="AUTH-11 never more than pull"),
        pytest.param("aws", "aws", id="AUTH-12 ECR public"),
        pytest.param("*", "repository:a/b:pull", id="AUTH-12 Gitea"),
        pytest.param("registry:catalog:*", "repository:a/b:pull", id="AUTH-12 catalog"),
        pytest.param("repository:other/app:pull", "repository:a/b:pull", id="AUTH-12 another repository"),
        pytest.param("repository:proxy/a/b:pull", "repository:proxy/a/b:pull", id="AUTH-12 a proxy project"),
        pytest.param("repository:evil/xa/b:pull", "repository:a/b:pull", id="AUTH-12 not on a boundary"),
    ],
)
def test_the_scope_is_our_own(scope: str | None, expected: str) -> None:
    assert scope_of(Challenge(scheme="bearer", realm="/", scope=scope), "a/b") == expected


def test_only_a_star_is_tried_after_our_own_scope() -> None:  # AUTH-12
    assert fallback_scope(Challenge(scheme="bearer", scope="*")) == "*"
    assert fallback_scope(Challenge(scheme="bearer", scope="aws")) is None


@pytest.mark.parametrize(
    ("body", "value", "seconds"),
    [
        pytest.param('{"token": "a"}', "a", 54, id="AUTH-05 no lifetime is a minute"),
        pytest.param('{"access_token": "a", "expires_in": 300}', "a", 270, id="AUTH-05 access_token"),
        pytest.param('{"token": "a", "access_token": "b"}', "a", 54, id="AUTH-05 token wins"),
        pytest.param('{"token": "a", "expires_in": "300"}', "a", 270, id="AUTH-05 a number in quotes"),
        pytest.param('{"token": "a", "expires_in": 5}', "a", 54, id="AUTH-05 at least a minute"),
        pytest.param('{"token": "a", "expires_in": -1}', "a", 54, id="SEC-19 negative"),
        pytest.param('{"token": "a", "expires_in": 1e999}', "a", 77760, id="SEC-19 infinite"),
        pytest.param('{"token": "a", "expires_in": NaN}', "a", 54, id="SEC-19 not a number"),
        pytest.param('{"token": "a", "expires_in": 1000000000000}', "a", 77760, id="SEC-19 huge"),
        pytest.param('{"token": "a", "expires_in": true}', "a", 54, id="SEC-19 a boolean"),
        pytest.param('{"token": "a", "expires_in": "soon"}', "a", 54, id="SEC-19 a word"),
        pytest.param('{"token": "a", "expires_in": 1' + "0" * 400 + "}", "a", 54, id="SEC-19 beyond floats"),
        pytest.param('{"token": "a", "issued_at": "2099-01-01T00:00:00Z"}', "a", 54, id="SEC-19 from the future"),
        pytest.param('{"token": "a", "issued_at": "yesterday"}', "a", 54, id="AUTH-05 unreadable date"),
        pytest.param('{"token": "a", "issued_at": "2026-11-21T08:59:50"}', "a", 54, id="AUTH-05 no time zone"),
        pytest.param(
            '{"token": "a", "expires_in": 300, "issued_at": "2026-11-21T08:59:50Z"}',
            "a",
            261,
            id="AUTH-05 old",
        ),
    ],
)
def test_token_answers_are_read_with_care(body: str, value: str, seconds: float) -> None:
    token = parse_token(body.encode(), now=NOW)
    assert token.value == value
    assert token.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="no token"),
        pytest.param(b'{"token": 1}', id="a number"),
        pytest.param(b'{"token": ""}', id="empty"),
        pytest.param(b'{"token": "a\\r\\nX-Evil: 1"}', id="AUTH-09 SEC-18 a line break"),
        pytest.param('{"token": "ü"}'.encode(), id="AUTH-09 not ASCII"),
        pytest.param(b'{"token": "' + b"a" * 20_000 + b'"}', id="AUTH-09 too long"),
        pytest.param(b"[" * 100_000, id="SEC-26 too deep"),
    ],
)
def test_a_token_that_fits_no_header_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"token|JSON"):
        parse_token(body, now=NOW)


def test_a_token_is_not_part_of_its_repr() -> None:  # AUTH-23
    assert "s3cret" not in repr(parse_token(b'{"token": "s3cret"}', now=NOW + timedelta()))
